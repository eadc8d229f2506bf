"""Candidates as source text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from battnb.errors import BatteryError
from battnb.load import batteries
from battnb.load.batteries import code_in, load_battery, load_candidates
from battnb.load.program_source import read_program
from battnb.model import Battery, Candidate


def test_a_folder_gives_a_candidate_a_file_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("def solve(I): return I\n")
    (tmp_path / "a.py").write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe4'\n")
    (tmp_path / "notes.txt").write_text("no program")
    latin, utf = load_candidates(tmp_path)
    assert (latin.id, type(latin.source)) == ("a", bytes)
    assert utf == Candidate("b", "def solve(I): return I\n")
    assert load_battery(tmp_path).programs == (latin, utf)


def test_a_file_of_solvers_gives_each_what_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "solvers.py"
    file.write_text(
        '"""Solvers."""\nfrom dsl import *\nimport math; K = 3\n\ndef helper(x):\n    return other(x, K)\n'
        "def other(x, k):\n    return x\ndef unused(x):\n    return x\nL = 4\n\n"
        "@decorated\ndef solve_aaa(I):\n    return helper(I)\n\ndef solve_bbb(I):\n    x1 = vmirror(I)\n    return x1\n"
        "def decorated(f):\n    return f\n"
    )
    first, second = load_candidates(file)
    assert (first.id, first.entry, second.id, second.entry) == ("solve_aaa", "solve_aaa", "solve_bbb", "solve_bbb")
    assert isinstance(first.source, str)
    assert all(
        text in first.source for text in ("import math; K = 3", "@decorated\ndef solve_aaa", "def other", "from dsl")
    )
    assert not any(text in first.source for text in ("unused", "L = 4", "solve_bbb"))
    assert read_program(second.source.replace("import math; K = 3\n", "")) is not None  # type: ignore[arg-type]
    namespace = {"vmirror": lambda grid: grid[::-1]}
    exec(first.source.replace("from dsl import *", "").replace("@decorated", ""), namespace)


def test_a_file_of_one_solver_is_one_candidate(tmp_path: Path) -> None:
    source = "def helper(x): return x\ndef transform(grid): return helper(grid)\n"
    (tmp_path / "mine.py").write_text(source)
    assert load_battery(tmp_path / "mine").programs == (Candidate("mine", source),)


def test_json_lines_hold_sources_or_responses(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "source": "def p(g): return g"},
        {"id": 7, "response": "Think.\n```python\ndef solve(I):\n    return I\n```\nDone."},
        {"source": "x", "entry": "main", "model": "m"},
    ]
    (tmp_path / "c.jsonl").write_text("\n\n".join(map(json.dumps, lines)) + "\n")
    assert load_battery(tmp_path / "c.jsonl").programs == (
        Candidate("a", "def p(g): return g"),
        Candidate("7", "def solve(I):\n    return I\n"),
        Candidate("5", "x", "main"),
    )


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (
            "```python\ndef solve(I): 1\n```\n```python\ndef solve(I): 2\n```\n```python\nprint(solve(3))\n```",
            "def solve(I): 2\n",
        ),
        ("```python\nx = 1\n```\n```py\ny = 2\n```\n```json\n{}\n```", "y = 2\n"),
        ("```\np=lambda g:g\n```\n```text\ndef p(g): 1\n```", "p=lambda g:g\n"),
        ("```python\ndef transform(grid):\n    return grid", "def transform(grid):\n    return grid"),
        ("~~~python\ndef p(g): 1\n~~~\n", "def p(g): 1\n"),
        ("````python\ns = '''\n```\n'''\ndef p(g): 1\n````", "s = '''\n```\n'''\ndef p(g): 1\n"),
        ("def solve(I): return I", "def solve(I): return I"),
    ],
)
def test_the_last_block_that_defines_an_entry_point_is_the_program(response: str, code: str) -> None:
    assert code_in(response) == code


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a"', "line 2: "),
        ('{"id": "a"}', 'line 2: neither "source" nor "response"'),
        ('{"source": 3}', "line 2: Expected `str | null`, got `int`"),
        ('{"id": "x", "source": "y"}', "two candidates with the id x"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text('{"id": "x", "source": "y"}\n' + line)
    with pytest.raises(BatteryError) as raised:
        load_candidates(file)
    assert str(raised.value).startswith(str(file))
    assert message in str(raised.value)


@pytest.mark.parametrize(("name", "text"), [("a.py", "x = 1\n"), ("a.jsonl", "\n")])
def test_a_file_without_candidates_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BatteryError, match="holds no candidate"):
        load_battery(tmp_path / name)
    with pytest.raises(BatteryError, match="holds no candidate"):
        load_battery(tmp_path) if name == "a.jsonl" else load_candidates(tmp_path / name)


def test_a_new_kind_of_file_is_one_function_in_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def text(path: Path) -> Battery | None:
        return Battery(path.stem, programs=(Candidate("t", path.read_text()),)) if path.suffix == ".txt" else None

    monkeypatch.setattr(batteries, "READERS", (text, *batteries.READERS))
    (tmp_path / "a.txt").write_text("p=lambda g:g")
    assert load_battery(tmp_path / "a.txt").programs == load_candidates(tmp_path / "a.txt")
    assert load_candidates(tmp_path / "a.txt") == (Candidate("t", "p=lambda g:g"),)
