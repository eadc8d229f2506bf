"""The command line as users see it: what it prints, its exit codes, and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alone import run_alone
from leaks import cpu_s, descendants, is_running, wait_until
from making import MIRROR, STRAIGHT, body

import battnb as bn
from battnb.cli import main as cli
from battnb.errors import StoreError
from battnb.load.tasks import load_task
from battnb.model import PHASES
from battnb.trace import metrics


def battnb(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "battnb", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60
    )


# The main job


@pytest.fixture(scope="module")
def main_job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the README's two commands have run, and what the second one printed."""
    folder = tmp_path_factory.mktemp("main")
    made = battnb("generate", "-o", "tmp_batt_onerun_run", cwd=folder)
    assert (made.returncode, made.stderr) == (0, "")
    ran = battnb("run", "--timing", "-i", "007bbfb7", "-b", "tmp_batt_onerun_run", cwd=folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    return folder, ran.stdout


def test_the_log_has_the_lines_that_users_know(main_job: tuple[Path, str]) -> None:
    _, printed = main_job
    filtered = re.search(r"^-- Filtered to (\d+) unique candidates \(from (\d+)\)$", printed, re.MULTILINE)
    validated = re.search(
        r"^-- Phase 3a: Validated (\d+) solvers in \d+\.\d{3}s \(parallelized\)$", printed, re.MULTILINE
    )
    assert filtered is not None
    assert validated is not None
    assert int(filtered[2]) == 149
    assert int(validated[1]) == int(filtered[1]) < 100


def test_the_summary_has_every_metric(main_job: tuple[Path, str]) -> None:
    _, printed = main_job
    summary = printed[printed.index("Timing summary (seconds):") :]
    for metric in [*[phase.metric for phase in PHASES], *metrics.SUMS]:
        assert re.search(rf"^  {re.escape(metric)} +\d+\.\d{{3}}( \(.*\))?$", summary, re.MULTILINE), metric


def test_the_store_is_filled_and_no_link_dangles(main_job: tuple[Path, str]) -> None:
    folder, _ = main_job
    places = ("solver_md5/*.py", "solver_dir/solve_007bbfb7/*/*/*.py", "differ_md5/*.py",
              "differ_dir/iz/solve_007bbfb7/*/*/*.py", "differ_dir/zo/solve_007bbfb7/*/*/*.py")  # fmt: skip
    for place in places:
        assert list(folder.glob(place)), place
    for path in folder.rglob("*"):
        assert path.exists(), f"{path} dangles"
        if path.is_symlink():
            assert not os.path.isabs(os.readlink(path))
    assert (folder / "solver_dir/solve_007bbfb7/5").is_dir()


def test_generating_again_gives_the_same_bytes(main_job: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = main_job
    assert battnb("generate", "-o", "tmp_batt_onerun_run.py", "--seed", "0", cwd=tmp_path).returncode == 0
    for name in ("tmp_batt_onerun_run.py", "tmp_batt_onerun_run_call.py"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_sequential_run_over_several_tasks(main_job: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = main_job
    battery = str(folder / "tmp_batt_onerun_run")
    options = ("-s", "0", "-c", "2", "--mode", "sequential", "--workers", "1", "--out", "out", "-t", "2")
    ran = battnb("run", "-b", battery, *options, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("(sequential)") == 2
    assert "Timing summary" not in ran.stdout
    assert len(list((tmp_path / "out/solver_dir").iterdir())) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_demo_runs_both_ways_and_draws(tmp_path: Path) -> None:
    ran = battnb("demo", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count("Timing summary (seconds):") == 2
    assert re.search(r"sequential \d+\.\d{3} s, parallel \d+\.\d{3} s: \d+\.\d\d x", ran.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["battnb-demo"]
    folder = tmp_path / "battnb-demo"
    assert (folder / "gantt.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "gantt.svg").read_bytes()[:2000]
    assert json.loads((folder / "profile.json").read_bytes())["format"] == "battnb run"
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert ran.stdout.splitlines()[-1].startswith("-- The report is in battnb-demo/report.html")
    assert all(path.exists() for path in folder.rglob("*"))


def test_a_dsl_of_ones_own(tmp_path: Path, one_task: Path) -> None:
    (tmp_path / "mine.py").write_text("def turned(grid):\n    return tuple(row[::-1] for row in grid)\n")
    (tmp_path / "batt.py").write_text(
        "from mine import *\ndef batt(task_id, S, I, C, log_path):\n    o = []\n    s = []\n    t1 = turned(I)\n"
        "    o.append((1, False, 'x', t1))\n    return o, s\n"
    )
    options = ("--data", str(one_task), "-i", "mirror", "--dsl", "mine.py", "--out", "out")
    ran = battnb("run", "-b", "batt", *options, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "mirror: best candidate 1, demo 2/2, test 1/1" in ran.stdout
    (program,) = (tmp_path / "out/solver_md5").glob("*.py")
    (tmp_path / "mine.py").unlink()
    assert run_alone(load_task("mirror", one_task), [program], "solve")[str(program)] == [[[2, 1]], [[4, 3]], [[6, 5]]]


# Bad input


@pytest.fixture
def one_task(tmp_path: Path) -> Path:
    """A file of one task."""
    pairs = [{"input": [[1, 2]], "output": [[2, 1]]}, {"input": [[3, 4]], "output": [[4, 3]]}]
    path = tmp_path / "mirror.json"
    path.write_text(json.dumps({"train": pairs, "test": [{"input": [[5, 6]], "output": [[6, 5]]}]}))
    return path


def batt(*lines: str) -> str:
    text = "".join([f"    {line}\n" for line in lines])
    return f"def batt(task_id, S, I, C, log_path):\n    o = []\n    s = []\n{text}    return o, s\n"


FILES: dict[str, str] = {
    "good.py": batt("t1 = vmirror(I)", "o.append((1, False, 'x', t1))"),
    "syntax.py": "def batt(task_id, S, I, C, log_path):\n    t1 = (\n",
    "unknown.py": batt("t1 = vmirror(I)", "t2 = vmiror(t1)", "o.append((1, False, 'x', t2))"),
    "empty.jsonl": "\n",
    "broken.jsonl": '{"id": \n',
    "broken.json": '{"train": [',
    "ragged.json": '{"train": [{"input": [[1, 2], [3]], "output": [[1]]}], "test": []}',
    "bad_dsl.py": "def f(:\n",
}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [("run -i 007bbfb7 -b absent", r"absent.*battnb generate"),
     ("run -i 007bbfb7 -b syntax", r"syntax\.py.*line"),
     ("run -i 007bbfb7 -b unknown", r"unknown\.py, line 5.*vmiror.*did you mean.*vmirror"),
     ("run -i 007bbfb7 -b empty.jsonl", r"empty\.jsonl"),
     ("run -i 007bbfb7 -b broken.jsonl", r"broken\.jsonl.*line 1"),
     ("run -i 007bbfb8 -b good", r"007bbfb8.*did you mean.*007bbfb7"),
     ("run -i x -b good --data broken.json", r"broken\.json"),
     ("run -i ragged -b good --data ragged.json", r"ragged\.json.*row"),
     ("run -i x -b good --data absent.json", r"absent\.json"),
     ("run -i 007bbfb7 -b good --out good.py/out", r"good\.py/out.*choose another"),
     ("run -i 007bbfb7 -b good --out /proc/out", r"/proc/out.*choose another"),
     ("run -i 007bbfb7 -b good -t 0", r"0.*above 0"),
     ("run -i 007bbfb7 -b good -t -1", r"-1.*above 0"),
     ("run -i 007bbfb7 -b good -t nan", r"nan.*above 0"),
     ("run -i 007bbfb7 -b good -t fast", r"fast"),
     ("run -i 007bbfb7 -b good --workers 0", r"workers.*at least 1"),
     ("run -i 007bbfb7 -b good --mode both", r"both"),
     ("run -i 007bbfb7 -b good --dsl absent_module", r"absent_module"),
     ("run -i 007bbfb7 -b good --dsl bad_dsl.py", r"bad_dsl\.py"),
     ("run -b good -s -1", r"-s -1"), ("run -b good -s 100000", r"past the last"),
     ("generate -o good.py/x", r"good\.py/x.*choose another"),
     ("generate -o made --count 0", r"count"),
     ("demo --out good.py/x", r"good\.py/x.*choose another"),
     ("demo --workers 0", r"workers"),
     ("dance", r"dance"), ("run --speed 3", r"--speed"), ("", r"command")],
)  # fmt: skip
def test_bad_input_is_one_clear_sentence_and_leaves_nothing(tmp_path: Path, arguments: str, says: str) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    done = battnb(*arguments.split(), cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("battnb: ")
    assert re.search(says, done.stderr), done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    left = {path.name for path in tmp_path.iterdir()} - set(FILES)
    assert not left


def test_a_reader_that_goes_away_is_not_an_error(main_job: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = main_job
    command = [
        sys.executable,
        "-m",
        "battnb",
        "run",
        "--timing",
        "-i",
        "007bbfb7",
        "-b",
        str(folder / "tmp_batt_onerun_run"),
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait(30) == 0


# Ctrl-C


SPIN = body("while True: pass")


def start_slow(folder: Path, task: Path, *more: str) -> subprocess.Popen[str]:
    sources = {"a": MIRROR, "b": STRAIGHT, **{f"slow{n}": f"{SPIN}# {n}" for n in range(4)}}
    lines = [json.dumps({"id": name, "source": source}) for name, source in sources.items()]
    (folder / "slow.jsonl").write_text("\n".join(lines))
    options = [
        "-b",
        "slow.jsonl",
        "--data",
        str(task),
        "-i",
        "mirror",
        *more,
        "-t",
        "30",
        "--out",
        "out",
        "--timing",
        "--workers",
        "2",
    ]
    return subprocess.Popen(
        [sys.executable, "-m", "battnb", "run", *options],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def verdicts_in(folder: Path) -> int:
    """How many verdicts are in the store of an output folder so far."""
    try:
        with bn.open_store(folder) as store:
            return store.count("verdicts")
    except StoreError:
        return 0


@pytest.mark.parametrize("tasks", [(), ("mirror", "mirror")], ids=["one task", "three"])
@pytest.mark.parametrize("interrupt", [os.kill, os.killpg], ids=["process", "group"])
def test_an_interrupt_gives_what_is_done_so_far(
    tmp_path: Path, one_task: Path, interrupt: Callable[[int, int], None], tasks: tuple[str, ...]
) -> None:
    with start_slow(tmp_path, one_task, *tasks) as run:
        assert run.stdout is not None
        assert "Filtered" in run.stdout.readline()
        assert wait_until(lambda: verdicts_in(tmp_path / "out") == 2)
        below = descendants(run.pid)
        interrupt(run.pid, signal.SIGINT)
        printed, said = run.communicate(timeout=20)  # the slow ones would go on for 30 CPU seconds each
    assert run.returncode == 130
    assert "mirror: best candidate" in printed
    assert "demo 2/2, test 1/1" in printed
    assert "Timing summary (seconds):" in printed
    assert said == "battnb: interrupted; 2 of 6 verdicts were reached\n"
    assert below
    assert wait_until(lambda: not any(is_running(pid) for pid in below))


def test_tasks_that_were_done_before_an_interrupt_are_told(tmp_path: Path, one_task: Path) -> None:
    """No candidate of the first task is slow, so it is judged and printed before the second task begins."""
    (tmp_path / "batt.jsonl").write_text(
        json.dumps({"id": "a", "source": "def solve(I):\n    while I == ((7,),): pass\n    return I\n"})
    )
    pair = {"input": [[7]], "output": [[7]]}
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/quick.json").write_text(one_task.read_text())
    (tmp_path / "tasks/slow.json").write_text(json.dumps({"train": [pair], "test": [pair]}))
    options = ["-b", "batt.jsonl", "--data", "tasks", "-i", "quick", "slow", "-t", "30", "--out", "out"]
    with subprocess.Popen(
        [sys.executable, "-m", "battnb", "run", *options],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        lines = [run.stdout.readline() for _ in range(4)]
        assert lines[2].startswith("quick: best candidate a, demo 0/2")
        assert lines[3].startswith("-- Filtered")
        assert wait_until(lambda: any([cpu_s(pid) > 1.0 for pid in descendants(run.pid)]))  # as only a slow one uses
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "0 of 1 verdicts" in said


# Inside this process


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, says in ((["--version"], "battnb "), (["--help"], "demo"), (["run", "--help"], "--timing")):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert ended.value.code == 0
        assert says in capsys.readouterr().out


def test_an_interrupt_before_anything_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("battnb.load.batteries.load_battery", interrupted)
    monkeypatch.setattr("battnb.last.run", None)
    assert cli.main(["run", "-i", "007bbfb7"]) == 130
    assert capsys.readouterr().err == "battnb: interrupted before the first verdict\n"
