"""What the engine runs: jobs, and the sources that they come from.

The engine hands a job to a worker and tells it what became of it; it knows nothing of candidates. A source has work
left, makes jobs of it, and takes back what a job did not do. All of it is called in the engine's thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from battnb.model import AtWork, Limits
from battnb.sandbox import wire

TURN_S = 0.08
"""After this long a job begins no further candidate, so that no long one keeps others waiting behind it."""

SOLO_TURN_S = 0.24
"""The same for programs with a fork each, whose verdicts come one by one meanwhile."""

MAX_KILLS = 8
"""So often a program or step may be killed, and nobody knows by whom, until it is taken to kill itself."""

MAX_LOSSES = 10
"""So often a job's work is begun again because its worker died under it."""


class Kind(NamedTuple):
    """Which worker a job needs. sees_demo: it gets demo outputs, so nothing that may not see them is forked from it."""

    numpy: bool
    sees_demo: bool


SHARED = Kind(numpy=False, sees_demo=True)
"""The kind for straight lines and batteries' steps."""


class Job(Protocol):
    """A piece of work that a worker has. A worker answers with the ends of its forks, then with its own."""

    kind: Kind
    limits: Limits

    def message(self, number: int) -> bytes:
        """The frame for the worker."""

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> Iterator[None]:
        """A fork has ended: take in what it left, a bit a step. Raises WireError where its worker wrote nonsense."""

    def done(self, next_item: int, ended_s: float) -> None:
        """The job has ended, at ended_s (monotonic); what was not begun goes back to the source."""

    def lost(self) -> None:
        """The worker died: what it had not answered goes back to the source."""

    def at_work(self, lane: int, item: int, since_s: float) -> AtWork:
        """What a lane that is at this item has in hand. Called from any thread: it only looks."""


class Source(Protocol):
    """Work for the engine, in order."""

    def next_job(self, lanes: int) -> Job | None:
        """A job for an idle lane of so many, None where nothing waits."""

    def is_finished(self) -> bool:
        """Nothing waits and nothing runs, and none will come."""

    def fail(self, error: Exception) -> None:
        """The engine cannot go on."""
