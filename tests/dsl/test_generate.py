"""Generated batteries: the same everywhere, well typed, with right candidates and repeated ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import battnb.dsl
from battnb.dsl.generate import DIFFERS, generate_battery, solver_programs
from battnb.dsl.mutate import mutants, vocabulary
from battnb.errors import InputError
from battnb.load.batteries import check_functions, load_battery
from battnb.load.inlining import inline_batch, program_md5
from battnb.load.tasks import load_task
from battnb.load.written import write_battery
from battnb.model import Arg, Battery, Ref

TASK = "007bbfb7"
DSL: dict[str, Any] = {name: getattr(battnb.dsl, name) for name in battnb.dsl.__all__}


@pytest.fixture(scope="module")
def battery() -> Battery:
    return generate_battery(TASK)


def run_steps(battery: Battery, **names: Any) -> list[Any]:
    """The value of each step; the exception if it failed."""
    values: list[Any] = []

    def value(arg: Arg) -> Any:
        if isinstance(arg, Ref):
            if isinstance(values[arg.step], Exception):
                raise values[arg.step]
            return values[arg.step]
        return eval(arg.text, DSL | names | {name: value(Ref(step)) for name, step in arg.refs})

    for step in battery.steps:
        try:
            values.append(value(step.func)(*map(value, step.args), **{k: value(arg) for k, arg in step.kwargs}))
        except Exception as error:
            values.append(error)
    return values


def test_it_has_as_many_candidates_as_asked_for(battery: Battery) -> None:
    assert [output.candidate_id for output in battery.outputs] == [str(n) for n in range(1, 150)]
    assert len(battery.differs) == len(DIFFERS) * 150
    assert [mark.name for mark in battery.differs[:4]] == list(DIFFERS)
    assert [mark.solver_id for mark in battery.differs[:5]].count(None) == 4
    assert len(generate_battery(TASK, count=1)) == 1
    with pytest.raises(InputError, match="1 or more"):
        generate_battery(count=0)


def test_some_are_right_and_many_are_not(battery: Battery) -> None:
    for pair in load_task(TASK).samples:
        values = run_steps(battery, I=pair.input, S=(), C=None)
        given = [values[output.value.step] for output in battery.outputs if isinstance(output.value, Ref)]
        right = sum(value == pair.output for value in given)
        assert 1 <= right < len(battery) / 2


def test_a_sizeable_share_are_repeated(battery: Battery) -> None:
    inlined = inline_batch(battery.steps, [output.value for output in battery.outputs])
    assert 0.65 < len({one.md5 for one in inlined}) / len(battery) < 0.9


def test_equal_steps_are_shared_and_mutants_differ_from_their_solvers(battery: Battery) -> None:
    assert len(set(battery.steps)) == len(battery.steps)
    own = [output for output in battery.outputs if output.solver_id == TASK]
    assert len(own) > len(battery) / 3
    inlined = inline_batch(battery.steps, [output.value for output in battery.outputs])
    for output, one in zip(battery.outputs, inlined, strict=True):
        assert (one.md5 != program_md5(solver_programs()[output.solver_id])[0]) is output.mutated


def test_it_names_only_what_the_dsl_has(battery: Battery) -> None:
    check_functions(battery, battnb.dsl.__all__)


def test_every_public_name_of_the_dsl_has_a_type() -> None:
    words = vocabulary()
    assert set(words.functions) | set(words.constants) == set(battnb.dsl.__all__)
    assert words.functions["hupscale"].params == ("Grid", "Integer")


def test_a_mutant_differs_in_one_place_and_stays_well_typed() -> None:
    words = vocabulary()
    for program in solver_programs().values():
        for mutant in mutants(program):
            changed = [(a, b) for a, b in zip(program.steps, mutant.steps, strict=True) if a != b]
            assert len(changed) == 1
            ((old, new),) = changed
            places = [(a, b) for a, b in zip((old.func, *old.args), (new.func, *new.args), strict=True) if a != b]
            assert len(places) == 1
            if old.func != new.func:
                assert words.functions[old.func.text] == words.functions[new.func.text]  # type: ignore[union-attr]


def test_the_written_file_reads_back_the_same_and_runs(battery: Battery, tmp_path: Path) -> None:
    path = write_battery(battery, tmp_path / battery.name)
    assert load_battery(path) == battery
    namespace: dict[str, Any] = {}
    exec(path.read_text(), namespace)
    pair = load_task(TASK).demo[0]
    names = {"S": ((pair.input, pair.output),), "I": pair.input, "C": pair.output}
    values = run_steps(battery, **names)
    o, s = namespace["batt"](TASK, names["S"], names["I"], names["C"], None)
    for marks, got in ((battery.outputs, o), (battery.differs, s)):
        expected = [values[mark.value.step] if isinstance(mark.value, Ref) else pair.input for mark in marks]
        assert [mark[3] for mark in got] == [value for value in expected if not isinstance(value, Exception)]


def test_the_same_seed_gives_the_same_bytes_in_another_process(battery: Battery, tmp_path: Path) -> None:
    here = write_battery(battery, tmp_path / "here").read_bytes()
    code = f"from battnb.dsl.generate import *; write_battery(generate_battery({TASK!r}), {str(tmp_path / 'there')!r})"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": "5"})
    assert (tmp_path / "there.py").read_bytes() == here
    assert generate_battery(TASK, seed=1) != battery
    assert (tmp_path / "there_call.py").read_bytes() == (tmp_path / "here_call.py").read_bytes()


def test_without_a_task_all_solvers_contribute() -> None:
    battery = generate_battery()
    assert len({output.solver_id for output in battery.outputs}) > 15
    assert any(not output.mutated for output in battery.outputs)
