"""Statuses at the edges: grids in tuples of batteries, what is too large, compiler warnings, texts of other types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import MIRROR, QUICK, body, candidate

import battnb as bn
from battnb.errors import BatteryError, InputError
from battnb.model import Task

HEAD = "def batt(task_id, S, I, C, log_path):\n    s = []\n    o = []\n"


def battery_file(folder: Path, *steps: str) -> Path:
    """A battery whose one candidate is t1."""
    path = folder / "one_run.py"
    path.write_text(HEAD + "".join([f"    {step}\n" for step in steps]) + "    o.append((1, False, 'x', t1))\n")
    return path


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("t1 = (lambda grid: vmirror(I))(1)", "correct"),
        ("t1 = (lambda: vmirror(I))()", "correct"),
        ("t1 = (lambda I: vmirror(I))(I)", "correct"),
        ("t2 = identity((vmirror(I), I, 1))\n    t1 = first(t2)", "correct"),
        ("t2 = identity((S, C))\n    t3 = first(t2)\n    t4 = first(t3)\n    t1 = last(t4)", "wrong"),
        ("t2 = identity(('I am', 1))\n    t1 = vmirror(I)", "correct"),
        ("t1 = identity(('a' * 10**11, 1))", "memory"),
    ],
)
async def test_what_is_written_out_in_a_battery_may_use_the_grids(
    mirror_task: Task, tmp_path: Path, step: str, status: str
) -> None:
    run = await bn.run_batt(mirror_task, bn.load_battery(battery_file(tmp_path, step)), out_dir=tmp_path, workers=1)
    assert [str(verdict.status) for verdict in run.verdicts] == [status], run.verdicts[0].error


SUM = " + ".join(["1"] * 900)


@pytest.mark.parametrize("value", [SUM, f"({SUM}, 1)", f"lambda x: {SUM}", "0x" + "f" * 5000, "9" * 5000])
def test_a_step_that_cannot_be_written_out_is_told_by_its_line(tmp_path: Path, value: str) -> None:
    path = battery_file(tmp_path, f"t2 = identity({value})", "t1 = identity(I)")
    with pytest.raises(BatteryError, match=r"one_run\.py, line 4: "):
        bn.load_battery(path)


@pytest.mark.parametrize("isolation", ["auto", "fork", "worker"])
async def test_every_way_to_run_holds_to_the_size_of_outputs(mirror_task: Task, isolation: str) -> None:
    limits = bn.Limits(output_bytes=60, timeout_s=QUICK.timeout_s)
    short, long = "vmirror(I)", "upscale(I, FIVE)"
    sources = [body(f"x1 = {step}", "return x1") for step in (short, long, short, long)]
    async with bn.Pool(1, limits) as pool:
        verdicts = await pool.validate([candidate(source) for source in sources], mirror_task, isolation=isolation)
    assert [verdict.status for verdict in verdicts] == ["correct", "invalid_output"] * 2
    assert all(v.error and v.error.type == "output_bytes" for v in verdicts[1::2])


async def test_a_warning_of_the_compiler_uses_up_nothing_that_later_programs_print(mirror_task: Task) -> None:
    warned = body(*["x = 1 is 1"] * 40, "return tuple([row[::-1] for row in I])")
    prints = body("print('here')", "return tuple([row[::-1] for row in I])")
    limits = bn.Limits(capture_bytes=200, timeout_s=QUICK.timeout_s)
    async with bn.Pool(1, limits) as pool:
        verdicts = await pool.validate([candidate(warned, "w"), candidate(prints, "p")] * 3, mirror_task)
    assert [verdict.status for verdict in verdicts] == ["correct"] * 6
    assert [verdict.stdout for verdict in verdicts] == ["", "here\n" * 4] * 3


@pytest.mark.parametrize(
    "said",
    [{"siblings": {"a": 5}}, {"siblings": {3: "x"}}, {"siblings": "common"}, {"siblings": {"a": b"x"}}],
)  # fmt: skip
def test_what_is_no_text_is_refused_before_it_can_stop_the_engine(said: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="siblings"):
        bn.Candidate("a", MIRROR, **said)


class Text(str):
    """As numpy's text is: no plain str."""


async def test_texts_of_other_types_become_plain(mirror_task: Task, isolation: str) -> None:
    said: list[dict[str, Any]] = [
        {"source": Text(MIRROR)},
        {"source": np.array([MIRROR])[0]},
        {"source": np.array([MIRROR.encode()])[0]},
        {"source": MIRROR, "grids": Text("tuple")},
        {"source": MIRROR, "prelude": np.True_},
        {"source": "import a\n" + MIRROR, "siblings": {Text("a"): Text("")}},
    ]
    candidates = [bn.Candidate(str(n), **some) for n, some in enumerate(said)]
    candidates.append(bn.Candidate("unreadable", "", unreadable=5))  # type: ignore[arg-type]
    async with bn.Pool(1) as pool:
        verdicts = await pool.validate(candidates, mirror_task, isolation=isolation)
    assert [(v.status, v.error) for v in verdicts[:-1]] == [("correct", None)] * len(said)
    assert verdicts[-1].error is not None
    assert verdicts[-1].error.message == "5"
