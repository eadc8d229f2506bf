"""Candidates that may get another verdict have another key."""

from __future__ import annotations

from itertools import combinations

import pytest

from battnb.database.keys import CandidateKeys, Environment
from battnb.load.dsl_files import Dsl
from battnb.model import Candidate, Limits, Task

SOURCE = "import common\ndef solve(I): return common.flip(I)\n"
APART = [
    Candidate("a", SOURCE),
    Candidate("a", SOURCE.encode()),
    Candidate("a", SOURCE, entry="solve"),
    Candidate("a", SOURCE, entry="common"),
    *[Candidate("a", SOURCE, grids=grids) for grids in ("tuple", "list", "ndarray", "transposed")],
    Candidate("a", SOURCE, prelude=True),
    Candidate("a", SOURCE, siblings={"common": ""}),
    Candidate("a", SOURCE, siblings={"common": "x = 1"}),
    Candidate("a", SOURCE, siblings={"other": "x = 1"}),
    Candidate("a", SOURCE, siblings={"common": "", "other": "x = 1"}),
    Candidate("a", SOURCE, siblings={"common": "other", "x = 1": ""}),
    Candidate("a", SOURCE, unreadable="line 1"),
    Candidate("a", SOURCE, unreadable="line 2"),
    Candidate("a", SOURCE + "\n"),
]


@pytest.fixture
def environment() -> Environment:
    return Environment(Dsl("battnb.dsl"), ("numpy", "scipy"))


def test_whatever_a_candidate_says_is_in_its_key(environment: Environment, mirror_task: Task) -> None:
    keys = CandidateKeys(environment, mirror_task, "auto", Limits())
    for one, other in combinations(APART, 2):
        assert keys.key(one) != keys.key(other), (one, other)
    again = [
        Candidate("b", c.source, c.entry, c.grids, prelude=c.prelude, siblings=dict(c.siblings)) for c in APART[:13]
    ]
    assert [keys.key(c) for c in again] == [keys.key(c) for c in APART[:13]]


@pytest.mark.parametrize(
    ("source", "siblings"),
    [
        ("def solver(grid):\n    return grid[:, ::-1]\n", {}),
        ("def flip(grid):\n    p = 3\n    return grid[:, ::-1]\n", {}),
        ("def verifying(grid): return grid.T\n", {}),
        ("def transform(grid): return grid\n", {}),
        ("class Solver:\n    def solve(self, grid): return grid\n", {}),
        ("import common\ndef solve(I): return common.flip(I)\n", {"common": "import numpy"}),
    ],
)
def test_who_may_get_arrays_has_another_key_with_another_numpy(
    mirror_task: Task, source: str, siblings: dict[str, str]
) -> None:
    keys = []
    for version in ("1", "2"):
        environment = Environment(Dsl("battnb.dsl"), ("numpy", "scipy"))
        own = environment.version
        environment.version = lambda name, v=version, own=own: v if name == "numpy" else own(name)  # type: ignore[method-assign, misc]
        keys.append(
            CandidateKeys(environment, mirror_task, "auto", Limits()).key(Candidate("a", source, siblings=siblings))
        )
    assert keys[0] != keys[1]
