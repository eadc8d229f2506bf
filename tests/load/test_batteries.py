"""Battery modules are read as others write them, and written so that they can be read and run again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from battnb.errors import BatteryError
from battnb.load.batteries import check_functions, load_battery
from battnb.load.written import write_battery
from battnb.model import Battery, Candidate, Code, DifferMark, Output, Ref, Step

HEAD = "from battnb.dsl import *\ndef batt(task_id, S, I, C, log_path):\n    o = []\n    s = []\n"
I = Code("I")  # noqa: E741


def write(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "bat.py"
    path.write_text(head + "".join(f"    {line}\n" for line in lines) + "    return o, s\n")
    return path


def test_a_battery_as_others_write_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "bat.py").write_text(
        '''"""Theirs."""
import os
import arc_dsl as d
from math import *
from pile import *

def helper():
    raise SystemExit

async def batt(task_id, S, I, C, log_path):
    """Steps."""
    from constants import ONE as EINS
    s, o = [], []
    t1 = d.vmirror(I)
    try:
        t2 = hupscale(t1, factor=EINS)
        t3 = apply(lambda x: paint(x, t2), totuple(S))
    except (TypeError, ValueError) as error:
        t3 = default(error)
    else:
        o.append((7, True, 'abc', t3))
    o.append((8, 0, "def", t1))
    s.append((9, 'None', 'differ_x_iz', differ_x_iz(S, I, C)))
    s.append((10, 'abc', 'differ_x_zo', t3))
    return o, s
'''.replace("    s, o = [], []\n", "    s = []\n    o = []\n")
    )
    battery = load_battery(tmp_path / "bat")
    assert battery.name == "bat"
    assert battery.steps == (
        Step(Code("vmirror"), (I,)),
        Step(Code("hupscale"), (Ref(0),), (("factor", Code("ONE")),)),
        Step(Code("totuple"), (Code("S"),)),
        Step(Code("apply"), (Code("lambda x: paint(x, t2)", (("t2", 1),)), Ref(2))),
        Step(Code("differ_x_iz"), (Code("S"), I, Code("C"))),
    )
    assert battery.outputs == (Output("7", "abc", True, Ref(3)), Output("8", "def", False, Ref(0)))
    assert battery.differs == (
        DifferMark("9", "differ_x_iz", None, Ref(4)),
        DifferMark("10", "differ_x_zo", "abc", Ref(3)),
    )


def test_two_marks_with_one_number_are_two_candidates(tmp_path: Path) -> None:
    mark = "o.append((1, False, 'a', t1))"
    battery = load_battery(write(tmp_path, "t1 = f(I)", mark, mark))
    assert [output.candidate_id for output in battery.outputs] == ["1", "1#2"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("t2 = f(t9)", "line 6: step t2: t9 is not a step of an earlier line"),
        ("t2 = f(t2)", "line 6: step t2: t2 is not a step of an earlier line"),
        ("t2 = f(task_id)", "line 6: step t2: task_id is not a step of an earlier line"),
        ("x = f(y); y = f(I)", "line 6: step x: y is used before it is bound"),
        ("t2 = f(t1.x)", "line 6: step t2: t1.x is an attribute"),
        ("t2 = f([c for c in t1])", "line 6: step t2: [c for c in t1] is not a call"),
        ("t2 = t1 + t1", "line 6: step t2: t1 + t1 is not a call"),
        ("t1, t2 = f(I)", "line 6: a step is one name = one call"),
        ("o.append(t1)", "line 6: o.append takes one tuple of four items; write o.append((n,"),
        ("o.append((1, t1))", "line 6: o.append takes one tuple of four items"),
        ("o.append((1, 'a', 'b', t1))", "line 6: is not a mark of a candidate; write o.append((n,"),
        ("o.append((t1, False, 'b', t1))", "line 6: is not a mark of a candidate"),
        ("s.append((1, 5, 'differ', t1))", "line 6: is not a mark of a differ; write s.append((n,"),
        ("print(t1)", "line 6: print(...) is neither a step nor a mark"),
        ("for x in I: pass", "line 6: For is neither a step nor a mark"),
        ("t2 = f(I", "line 6: '(' was never closed: t2 = f(I; correct it"),
    ],
)
def test_a_line_that_does_not_belong_in_a_battery_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, "t1 = f(I)", line, "o.append((1, False, 'a', t1))")
    with pytest.raises(BatteryError) as raised:
        load_battery(path)
    assert str(raised.value).startswith(f"{path}, ")
    assert message in str(raised.value)


def test_what_is_not_a_battery_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BatteryError, match=r"no battery .*nowhere: neither it nor .*nowhere.py exists"):
        load_battery(tmp_path / "nowhere")
    with pytest.raises(BatteryError, match="marks no candidate"):
        load_battery(write(tmp_path, "t1 = f(I)"))


def test_unknown_functions_are_named_with_their_place_and_close_ones(tmp_path: Path) -> None:
    path = write(tmp_path, "t1 = vmirror(I)", "t2 = hmiror(t1, lambda x: x)", "o.append((1, False, 'a', t2))")
    battery = load_battery(path)
    check_functions(battery, ["vmirror", "hmiror"])
    with pytest.raises(BatteryError, match=r"bat: step 2 of 2, hmiror\(.*there is no hmiror; did you mean hmirror"):
        check_functions(battery, ["vmirror", "hmirror"])
    with pytest.raises(BatteryError, match=r"bat.py, line 6: step 2, hmiror"):
        check_functions(battery, ["vmirror", "hmirror"], path)


def test_a_written_battery_reads_back_the_same_and_runs(tmp_path: Path) -> None:
    steps = (
        Step(Code("add"), (I, Code("1"))),
        Step(Code("fail"), (I,)),
        Step(Code("add"), (Ref(1), Ref(0))),
        Step(Code("lbind"), (Code("lambda a, b: add(a, add(b, t))", (("t", 0),)), Code("5"))),
        Step(Ref(3), (Code("10"),)),
        Step(Code("pair"), (Code("(t, 2)", (("t", 0),)),), (("k", Code("-1")),)),
    )
    marks = (
        Output("3", "raw", False, I),
        Output("1", "good", False, Ref(4)),
        Output("2", "bad", True, Ref(2)),
        Output("4#2", "pair", True, Ref(5)),
        Output("5", "first", False, Ref(0)),
    )
    differs = (DifferMark("1", "differ_a_iz", None, Ref(0)), DifferMark("2", "differ_a_zo", "good", Ref(5)))
    battery = Battery("bat", steps, marks, differs)
    path = write_battery(battery, tmp_path / "new" / "bat")
    assert sorted(file.name for file in path.parent.iterdir()) == ["bat.py", "bat_call.py"]
    again = load_battery(path)
    assert (again.outputs, again.differs, len(again.steps)) == (marks, differs, len(steps))
    second = write_battery(again, tmp_path / "bat.py")
    assert second.read_text() == path.read_text()
    namespace = {
        "add": lambda a, b: a + b,
        "fail": lambda x: x / 0,
        "lbind": lambda f, x: lambda y: f(x, y),
        "pair": lambda a, k: (a, k),
    }
    exec(path.read_text().replace("from battnb.dsl import *", ""), namespace)
    o, s = namespace["batt"]("x", (), 7, None, None)  # type: ignore[operator, arg-type]
    assert o == [
        (3, False, "raw", 7),
        (1, False, "good", 23),
        ("4#2", True, "pair", ((8, 2), -1)),
        (5, False, "first", 8),
    ]
    assert s == [(1, "None", "differ_a_iz", 8), (2, "good", "differ_a_zo", ((8, 2), -1))]


def test_a_battery_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    battery = Battery("bat", (), (Output("1", "a", False, I),))
    with pytest.raises(BatteryError, match="cannot write"):
        write_battery(battery, tmp_path / "file" / "bat")
    with pytest.raises(BatteryError, match="holds source text"):
        write_battery(Battery("bat", programs=(Candidate("a", "b"),)), tmp_path / "bat")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_8000_lines_load_at_once(tmp_path: Path) -> None:
    lines = []
    for n in range(1, 2001):
        lines += [
            "try:",
            f"    t{n} = f({f't{n - 1}' if n > 1 else 'I'}, ONE)",
            "except Exception:",
            f"    t{n} = None",
        ]
    path = write(tmp_path, *lines, "o.append((1, False, 'a', t2000))")
    started = time.process_time()
    assert len(load_battery(path).steps) == 2000
    assert time.process_time() - started < 5  # it takes some tenths of a second
