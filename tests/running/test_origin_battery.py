"""Batteries of the origin run as they were meant, and are stored where the origin stored them."""

from __future__ import annotations

from pathlib import Path

import battnb as bn
from battnb.load.batteries import load_battery
from battnb.load.origin import BATCH_STEPS
from battnb.model import Grid, Pair, Task

BATTERY = """from pile import *
from batt_gpu import batch_process_samples_gpu

def batt(task_id, S, I, C, log_path):
    s = []
    o = []
    try:
        t1 = palette(I)
    except (TypeError, AttributeError):
        t1 = _get_safe_default(palette)
    try:
        t2 = difference(t1, palette(C))
    except (TypeError, AttributeError):
        t2 = _get_safe_default(difference)
    t3 = astuple(size(t2), t2)
    s.append((3, 'None', 'differ_00000000000000000000000000000001', t3))
    # GPU Batch Pattern: Sample processing (t4-t7)
    t4, t5, t6, t7 = batch_process_samples_gpu(S)
    t8 = first(dedupe(t6))
    t9 = first(dedupe(t7))
    t10 = replace(I, t8, t9)
    o.append((10, False, '0a0a0a0a', t10))
    t11 = astuple(size(difference(palette(t10), palette(C))), t10)
    s.append((11, '0a0a0a0a', 'differ_00000000000000000000000000000001', t11))
    t12 = branch(equality(t4, apply(first, S)), I, t1)
    o.append((12, True, '0b0b0b0b', t12))
    t13 = last(t5)
    o.append((13, True, '0c0c0c0c', t13))
    return o, s
"""
TASK = Task(
    "abcd0123",
    tuple([Pair(((5, 5),) * n, ((8, 8),) * n) for n in (1, 2, 3)]),
    (Pair(((5,),), ((8,),)),),
)


def test_a_battery_of_the_origin_runs_and_its_differs_are_kept_in_both_families(tmp_path: Path) -> None:
    (tmp_path / "bat.py").write_text(BATTERY)
    (tmp_path / "bat_call.py").write_text("t_call = {4: 'apply(first, S)', 7: 'mapply(p_g, t5)'}\n")
    run = bn.run_batt_sync(TASK, load_battery(tmp_path / "bat"), out_dir=tmp_path / "out", workers=1, live=None)
    first, second, third = run.verdicts
    assert (first.status, first.test_correct, first.unseen_correct) == ("correct", 1, 3)
    assert (second.outputs, third.demo_correct) == (tuple([pair.input for pair in TASK.samples]), 1)
    assert {(r.candidate_id, r.family, r.score) for r in run.ratings if r.candidate_id == "10"} == {
        ("10", "iz", 6),
        ("10", "zo", 0),
    }
    links = {family: set((tmp_path / "out/differ_dir" / family).rglob("*.py")) for family in ("iz", "zo")}
    assert len(links["iz"]) == 1
    assert {link.name for link in links["iz"]} == {link.name for link in links["zo"]}
    [solver] = (tmp_path / "out/solver_dir/solve_abcd0123/3").rglob("*.py")
    namespace: dict[str, object] = {}
    exec(solver.read_text(), namespace)
    demo = tuple([(pair.input, pair.output) for pair in TASK.demo])
    assert namespace["solve"](demo, ((5, 1),), None) == ((8, 1),)  # type: ignore[operator]


def test_the_batch_gives_what_the_origins_dsl_gives() -> None:
    def p_g(grid: Grid) -> tuple[int, ...]:
        return tuple({cell for row in grid for cell in row})

    grids = (((8, 0), (1, 9)), ((9, 8), (0, 2)), ((3,),), ((7, 8, 9, 1, 0, 2, 3),))
    samples = tuple([(grid, grid[::-1]) for grid in grids])
    inputs, outputs, colours, _ = [eval(text) for text, _, _ in BATCH_STEPS]
    assert inputs(samples) == grids
    assert outputs(samples) == tuple([grid[::-1] for grid in grids])
    assert colours(grids) == tuple([colour for grid in grids for colour in p_g(grid)])
