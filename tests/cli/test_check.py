"""battnb check as users see it: its lines and exit codes, on good programs and on what people hand over by mistake."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from leaks import cpu_s, descendants, wait_until
from making_dsl_folder import make_dsl_folder

from battnb.cli import main as cli
from battnb.cli.check_command import NOT_RIGHT

Run = Callable[[str], tuple[int, list[str], list[str]]]
RIGHT = "def solve_67a3c6ac(I): return vmirror(I)\n"
WRONG = "def solve_68b16354(I): return I\n"


@pytest.fixture
def battnb(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: ARG001  (it is the current folder)
    """Runs a command line: its exit code, and the lines on standard output and on standard error."""

    def run(line: str) -> tuple[int, list[str], list[str]]:
        code = cli.main(line.split())
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return run


# Good input


def test_a_folder_in_the_shape_of_arc_dsl_needs_no_flag_but_the_battery(battnb: Run, in_folder: Path) -> None:
    make_dsl_folder(in_folder)
    for name in ("solvers.py", "verifiers.py"):
        code, printed, _ = battnb(f"check -b {name}")
        assert (code, printed[-1]) == (0, "-- Checked 20 programs on their own tasks: 20 correct")
        assert "dsl.py" in printed[0]
    code, printed, _ = battnb("check -b .")
    assert (code, printed[-1]) == (0, "-- Checked 40 programs on their own tasks: 40 correct")


def test_one_that_is_not_right_is_named_and_the_exit_code_is_1(battnb: Run, in_folder: Path) -> None:
    (in_folder / "mixed.py").write_text(f"{RIGHT}\n\n{WRONG}")
    code, printed, said = battnb("check -b mixed.py --data train -t 2 --workers 1 --report page.html --out kept")
    assert (code, said) == (NOT_RIGHT, [])
    assert printed == [
        "-- Checked 2 programs on their own tasks: 1 correct, 1 wrong",
        "solve_68b16354 on 68b16354: wrong, demo 0/3; 18 of 25 cells differ on demo pair 1",
        "-- Wrote page.html",
    ]
    assert "18 of 25 cells differ on demo pair 1" in (in_folder / "page.html").read_text()
    assert len(list((in_folder / "kept/solver_md5").glob("*.py"))) == 2


@pytest.mark.parametrize("path", ["67a3c6ac.py", "67a3c6ac/mine.py", "mine.py", "records.jsonl"])
def test_a_task_is_named_by_a_file_a_folder_a_function_or_a_record(path: str, battnb: Run, in_folder: Path) -> None:
    source = "def solve(I): return vmirror(I)\n"
    texts = {"mine.py": RIGHT, "records.jsonl": json.dumps({"task_id": "67a3c6ac", "code": source})}
    (in_folder / "all" / path).parent.mkdir(parents=True)
    (in_folder / "all" / path).write_text(texts.get(path, source))
    battery = "all" if path.endswith("mine.py") else f"all/{path}"
    code, printed, _ = battnb(f"check -b {battery}")
    assert (code, printed[-1]) == (0, "-- Checked 1 program on its own task: 1 correct")


def test_programs_without_a_task_are_counted_and_alone_they_are_not_right(battnb: Run, in_folder: Path) -> None:
    (in_folder / "both").mkdir()
    (in_folder / "both/a.py").write_text(RIGHT)
    (in_folder / "both/b.py").write_text("def transform(grid): return grid\n")
    code, printed, _ = battnb("check -b both")
    assert (code, printed[-1]) == (0, "-- 1 program has no task of its own and was not checked: b")
    code, printed, _ = battnb("check -b both/b.py")
    assert (code, printed[0].partition(":")[0]) == (NOT_RIGHT, "-- Checked no program")


def test_an_interrupt_gives_what_is_done_so_far(in_folder: Path) -> None:
    (in_folder / "slow.py").write_text(f"{RIGHT}\n\ndef solve_68b16354(I):\n    while True: pass\n")
    command = [sys.executable, "-m", "battnb", "check", "-b", "slow.py", "-t", "60", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as check:
        assert wait_until(lambda: any([cpu_s(pid) > 1.0 for pid in descendants(check.pid)]), 30)
        check.send_signal(signal.SIGINT)
        printed, said = check.communicate(timeout=20)
    assert (check.returncode, said) == (130, "battnb: interrupted\n")
    assert printed == "-- Checked 1 of 2 programs on their own tasks: 1 correct\n"


# What a new user hands over by mistake


BROKEN: dict[str, bytes] = {
    "empty.py": b"",
    "keys.jsonl": b'{"foo": 1, "bar": 2}\n',
    "a.csv": b"id,code\na,p=1\n",
    "nb.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}',
    "texts/readme.txt": b"none of these is a program",
    "typo.py": b"def solve_67a3c6ac(I:\n    return I\n",
    "binary.py": bytes(range(256)),
    "binary.jsonl": bytes(range(256)),
    "good.py": RIGHT.encode(),
    "needs.py": b"import torch\n\n\ndef solve_67a3c6ac(I): return I\n",
    "tasks.json": b'{"train": [',
}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("check -b absent.py", r"there is no file absent\.py; check the path"),
        ("check -b absent", r"no battery absent: neither it nor absent\.py exists; write one with battnb generate"),
        ("check -b empty.py", r"empty\.py holds no candidate; give"),
        ("check -b keys.jsonl", r"keys\.jsonl has no key that holds programs.*its keys are foo, bar; name yours"),
        ("check -b a.csv", r"a\.csv is a table in text; read it with pandas"),
        ("check -b nb.ipynb", r"nb\.ipynb is a notebook; save its programs as \.py files"),
        ("check -b texts", r"texts holds no candidate; give"),
        ("check -b typo.py", r"typo\.py, line 1: '\(' was never closed: def solve_67a3c6ac\(I:; correct it"),
        ("check -b binary.py", r"binary\.py: source code .* null bytes; correct it"),
        ("check -b binary.jsonl", r"binary\.jsonl has no record that can be read: line 1 is not JSON"),
        ("run -b good.py -i 67a3c6ad", r"task 67a3c6ad is not among the .*; did you mean 67a3c6ac"),
        ("check -b good.py --dsl missing.py", r"there is no DSL file missing\.py; check the path"),
        ("check -b good.py --data nowhere", r"nowhere: no such file or folder; give task files"),
        ("check -b good.py --data tasks.json", r"tasks\.json, line 1, column \d+: broken JSON"),
        ("check -b good.py --grids rows", r"grids is 'rows'; choose tuple, list, ndarray"),
        ("check -b good.py -t 0", r"timeout_s is 0.0; give a number above 0"),
        ("check", r"-b.*; see battnb check --help"),
    ],
)
def test_a_mistake_is_one_clear_sentence(arguments: str, says: str, battnb: Run, in_folder: Path) -> None:
    for name, content in BROKEN.items():
        (in_folder / name).parent.mkdir(exist_ok=True)
        (in_folder / name).write_bytes(content)
    code, printed, said = battnb(arguments)
    assert (code, printed, len(said)) == (2, [], 1)
    assert re.search(f"^battnb: .*{says}", said[0]), said[0]


def test_a_package_that_is_not_allowed_is_a_verdict_with_its_reason(battnb: Run, in_folder: Path) -> None:
    (in_folder / "needs.py").write_bytes(BROKEN["needs.py"])
    code, printed, _ = battnb("check -b needs.py")
    assert code == NOT_RIGHT
    assert printed[0] == "-- Checked 1 program on its own task: 1 error"
    assert re.match(r"needs on 67a3c6ac: error, ModuleNotFoundError: .*torch.*, line 1, on demo pair 1$", printed[1])
