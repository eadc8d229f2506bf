"""Phase inline: candidates become programs of their own, as a batch."""

from __future__ import annotations

import hashlib
import time

from making_batteries import battery

from battnb import phases
from battnb.executor import Executor
from battnb.model import Battery, Candidate, Task


async def test_each_candidate_is_one_expression_and_its_md5() -> None:
    made = battery(["vmirror(I)", "hmirror(t1)", "hmirror(t1)"], {"a": "t2", "b": "t3", "c": "t1", "d": "I"})
    a, b, c = await phases.inline(made, {"a", "b", "c"})
    assert [p.candidate.id for p in (a, b, c)] == ["a", "b", "c"]
    assert a.expression == "hmirror(vmirror(I))"
    assert a.md5 == b.md5 == hashlib.md5(b"hmirror(vmirror(I))").hexdigest() != c.md5
    assert (a.length, a.by_steps) == (19, False)


async def test_an_inlined_text_of_2_to_the_60_characters_is_never_made() -> None:
    lines = ["hconcat(I, I)"] + [f"hconcat(t{n}, t{n})" for n in range(1, 60)]
    started_s = time.process_time()
    (deep,) = await phases.inline(battery(lines, {"a": "t60"}), {"a"})
    assert time.process_time() - started_s < 1  # it takes some milliseconds
    assert deep.expression is None
    assert deep.by_steps
    assert deep.length > 2**60
    assert str(deep.candidate.source).count("hconcat") == 60


async def test_an_inlined_program_gives_what_its_steps_gave(executor: Executor, mirror_task: Task) -> None:
    lines = ["compose(vmirror, hmirror)", "t1(I)", "hmirror(t2)", "(lambda a, k: k)(I, k=t3)", "hmirror(hmirror)"]
    made = battery(lines, {"a": "t3", "b": "t4", "c": "I", "d": "t5"})
    programs = await phases.inline(made, {"a", "b", "c", "d"})
    verdicts = await executor.validate([p.candidate for p in programs], mirror_task)
    assert [v.status for v in verdicts] == ["correct", "correct", "wrong", "error"]
    assert verdicts[2].outputs == tuple([pair.input for pair in mirror_task.samples])
    expanded = [Candidate(p.candidate.id, f"def solve(S, I, C): return {p.expression}") for p in programs]
    again = await executor.validate(expanded, mirror_task)
    assert [(v.status, v.outputs) for v in again] == [(v.status, v.outputs) for v in verdicts]


async def test_a_program_that_was_given_as_text_stays_as_it_is() -> None:
    text = "p=lambda g:g  # \ud800"
    (given, data) = await phases.inline(
        Battery("b", programs=(Candidate("a", text), Candidate("c", b"\xff"))), {"a", "c"}
    )
    assert given.candidate.source == text
    assert (given.expression, given.md5) == (None, hashlib.md5(text.encode("utf-8", "surrogatepass")).hexdigest())
    assert data.md5 == hashlib.md5(b"\xff").hexdigest()
