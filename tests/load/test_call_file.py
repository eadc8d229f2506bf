"""The file of calls beside a battery is compared with it. The battery counts, and what differs is a warning."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from battnb.errors import BatteryWarning
from battnb.load.batteries import load_battery

HEAD = "from collections import namedtuple\nHintValue = namedtuple('HintValue', ['hint', 'value'])\n"
SAME = [
    "{1: 'f, I, k=(1,2)', 2: 'g', 3: 't1, h(I, 2), k=f(1)', 4: 't2, I'}",
    "{1: 'f(I, k=(1, 2))', 2: 'g()', 3: 't1(h(I, 2), k=f(1))', 4: 't2(I)'}",
    "{1: ('f', 'I', 'k=(1, 2)'), 2: ('g',), 3: ('t1', 'h(I, 2)', 'k=f(1)'), 4: ['t2', ' I']}",
    "{1: HintValue(hint=('Grid', None), value=('f', 'I', 'k=(1,2)')), 2: HintValue(0, ('g',)), 3: ' t1,h(I,2),k=f(1)'}",
    "{}",
]


def write(folder: Path, calls: str) -> Path:
    lines = [
        "t1 = f(I, k=(1, 2))",
        "t2 = g()",
        "t3 = t1(h(I, 2), k=f(1))",
        "t4 = t2(I)",
        "o.append((4, False, 'a', t4))",
    ]
    path = folder / "bat.py"
    path.write_text("def batt(task_id, S, I, C, log_path):\n    o = []\n" + "".join(f"    {line}\n" for line in lines))
    (folder / "bat_call.py").write_text(calls)
    return path


@pytest.mark.parametrize("calls", SAME)
def test_calls_in_every_notation_agree_with_the_battery(tmp_path: Path, calls: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_battery(write(tmp_path, f"{HEAD}t_call = {calls}\n"))) == 1


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        (
            "t_call = {1: 'f, I, k=(1, 3)'}",
            r"step t1 is 'f, I, k=\(1, 3\)', but 'f\(I, k=\(1, 2\)\)' in the battery; the",
        ),
        (
            "t_call = {2: 'g', 4: 't1, I', 1: 'f'}",
            "step t4 is 't1, I', but 't2\\(I\\)' in the battery, and 1 more differ;",
        ),
        ("t_call = {9: 'f, I'}", "has step t9, which the battery does not have; the battery counts"),
        ("t_call = dict(a=print())", "bat_call.py holds no t_call that can be read: it is not a dict of calls"),
        ("t_call = {1: print()}", "holds no t_call that can be read"),
        ("t_call = {1: ('f', 2)}", "is not a call"),
        ("t_call = {'a': 'f'}", "'a' is not the number of a step"),
        ("t_call = {1: <function f>}", "bat_call.py, line 1: invalid syntax"),
        ("calls = {}", "bat_call.py holds no t_call = {n: 'f, a, b'}; the battery counts"),
    ],
)
def test_a_file_of_calls_that_disagrees_or_is_broken_is_a_warning(tmp_path: Path, calls: str, message: str) -> None:
    path = write(tmp_path, calls + "\n")
    with pytest.warns(BatteryWarning, match=message) as told:
        assert len(load_battery(path).steps) == 6
    assert len(told) == 1
