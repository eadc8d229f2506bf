"""Candidates in the sandbox: each status in turn, and that no candidate costs another one anything."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from making import MIRROR, QUICK, STRAIGHT, body, candidate, make_task

import battnb as bn
from battnb.executor import Executor
from battnb.model import Limits, Pair, Status, Task


async def judge(pool: bn.Pool, task: Task, source: str | bytes, **options):  # type: ignore[no-untyped-def]
    (verdict,) = await pool.validate([candidate(source)], task, **options)
    return verdict


# Statuses


async def test_a_candidate_that_gives_every_output_is_correct(executor: Executor, mirror_task: Task) -> None:
    verdicts = await executor.validate([candidate(MIRROR), candidate(STRAIGHT, "s")], mirror_task)
    for verdict in verdicts:
        assert verdict.status == "correct"
        assert verdict.sample_statuses == ("correct",) * 4
        assert verdict.outputs == tuple([pair.output for pair in mirror_task.samples])
        assert (verdict.demo_correct, verdict.test_correct, verdict.o_score) == (3, 1, 3)
        assert (verdict.task_id, verdict.error, verdict.validated, verdict.timed_out) == ("mirror", None, True, False)


async def test_a_candidate_that_is_right_on_some_pairs_is_wrong(executor: Executor, mirror_task: Task) -> None:
    source = body("return I[::-1] if len(I) > 1 else tuple([row[::-1] for row in I])")
    (verdict,) = await executor.validate([candidate(source)], mirror_task)
    assert verdict.status == "wrong"
    assert verdict.sample_statuses == ("wrong", "correct", "wrong", "correct")
    assert (verdict.demo_correct, verdict.test_correct) == (1, 1)


async def test_test_pairs_without_outputs_have_no_status_and_no_score(pool: bn.Pool, mirror_task: Task) -> None:
    hidden = Task("hidden", mirror_task.demo, (Pair(mirror_task.test[0].input, None),))
    for source in (MIRROR, STRAIGHT):
        verdict = await judge(pool, hidden, source)
        assert verdict.sample_statuses == ("correct",) * 3 + (None,)
        assert (verdict.status, verdict.test_correct) == ("correct", None)
        assert verdict.outputs[3] == mirror_task.test[0].output


@pytest.mark.parametrize(
    "value",
    ["None", "5", "'ab'", "()", "((),)", "((1, 2), (3,))", "((10,),)", "((-1,),)", "((1.9,),)", "((float('nan'),),)",
     "((True,),)", "(('1',),)", "((None,),)", "(1, 2)", "((0,),) * 31", "((0,) * 31,)", "(x for x in I)", "{1: 2}",
     "((10**30,),)", "((float('inf'),),)"],
)  # fmt: skip
async def test_what_is_not_a_grid_is_an_invalid_output(pool: bn.Pool, mirror_task: Task, value: str) -> None:
    verdict = await judge(pool, mirror_task, body(f"return {value}"))
    assert verdict.sample_statuses == ("invalid_output",) * 4
    assert verdict.status == "invalid_output"
    assert verdict.outputs == (None,) * 4
    assert verdict.error is not None
    assert verdict.error.message


@pytest.mark.parametrize(
    "cell", ["2.0", "2", "int(2)", "__import__('numpy').int8(2)", "__import__('numpy').float32(2)"]
)
async def test_integral_numbers_of_any_kind_are_cells(pool: bn.Pool, cell: str) -> None:
    task = make_task(lambda grid: ((2,),), [[[1]], [[1]]])
    assert (await judge(pool, task, body(f"return [[{cell}]]"))).status == "correct"


async def test_an_exception_is_an_error_with_type_message_and_line(executor: Executor, mirror_task: Task) -> None:
    source = body("x = 1", "if len(I) == 1:", "    raise KeyError('no such row')", "return tuple([r[::-1] for r in I])")
    (verdict,) = await executor.validate([candidate(source)], mirror_task)
    assert verdict.sample_statuses == ("correct", "error", "correct", "error")
    assert verdict.status == "error"
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.line, verdict.error.sample) == ("KeyError", 4, 1)
    assert "no such row" in verdict.error.message


async def test_a_step_that_fails_names_its_line_too(pool: bn.Pool, mirror_task: Task) -> None:
    source = "def solve(I):\n    x1 = vmirror(I)\n    x2 = crop(x1, 5)\n    return x2\n"
    verdict = await judge(pool, mirror_task, source)
    assert verdict.status == "error"
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.line, verdict.error.sample) == ("TypeError", 3, 0)


async def test_an_error_while_the_program_is_loaded_fails_on_every_sample(pool: bn.Pool, mirror_task: Task) -> None:
    verdict = await judge(pool, mirror_task, "x = 1\ny = x / 0\n" + MIRROR)
    assert verdict.sample_statuses == ("error",) * 4
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.line) == ("ZeroDivisionError", 2)


HANGS = {
    "python": ["while True:", "    pass"],
    "bare except": ["while True:", "    try:", "        while True: pass", "    except BaseException:", "        pass"],
    "power": ["return pow(10, 10**9)"],
    "re": ["import re", "return re.fullmatch('(a|a)*b', 'a' * 40)"],
    "sum": ["return sum(range(10**13))"],
    "sleep": ["import time", "time.sleep(60)"],
}


@pytest.mark.parametrize("hang", HANGS)
async def test_what_does_not_end_is_a_timeout(pool: bn.Pool, mirror_task: Task, hang: str) -> None:
    verdict = await judge(pool, mirror_task, body(*HANGS[hang]))
    assert verdict.status == "timeout"
    assert verdict.sample_statuses == ("timeout", "cancelled", "cancelled", "cancelled")
    assert verdict.timed_out
    assert verdict.error is not None
    assert verdict.error.type == ("idle_s" if hang == "sleep" else "timeout_s")
    if hang != "sleep":
        assert 0.2 <= verdict.cpu_s < 0.3  # it usually overshoots the limit by less than 6 ms


async def test_a_program_that_hangs_while_it_is_loaded_is_a_timeout(pool: bn.Pool, mirror_task: Task) -> None:
    assert (await judge(pool, mirror_task, "while True: pass\n" + MIRROR)).status == "timeout"


@pytest.mark.parametrize("slow", ["python", "power"])
async def test_outputs_from_before_a_hang_are_kept(executor: Executor, mirror_task: Task, slow: str) -> None:
    source = body("if len(I) == 3:", *["    " + line for line in HANGS[slow]], "return tuple([r[::-1] for r in I])")
    (verdict,) = await executor.validate([candidate(source)], mirror_task)
    assert verdict.sample_statuses == ("correct", "correct", "timeout", "cancelled")
    assert verdict.outputs == (*[pair.output for pair in mirror_task.demo[:2]], None, None)
    assert (verdict.status, verdict.demo_correct, verdict.test_correct) == ("timeout", 2, 0)
    assert verdict.error is not None
    assert verdict.error.sample == 2


@pytest.mark.parametrize(
    "lines",
    [["x = []", "while True: x.append(bytes(10**6))"], ["return bytes(10**10)"], ["return [0] * 10**9"],
     ["x = 'a'", "while True: x += x"]],
)  # fmt: skip
async def test_too_much_memory_is_a_status_of_its_own(pool: bn.Pool, mirror_task: Task, lines: list[str]) -> None:
    verdict = await judge(pool, mirror_task, body(*lines), limits=Limits(memory_bytes=64 * 2**20, timeout_s=5))
    assert verdict.status == "memory"
    assert verdict.sample_statuses == ("memory", "cancelled", "cancelled", "cancelled")


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["import os, signal", "os.kill(os.getpid(), signal.SIGSEGV)"], "SIGSEGV"),
        (["import os", "os.abort()"], "SIGABRT"),
        (["import ctypes", "ctypes.string_at(0)"], "SIGSEGV"),
    ],
)
async def test_a_crash_names_its_signal(pool: bn.Pool, mirror_task: Task, lines: list[str], name: str) -> None:
    verdict = await judge(pool, mirror_task, body(*lines))
    assert verdict.status == "crashed"
    assert verdict.error is not None
    assert verdict.error.type == name
    assert verdict.sample_statuses == ("crashed", "cancelled", "cancelled", "cancelled")


@pytest.mark.parametrize(
    ("lines", "code"),
    [(["raise SystemExit"], "0"), (["import sys", "sys.exit(3)"], "3"), (["import sys", "sys.exit('no')"], "1"),
     (["import os", "os._exit(5)"], "5"), (["import os", "os._exit(0)"], "0")],
)  # fmt: skip
async def test_an_exit_names_its_code(pool: bn.Pool, mirror_task: Task, lines: list[str], code: str) -> None:
    verdict = await judge(pool, mirror_task, body(*lines))
    assert verdict.status == "exited"
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.message) == ("exit code", code)
    assert verdict.sample_statuses == ("exited", "cancelled", "cancelled", "cancelled")


@pytest.mark.parametrize(
    "source",
    ["def solve(I:\n    return I\n", "", "x = 1\n", "def solve(a, b): return a\n", "solve = 5\n", b"\x00", b"\xff\xfe",
     "def solve(I):\n    return I\0\n", b"# -*- coding: nonsense -*-\ndef solve(I): return I\n",
     "def solve(I): return " + "(" * 500 + "I" + ")" * 500, "async def helper(): pass\n"],
)  # fmt: skip
async def test_a_source_without_a_solver_is_not_a_solver(
    pool: bn.Pool, mirror_task: Task, source: str | bytes, isolation: str
) -> None:
    verdict = await judge(pool, mirror_task, source, isolation=isolation)
    assert verdict.status == "not_a_solver"
    assert verdict.sample_statuses == ("not_a_solver",) * 4
    assert verdict.error is not None
    assert verdict.error.message


async def test_a_syntax_error_names_its_line(pool: bn.Pool, mirror_task: Task) -> None:
    verdict = await judge(pool, mirror_task, "x = 1\ndef solve(I):\n    retrun I\n")
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.line) == ("SyntaxError", 3)


# Entry points and arguments


@pytest.mark.parametrize(
    ("source", "entry"),
    [
        ("def solve_mirror(I): return tuple(r[::-1] for r in I)", "solve_mirror"),
        (MIRROR, "solve"),
        (
            "def solve(S, I, C):\n    assert C is None and len(S) == 3 and S[0][1] == ((2, 1), (4, 3))\n"
            "    return tuple(r[::-1] for r in I)",
            "solve",
        ),
        (
            "def transform(grid):\n    assert type(grid) is list and type(grid[0]) is list\n    return [r[::-1] for r in grid]",  # noqa: E501
            "transform",
        ),
        (
            "import numpy as np\ndef transform(grid): return np.flip(grid, 1) if type(grid) is np.ndarray else None",
            "transform",
        ),
        ("p=lambda g:[r[::-1]for r in g]", "p"),
        ("def p(g): return [r[::-1] for r in g] if type(g) is list else None", "p"),
        (STRAIGHT, "solve"),
        ("def solve(S, I, C):\n    x1 = vmirror(I)\n    return x1\n", "solve"),
        ("def solve_mirror(I):\n    x1 = vmirror(I)\n    return x1\n", "solve_mirror"),
    ],
)
async def test_every_convention_is_found_and_reported(
    pool: bn.Pool, mirror_task: Task, source: str, entry: str, isolation: str
) -> None:
    verdict = await judge(pool, mirror_task, source, isolation=isolation)
    assert (verdict.status, verdict.entry) == ("correct", entry), verdict.error


async def test_the_first_convention_wins(pool: bn.Pool, mirror_task: Task) -> None:
    source = "def p(g): return None\ndef transform(grid): return None\n" + MIRROR
    verdict = await judge(pool, mirror_task, source)
    assert (verdict.status, verdict.entry) == ("correct", "solve")


async def test_an_entry_that_is_named_is_taken(pool: bn.Pool, mirror_task: Task) -> None:
    source = "def solve(I): return None\ndef main(I): return tuple([row[::-1] for row in I])\n"
    (verdict, missing) = await pool.validate(
        [candidate(source, entry="main"), candidate(source, "d", entry="absent")], mirror_task
    )
    assert (verdict.status, verdict.entry) == ("correct", "main")
    assert missing.status == "not_a_solver"


async def test_grids_that_are_asked_for_are_handed_over(pool: bn.Pool, mirror_task: Task) -> None:
    source = "def solve(I):\n    print(type(I).__name__, type(I[0]).__name__)\n    return I\n"
    kinds = {"list": "list list", "tuple": "tuple tuple"}
    for grids, printed in kinds.items():
        (verdict,) = await pool.validate([candidate(source, grids=grids)], mirror_task)
        assert verdict.stdout.splitlines()[0] == printed
    (verdict,) = await pool.validate([candidate("import numpy\n" + source, grids="ndarray")], mirror_task)
    assert verdict.stdout.splitlines()[0] == "ndarray ndarray"


async def test_bools_are_cells_for_p_only(pool: bn.Pool) -> None:
    task = make_task(lambda grid: ((1, 0),), [[[1]], [[1]]])
    assert (await judge(pool, task, "p=lambda g:[[True,False]]")).status == "correct"
    assert (await judge(pool, task, "def solve(I): return ((True, False),)")).status == "invalid_output"


async def test_helpers_constants_imports_and_encodings_are_kept(pool: bn.Pool, mirror_task: Task) -> None:
    source = "# -*- coding: latin-1 -*-\nimport functools\nK = 'ä'\ndef turned(r): return r[::-1]\n"
    source += "def solve(I):\n    assert len(K) == 1\n    return tuple(map(turned, I))\n"
    assert (await judge(pool, mirror_task, source.encode("latin-1"))).status == "correct"


async def test_the_dsl_is_there_and_a_programs_own_names_win(pool: bn.Pool, mirror_task: Task) -> None:
    assert (await judge(pool, mirror_task, "def solve(I): return vmirror(I)")).status == "correct"
    own = "def vmirror(grid): return ((0,),)\ndef solve(I): return vmirror(I)"
    assert (await judge(pool, mirror_task, own)).outputs[0] == ((0,),)


async def test_an_input_that_is_changed_in_place_is_a_fresh_copy(pool: bn.Pool, mirror_task: Task) -> None:
    source = "seen = []\ndef transform(grid):\n    seen.append(grid)\n"
    source += "    out = [r[::-1] for r in grid]\n    for g in seen: g[0][0] = 9\n    return out\n"
    assert (await judge(pool, mirror_task, source)).status == "correct"


# S and the answers


LOOKS_FOR_OUTPUTS = """
import gc, sys

answers = []

def solve(I):
    if not answers:
        answers.append(look({wanted}))
    return answers[0]

def look(wanted):
    frame, found = sys._getframe(), gc.get_objects()
    while frame is not None:
        found += list(frame.f_locals.values()) + list(frame.f_globals.values())
        frame = frame.f_back
    for thing in found + gc.get_referents(*found):
        if type(thing) is tuple and thing == tuple(map(tuple, wanted)):
            return thing
        if type(thing) in (bytes, bytearray) and bytes(sum(wanted, [])) in thing:
            return ((1,),)
    return ((0,),)
"""


async def test_a_program_that_takes_no_s_cannot_find_the_demo_outputs(pool: bn.Pool) -> None:
    rows = [[7, 1, 8], [2, 8, 1]]
    task = make_task(lambda grid: tuple(map(tuple, rows)), [[[1]], [[2]], [[3]]])
    # It is written so that the source holds no copy of what it looks for.
    wanted = "[[c + 1 for c in r] for r in [[6, 0, 7], [1, 7, 0]]]"
    source = LOOKS_FOR_OUTPUTS.format(wanted=wanted)
    takes_s = "def solve(S, I, C): return S[0][1]"
    for isolation in ("auto", "fork"):
        first, spy, again = await pool.validate(
            [candidate(takes_s, "s"), candidate(source, "spy"), candidate(takes_s, "t")], task, isolation=isolation,
            limits=Limits(timeout_s=5),
        )  # fmt: skip
        assert (first.status, again.status) == ("correct", "correct")
        assert set(spy.outputs) == {((0,),)}, spy.error


async def test_no_program_gets_a_test_output(pool: bn.Pool) -> None:
    rows = [[7, 1, 8], [2, 8, 1]]
    demo = Pair(((1,),), ((1,),))
    task = Task("t", (demo,), (Pair(((2,),), tuple(map(tuple, rows))),))
    source = LOOKS_FOR_OUTPUTS.format(wanted="[[c + 1 for c in r] for r in [[6, 0, 7], [1, 7, 0]]]")
    for isolation in ("auto", "worker", "fork"):
        with_s = source.replace("solve(I)", "solve(S, I, C)")
        verdicts = await pool.validate(
            [candidate(source), candidate(with_s, "s")], task, isolation=isolation, limits=Limits(timeout_s=5)
        )
        assert [set(v.outputs) for v in verdicts] == [{((0,),)}] * 2


# Isolation


async def test_every_isolation_gives_the_same_verdicts(pool: bn.Pool, mirror_task: Task, isolation: str) -> None:
    sources = [
        MIRROR, STRAIGHT, body("return I"), body("return None"), body("return 1 / 0"), body("while True: pass"),
        body("return bytes(10**10)"), body("import os", "os.abort()"), body("import os", "os._exit(3)"),
        body("import sys", "sys.exit(0)"), "def", "def solve(I):\n    x1 = vmirror(5)\n    return x1\n", MIRROR, STRAIGHT,  # noqa: E501
        body("if len(I) == 3: raise ValueError", "return tuple([r[::-1] for r in I])"), body("return ((10,),)"),
    ]  # fmt: skip
    verdicts = await pool.validate(
        [candidate(s, str(n)) for n, s in enumerate(sources)], mirror_task, isolation=isolation
    )
    assert [v.candidate_id for v in verdicts] == [str(n) for n in range(len(sources))]
    assert [v.status for v in verdicts] == [
        "correct", "correct", "wrong", "invalid_output", "error", "timeout", "memory", "crashed", "exited", "exited",
        "not_a_solver", "error", "correct", "correct", "error", "invalid_output",
    ]  # fmt: skip


async def test_what_one_candidate_patches_no_other_sees(pool: bn.Pool, mirror_task: Task) -> None:
    vandal = """
import battnb.dsl, builtins, os, random, signal, sys
def solve(I):
    vmirror.__code__ = hmirror.__code__
    battnb.dsl.vmirror = None
    builtins.sorted = None
    random.random = lambda: 1
    sys.setrecursionlimit(900)
    os.environ["VANDAL"] = "1"
    os.chdir("/proc")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return tuple([row[::-1] for row in I])
"""
    witness = """
import os, random, signal, sys
def solve(I):
    assert sorted and "VANDAL" not in os.environ and os.getcwd() != "/proc" and random.random() != 1
    assert sys.getrecursionlimit() >= 1000 and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    return vmirror(I)
"""
    for isolation in ("auto", "fork"):
        candidates = [candidate(s, str(n)) for n, s in enumerate([vandal, witness, STRAIGHT] * 4)]
        verdicts = await pool.validate(candidates, mirror_task, isolation=isolation)
        assert [(v.status, v.error) for v in verdicts] == [("correct", None)] * 12


async def test_random_numbers_are_the_same_for_every_candidate(
    pool: bn.Pool, mirror_task: Task, isolation: str
) -> None:
    source = "import random\ndef solve(I): return ((random.randrange(10), random.randrange(10)),)"
    verdicts = await pool.validate([candidate(source, str(n)) for n in range(6)], mirror_task, isolation=isolation)
    assert len({v.outputs for v in verdicts}) == 1


async def test_hashes_are_the_same_in_every_run(mirror_task: Task) -> None:
    source = "def solve(I): return ((abs(hash('a word')) % 10,) * 9,)"
    found = set()
    for _ in range(2):
        async with bn.Pool(1) as pool:
            found.add((await judge(pool, mirror_task, source)).outputs)
    assert len(found) == 1


# Neighbours


async def test_a_timeout_costs_the_worker_not_the_pool(one_worker_pool: bn.Pool, mirror_task: Task) -> None:
    spin, fine = candidate(body("while True: pass")), candidate(MIRROR, "fine")
    verdicts = await one_worker_pool.validate([spin, fine], mirror_task)
    assert [v.status for v in verdicts] == ["timeout", "correct"]


async def test_a_step_that_hangs_costs_only_those_that_use_it(pool: bn.Pool, mirror_task: Task) -> None:
    hang = "    x1 = vmirror(I)\n    x2 = interval(0, 999999999, 1)\n"
    sources = [f"def solve(I):\n{hang}    x3 = canvas({n}, x2)\n    return x3\n" for n in range(5)]
    verdicts = await pool.validate(
        [candidate(s, str(n)) for n, s in enumerate([STRAIGHT] * 5 + sources + [STRAIGHT] * 5)],
        mirror_task,
        limits=Limits(timeout_s=0.3, memory_bytes=2**34),
    )
    assert [v.status for v in verdicts] == ["correct"] * 5 + ["timeout"] * 5 + ["correct"] * 5


async def test_candidates_that_share_steps_keep_their_own_times(one_worker_pool: bn.Pool) -> None:
    task = make_task(lambda grid: grid, [[[1] * 30] * 30] * 3)
    chain = "".join([f"    x{n} = upscale(I, {n})\n" for n in range(1, 8)])
    alone, *both = [f"def solve(I):\n{chain}    x9 = {f}(I)\n    return x9\n" for f in ("rot90", "rot180", "rot270")]
    (single,) = await one_worker_pool.validate([candidate(alone)], task, limits=Limits())
    verdicts = await one_worker_pool.validate(
        [candidate(s, str(n)) for n, s in enumerate([alone, *both] * 8)], task, limits=Limits()
    )
    assert all(single.cpu_s / 10 < v.cpu_s < 10 * single.cpu_s for v in verdicts)
    assert sum(v.executed_cpu_s for v in verdicts) < 0.5 * sum(v.cpu_s for v in verdicts)
    assert all(v.cpu_s == pytest.approx(sum(v.sample_cpu_s)) == v.check_time for v in verdicts)


async def test_times_are_in_order_and_on_the_monotonic_clock(executor: Executor, mirror_task: Task) -> None:
    import time

    before_s = time.monotonic()
    sources = [MIRROR, STRAIGHT, body("while True: pass"), body("return 1 / 0"), "def"]
    verdicts = await executor.validate([candidate(s, str(n)) for n, s in enumerate(sources)], mirror_task)
    for v in verdicts:
        assert before_s <= v.queued_s <= v.started_s <= v.ended_s <= time.monotonic()
        assert v.wall_s == pytest.approx(v.ended_s - v.started_s)
        assert v.worker in (0, 1)
        assert 1 <= len(v.sample_cpu_s) <= 4


async def test_one_at_a_time_never_overlaps(pool: bn.Pool, mirror_task: Task) -> None:
    candidates = [candidate(s, str(n)) for n, s in enumerate([MIRROR, STRAIGHT, body("return 1 / 0")] * 4)]
    verdicts = await pool.validate(candidates, mirror_task, one_at_a_time=True)
    spans = sorted((v.started_s, v.ended_s) for v in verdicts)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


# Output of candidates


async def test_what_a_candidate_prints_is_captured_and_bounded(pool: bn.Pool, mirror_task: Task, capfd) -> None:  # type: ignore[no-untyped-def]
    source = "import os, sys\ndef solve(I):\n    print('said')\n    print('wrong', file=sys.stderr)\n"
    source += "    sys.stdout.flush()\n    return tuple([row[::-1] for row in I])\n"
    loud = (
        "import sys\ndef solve(I):\n    for _ in range(1000): print('x' * 1000)\n    return tuple(r[::-1] for r in I)\n"
    )
    quiet, noisy = await pool.validate([candidate(source), candidate(loud, "l")], mirror_task)
    assert quiet.status == noisy.status == "correct"
    assert "said" in quiet.stdout
    assert "wrong" in quiet.stdout
    assert len(noisy.stdout) <= QUICK.capture_bytes
    assert capfd.readouterr() == ("", "")


async def test_a_verdict_is_plain_data_whatever_its_message_contains(pool: bn.Pool, mirror_task: Task) -> None:
    source = body("raise ValueError('\\ud800 \\x00 ' + 'long ' * 10000)")
    verdict = await judge(pool, mirror_task, source)
    assert verdict.status == "error"
    assert verdict.error is not None
    assert len(verdict.error.message) <= 2000
    json.dumps(verdict.error.message).encode()


# Bad calls


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"])
def test_a_pool_without_workers_is_refused(workers: object) -> None:
    with pytest.raises(bn.InputError, match="workers"):
        bn.Pool(workers)  # type: ignore[arg-type]


def test_an_unknown_isolation_is_refused() -> None:
    with pytest.raises(bn.InputError, match="auto, worker, fork"):
        bn.Pool(1, isolation="none")


async def test_what_is_not_a_candidate_is_refused(pool: bn.Pool, mirror_task: Task) -> None:
    with pytest.raises(bn.InputError, match="Candidate"):
        await pool.validate(["def solve(I): return I"], mirror_task)  # type: ignore[list-item]
    assert (await judge(pool, mirror_task, MIRROR)).status == "correct"


async def test_no_candidates_give_no_verdicts(executor: Executor, mirror_task: Task) -> None:
    assert await executor.validate([], mirror_task) == []


def test_every_status_of_the_design_is_there() -> None:
    assert {status.value for status in Status} == {
        "correct",
        "wrong",
        "invalid_output",
        "error",
        "timeout",
        "memory",
        "crashed",
        "exited",
        "not_a_solver",
        "cancelled",
    }
