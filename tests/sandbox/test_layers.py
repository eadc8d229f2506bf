"""Layers of the sandbox: the pool says which are missing and why, on kernels that really refuse them."""

from __future__ import annotations

import os
import re

import pytest
from lacking import run_lacking

import battnb as bn
from battnb.cli import main as cli
from battnb.sandbox.inside.hardening import (
    CAPABILITIES,
    ENVIRONMENT,
    FILES,
    LAYERS,
    NAMESPACES,
    PRIVATE_FILES,
    PROCESSES,
    SIGNALS,
    SYSTEM_CALLS,
)
from battnb.sandbox.parent.nurseries import layers_called

LAYERS_THERE = """
with bn.Pool(1) as pool:
    print(json.dumps(pool.layers))
"""

REFUSES = """
with bn.Pool(1, require={require!r}) as pool:
    try:
        pool.wait_ready()
        print(json.dumps("it started"))
    except bn.SandboxError as error:
        print(json.dumps(str(error)))
"""


def test_every_layer_is_there_or_told_with_the_reason(pool: bn.Pool) -> None:
    assert list(pool.layers) == list(LAYERS)
    assert all(reason is None or reason for reason in pool.layers.values())


def test_the_command_line_prints_every_layer(pool: bn.Pool, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sandbox"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(LAYERS)
    for line, (layer, reason) in zip(lines, pool.layers.items(), strict=True):
        assert line == (f"active   {layer}" if reason is None else f"missing  {layer}: {reason}")


@pytest.mark.parametrize("layer", ["namespaces", "private files", "landlock", "seccomp"])
def test_a_layer_that_the_kernel_refuses_is_missing_and_the_others_stay(layer: str, pool: bn.Pool) -> None:
    layers = run_lacking(layer, code=LAYERS_THERE)
    lost = {name: reason for name, reason in layers.items() if reason is not None and pool.layers[name] is None}
    assert any(reason is not None and layer in name.lower() for name, reason in layers.items())
    assert len(lost) <= 2
    assert "Success" not in "".join(lost.values())


def test_private_files_that_cannot_be_mounted_are_told(pool: bn.Pool) -> None:
    if pool.layers[NAMESPACES] is not None:
        pytest.skip("there are no namespaces to mount in")
    assert run_lacking("private files", code=LAYERS_THERE)[PRIVATE_FILES] == "mount: Operation not permitted"
    assert run_lacking("namespaces", code=LAYERS_THERE)[PRIVATE_FILES] == "it takes a mount namespace"


def test_a_pool_that_requires_what_cannot_be_had_does_not_start() -> None:
    said = run_lacking("private files", code=REFUSES.format(require=[PRIVATE_FILES]))
    assert "the sandbox has no private files (tmpfs) here" in said
    assert run_lacking("private files", code=REFUSES.format(require=["resource limits"])) == "it started"


# Names


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        *[(layer, [layer]) for layer in LAYERS],
        ("seccomp", [SYSTEM_CALLS]), ("system calls", [SYSTEM_CALLS]), ("SecComp", [SYSTEM_CALLS]),
        ("landlock", [FILES, SIGNALS]), ("FILES", [FILES]), ("files (landlock)", [FILES]),
        ("signals", [SIGNALS]), ("sockets", [SIGNALS]), ("Namespaces", [NAMESPACES]), ("namespace", [NAMESPACES]),
        ("private files", [PRIVATE_FILES]), ("tmpfs", [PRIVATE_FILES]), ("private", [PRIVATE_FILES]),
        ("capabilities", [CAPABILITIES]), ("  no   capabilities ", [CAPABILITIES]), ("environment", [ENVIRONMENT]),
    ],
)  # fmt: skip
def test_a_layer_has_short_names(name: str, layers: list[str]) -> None:
    assert layers_called([name]) == layers_called(name) == tuple(layers)


@pytest.mark.parametrize("name", ["no", "ghosts", "", " ", "file system", "(landlock)", None, 3])
def test_a_name_of_none_or_of_several_layers_is_one_sentence_with_the_choices(name: object) -> None:
    choices = ["no new privileges", "no capabilities"] if name == "no" else LAYERS
    with pytest.raises(bn.InputError, match=rf"^require names {re.escape(repr(name))}, .*; (choose|give)") as caught:
        bn.Pool(1, require=["landlock", name])  # type: ignore[list-item]
    assert all(choice in str(caught.value) for choice in choices)


async def test_a_pool_that_requires_by_short_names_starts_where_they_are_there(pool: bn.Pool) -> None:
    there = [layer for layer, reason in pool.layers.items() if reason is None]
    async with bn.Pool(1, require=[layer.partition(" (")[0].upper() for layer in there]) as made:
        await made.ready()


def test_a_short_name_of_what_is_missing_names_the_layer() -> None:
    said = run_lacking("seccomp", code=REFUSES.format(require=["Seccomp"]))
    assert said.startswith("the sandbox has no system calls (seccomp) here (prctl: ")


# Private files


WRITES = """
from making import MIRROR, candidate, make_task
source = "def solve(I):\\n    open('mine', 'w').write('x')\\n    assert open('mine').read() == 'x'\\n    return I\\n"
task = make_task(lambda grid: grid, [[[1]], [[2]]])
with bn.Pool(1) as pool:
    verdicts = asyncio.run(pool.validate([bn.Candidate("w", source)], task))
print(json.dumps([str(v.status) for v in verdicts] + sorted(os.listdir(os.environ["TMPDIR"]))))
"""


def test_without_private_files_candidates_still_write_and_leave_nothing() -> None:
    assert run_lacking("private files", code=WRITES) == ["correct"]


# Processes, if there is no seccomp to refuse them


MAKES_PROCESSES = """
from leaks import Newcomers, is_running, wait_until
from making import MIRROR, STRAIGHT, body, make_task

FORKS = ["import os, time", "for _ in range(8):", "    if os.fork() == 0: time.sleep(60)"]
SOURCES = {
    "bomb": body("import os", "while True:", "    try: os.fork()", "    except OSError: pass"),
    "one after the other": body("import os, time", "while True:", "    if os.fork() == 0: time.sleep(60)"),
    "leaves some": body(*FORKS, "return tuple([row[::-1] for row in I])"),
}
REST = 8  # guardian, nursery, and in each of two lanes two kinds of worker and a kept fork
task = make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4]]])
mine = Newcomers()
found = {"most": 0, "hostile": {}, "honest": []}
with bn.Pool(2, bn.Limits(timeout_s=0.3, idle_s=0.5, wall_s=10)) as pool:
    found["layers"] = pool.layers
    for name in NAMES:
        candidates = [bn.Candidate(name, SOURCES[name]), bn.Candidate("m", MIRROR), bn.Candidate("s", STRAIGHT)] * 2
        ended = [(str(v.status), v.error and v.error.type) for v in asyncio.run(pool.validate(candidates, task))]
        found["most"] = max(found["most"], len(mine.all()))
        found["hostile"][name] = [*ended[::3]]
        found["honest"] += [*ended[1::3], *ended[2::3]]
        assert wait_until(lambda: len(mine.all()) <= REST), f"{name} leaves {len(mine.all())}"
    below = mine.all()
found["alive"] = [pid for pid in below if is_running(pid)]
print(json.dumps(found))
"""


def test_without_seccomp_processes_are_bounded_and_end_with_the_fork_that_made_them() -> None:
    names = ["bomb", "one after the other", "leaves some"]
    found = run_lacking("seccomp", code=f"NAMES = {names}\n{MAKES_PROCESSES}", ordinary=True)
    if found["layers"][NAMESPACES] is not None:
        pytest.skip("there are no namespaces for ordinary users")
    assert found["layers"][SYSTEM_CALLS] is not None
    assert found["layers"][PROCESSES] is None
    hostile = found["hostile"]
    assert {status for status, _ in hostile["bomb"]} <= {"error", "timeout"}  # whichever limit it meets first
    assert {tuple(end) for end in hostile["one after the other"]} <= {
        ("error", "BlockingIOError"),
        ("error", "threads"),
    }
    assert {status for status, _ in hostile["leaves some"]} == {"correct"}
    assert {status for status, _ in found["honest"]} == {"correct"}
    assert found["most"] < 100 + 32 * (os.cpu_count() or 1)
    assert found["alive"] == []


@pytest.mark.parametrize("layers", [("seccomp",), ("seccomp", "namespaces")])
def test_where_nothing_bounds_processes_the_report_says_so_and_they_end_all_the_same(layers: tuple[str, ...]) -> None:
    found = run_lacking(*layers, code=f"NAMES = ['leaves some']\n{MAKES_PROCESSES}")
    if "namespaces" in layers or os.getuid() == 0:
        assert "nothing bounds them: RLIMIT_NPROC" in found["layers"][PROCESSES]
    assert {status for status, _ in found["hostile"]["leaves some"] + found["honest"]} == {"correct"}
    assert found["alive"] == []
