"""Layers of the sandbox: what is missing is said, and why, on kernels that really refuse it."""

from __future__ import annotations

import pytest
from lacking import run_lacking

import battnb as bn
from battnb.sandbox.hardening import LAYERS, NAMESPACES, PRIVATE_FILES

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
