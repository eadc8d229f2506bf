"""Batteries are read in each of the ways in which those of the origin were written."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest

from battnb.errors import BatteryError
from battnb.load.batteries import load_battery
from battnb.load.origin import BATCH_STEPS, WRITTEN_OUT
from battnb.load.program_source import read_program
from battnb.load.written import write_battery
from battnb.model import Battery, Code, DifferMark, Output, Ref, Step

S, I, C = Code("S"), Code("I"), Code("C")  # noqa: E741
TURNED = Step(Code("vmirror"), (I,))
BATCH = tuple([Step(Code(text), (S if taken is None else Ref(taken),)) for text, taken, _ in BATCH_STEPS])


def read(folder: Path, text: str) -> Battery:
    """The battery of a text, read without a warning."""
    path = folder / "bat.py"
    path.write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_battery(path)


@pytest.mark.parametrize(
    "line",
    [
        "t1, t2, t3, t4 = batch_process_samples_gpu(S)",
        "(t1, t2, t3, t4) = batch_process_samples_gpu(S)",
        "[t1, t2, t3, t4] = batch_process_samples_gpu(S)",
        "a, b, c, t4 = batch_process_samples_gpu(S)",
        "_, _, _, t4 = batch_process_samples_gpu(S)",
    ],
)
def test_the_batch_of_samples_is_four_steps_that_need_no_dsl(tmp_path: Path, line: str) -> None:
    head = "from batt_gpu import batch_process_samples_gpu\ndef batt(task_id, S, I, C, log_path):\n    o = []\n"
    battery = read(tmp_path, f"{head}    {line}\n    t5 = f(t4)\n    o.append((5, False, 'a', t5))\n    return o, []\n")
    assert battery.steps == (*BATCH, Step(Code("f"), (Ref(3),)))


def test_the_written_out_functions_are_kept_when_a_battery_or_a_program_is_written(tmp_path: Path) -> None:
    assert {ast.unparse(ast.parse(text)) for text in WRITTEN_OUT} == WRITTEN_OUT
    battery = Battery("bat", BATCH, (Output("4", "a", False, Ref(3)),))
    assert load_battery(write_battery(battery, tmp_path / "bat")).steps == BATCH
    program = read_program(f"def solve(S, I, C):\n    x1 = ({BATCH_STEPS[0][0]})(S)\n    return x1\n")
    assert program is not None
    assert program.steps == BATCH[:1]


@pytest.mark.parametrize(
    "line",
    [
        "t1, t2 = batch_process_samples_gpu(S)",
        "t1 = batch_process_samples_gpu(S)",
        "t1, t2, t3, t4 = batch_process_samples_gpu()",
        "t1, t2, t3, t4 = batch_process_samples_gpu(S, p_g)",
    ],
)
def test_a_batch_of_another_shape_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(BatteryError, match=r"write t1, t2, t3, t4 = batch_process_samples_gpu\(S\)"):
        read(tmp_path, f"def batt(task_id, S, I, C, log_path):\n    {line}\n")


def test_its_calls_are_those_of_the_origins_dsl(tmp_path: Path) -> None:
    calls = ["apply(first, S)", "apply, second, S", "mapply(p_g, t3)", "mapply, p_g, t4", "dedupe(t5)"]
    (tmp_path / "bat_call.py").write_text(f"t_call = {dict(enumerate(calls, 3))}\n")
    lines = "    t3, t4, t5, t6 = batch_process_samples_gpu(S)\n    t7 = dedupe(t5)\n    o.append((7, True, 'a', t7))\n"
    assert len(read(tmp_path, f"def batt(task_id, S, I, C, log_path):\n{lines}").steps) == 5


def test_the_whole_of_a_generated_battery_is_read(tmp_path: Path) -> None:
    """It defines its own helper, makes defaults for steps that fail, and names differs by their md5."""
    battery = read(
        tmp_path,
        """# generated
from pile import *
from gpu_env import GPUEnv as Env
from safe_dsl import _get_safe_default

try:
    import cupy as cp
    USE_GPU = cp is not None
    print(f"{USE_GPU = }")
except Exception as e:
    USE_GPU = False


def batch_process_samples_gpu(S):
    return tuple(a for a, _ in S), (), (), ()


def batt(task_id, S, I, C, log_path):
    s = []
    o = []
    # -- old_call.value = ('vmirror', 'I')
    try:
        t1 = vmirror(I)
    except (TypeError, AttributeError, ValueError, IndexError, KeyError):
        t1 = _get_safe_default(vmirror)
    # GPU Batch Pattern: Sample processing (t2-t5)
    t2, t3, t4, t5 = batch_process_samples_gpu(S)
    t6 = dedupe(t4)
    try:
        t7 = replace(I, t6, FIVE)
    except (TypeError, AttributeError, ValueError):
        t7 = _get_safe_default(replace)
    except Exception:
        t7 = None
    finally:
        pass
    o.append((7, True, '0a0b0c0d', t7))
    s.append((7, 'None', 'differ_0123456789abcdef0123456789abcdef', t7))
    if type(t7) is int:
        s.append((7, '0a0b0c0d', 'differ_0123456789abcdef0123456789abcdef', t7))
    return o, s
""",
    )
    dedupe = Step(Code("dedupe"), (Ref(3),))
    batch = tuple([Step(s.func, (S if s.args == (S,) else Ref(n - 1),)) for n, s in enumerate(BATCH)])
    assert battery.steps == (TURNED, *batch, dedupe, Step(Code("replace"), (I, Ref(5), Code("FIVE"))))
    assert battery.outputs == (Output("7", "0a0b0c0d", True, Ref(6)),)
    assert [mark.solver_id for mark in battery.differs] == [None, "0a0b0c0d"]
    assert {mark.families for mark in battery.differs} == {("iz", "zo")}


@pytest.mark.parametrize("run", ["do_pile", "do_fluff"])
def test_steps_that_an_environment_runs_are_steps(tmp_path: Path, run: str) -> None:
    battery = read(
        tmp_path,
        f"""from pile import *
def batt(task_id, S, I, C, log_path):
    s = []
    o = []
    env = Env(1756000000.5, task_id, S, log_path)
    t1 = env.{run}(1, [vmirror, I], True) # abc - [None]
    t2 = env.{run}(2, (hconcat, t1.t, I), t1.ok and t1.ok)
    t3 = env.{run}(3, [t2.t, C], t2.ok)
    o.append((2, False, 'abc', t2))
    o.append((1, True, 'def', t1.t))
    s.append((3, 'abc', 'differ_iz', t3))
    return o, s
""",
    )
    assert battery.steps == (TURNED, Step(Code("hconcat"), (Ref(0), I)), Step(Ref(1), (C,)))
    assert battery.outputs == (Output("2", "abc", False, Ref(1)), Output("1", "def", True, Ref(0)))
    assert battery.differs == (DifferMark("3", "differ_iz", "abc", Ref(2)),)


@pytest.mark.parametrize(
    ("mark", "mutated"),
    [
        ("if t1 == O:\n        return True, f'abc - t1'", False),
        ("if t1 == O:\n        return True, 'abc'", False),
        ("if t1 == O:\n        o.append((1, False, 'abc', '0'))", False),
        ("if t1 == O:\n        o.append(('abc', 't1', True, env.get_seed()))", True),
        ("if t1 == O:\n        o.append(('abc', 1, True, 7.5))", True),
        ("check_done('abc', 't1', t1)", False),
    ],
)
@pytest.mark.parametrize("parameters", ["S, I, O", "task_id, S, I, O, flags, log_path"])
def test_a_candidate_may_be_marked_where_its_value_is_compared(
    tmp_path: Path, mark: str, mutated: bool, parameters: str
) -> None:
    step = "try:\n        t1 = vmirror(I)\n    except:\n        t1 = None"
    battery = read(
        tmp_path, f"def batt({parameters}):\n    {step}\n    {mark}\n    t2 = f(t1, O)\n    return False, None\n"
    )
    assert battery.steps == (TURNED, Step(Code("f"), (Ref(0), C)))
    assert battery.outputs == (Output("1", "abc", mutated, Ref(0)),)


@pytest.mark.parametrize("parameters", ["samples, grid", "samples, grid, wanted", "task, samples, grid, wanted, log"])
def test_parameters_may_have_other_names(tmp_path: Path, parameters: str) -> None:
    lines = "t1, t2, t3, t4 = batch_process_samples_gpu(samples)\n    t5 = f(grid, t3)\n    o.append((5, 0, 'a', t5))"
    battery = read(tmp_path, f"def batt({parameters}):\n    o = []\n    {lines}\n    return o\n")
    assert battery.steps == (*BATCH, Step(Code("f"), (I, Ref(2))))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("t1, t2 = f(I)", "line 2: a step is one name = one call"),
        ("if t1 == I: o.append((1, False, 'a', t1))", "If is neither a step nor a mark"),
        ("if f(I): t1 = f(I)", "If is neither a step nor a mark"),
        ("if t1 == C: o.append((1, False, 'a', t1))", "t1 is not a step of an earlier line"),
        ("t1 = f(log)", "log is not a step of an earlier line"),
        ("t1 = env.do_pile(1, [f, I], True)", "env.do_pile is an attribute"),
    ],
)
def test_what_the_origin_did_not_write_either_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(BatteryError, match=message):
        read(tmp_path, f"def batt(task, S, I, C, log):\n    {line}\n")
