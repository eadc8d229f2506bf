"""One candidate on its way to a verdict, and where it has to run: decided here, and carried with it.

Whether a program is a straight line, which may share a process, and whether it takes S, is known for sure only in its
fork. Until then this guesses from a look at its text. A wrong guess costs time only: the fork bounces the program and
says why, and from then on that counts. Whether S was in sight of it is no guess, and nothing that a fork says: it
follows from where the program ran (Work.saw_s), and is carried into its verdict.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from battnb.load.aliases import PRELUDE
from battnb.model import Candidate
from battnb.sandbox.parent.judge import NEVER_RAN, Ending, Judge
from battnb.sandbox.parent.lanes import SHARED, Kind
from battnb.sandbox.parent.preloads import NUMPY, preload_for, preload_of
from battnb.sandbox.wire import KEPT, SOLO, TOGETHER, Bounce

MAX_BOUNCES = 3
_STRAIGHT = re.compile(
    r"(?:(?:from [\w.]+ import \*|import [\w.]+)?\s*\n)*+"
    r"def solve\w*\([\w, ]*\):[ ]*\n(?:[ \t]+\w+ = \w+\([\w, -]*\)\s*\n)*+[ \t]+return \w+\s*"
)
_FIRST_OF_THREE = re.compile(r"def solve\w*\([ \t]*(\w+)[ \t]*,")
_NOT_STRAIGHT = re.compile("[\\[{.+*/%<>#'\"]")
# Possessive and bounded, so that no source can make the search slow.
_PARAMETER = r"\w++[^,()\n]{0,100}+"
_TAKES_S = (
    rf"^(?:def ++NAME *+\( *+{_PARAMETER}, *+{_PARAMETER}, *+{_PARAMETER}\)"
    r"|NAME *+= *+lambda *+\w++ *+, *+\w++ *+, *+\w++ *+:)"
)
_WORD = re.compile(r"\w+")
_TAKEN_FOR_GRANTED = frozenset(PRELUDE)
_PRELOAD_OF = {name: found for name, (module, _) in PRELUDE.items() if (found := preload_of(module))}


class Route(NamedTuple):
    """Where works run. how: wire.KEPT or TOGETHER, where they share a process, or wire.SOLO. kind: of the worker."""

    how: int
    kind: Kind

    @property
    def is_shared(self) -> bool:
        return self.how != SOLO


STRAIGHT = Route(KEPT, SHARED)


class Work:
    """One candidate on one task, on its way to a verdict. Class attributes are what most works never change.

    alone: it must have a fork of its own. takes_s: None until a fork has said so. saw_s: whether the demo pairs were in
    sight of it where it ran. needs_numpy: a fork has said so. cpu_s, outcomes: what is known of its first samples. ran:
    its last record. ending, lost_cpu_s: what ended it after those, and the CPU time that this took.
    """

    alone = False
    takes_s: bool | None = None
    needs_numpy = False
    saw_s = False
    losses = kills = bounces = 0
    has_rerun = False
    ending: Ending | None = None
    lost_cpu_s: tuple[float, ...] = ()
    cpu_s: tuple[float, ...] = ()
    outcomes = b""
    ran = NEVER_RAN
    stdout = ""
    started_s = executed_s = 0.0

    def __init__(self, index: int, candidate: Candidate, judge: Judge, queued_s: float) -> None:
        self.index = index
        self.candidate = candidate
        self.judge = judge
        self.queued_s = queued_s
        self.samples = len(judge.inputs)

    def route(self, isolation: str) -> Route:
        """Where it has to run now, as far as is known. isolation: see Pool."""
        route = self._route(isolation)
        # The fork for straight lines has S, and calls only what the steps say. What it gave before it runs on counts.
        now_sees = route.kind.sees_demo and (route is not STRAIGHT or _mentions_s(_text(self.candidate)))
        self.saw_s = now_sees or (self.saw_s and self.outcomes != b"")
        return route

    def _route(self, isolation: str) -> Route:
        alone = self.alone or isolation == "fork"
        if not (alone or self.bounces) and _may_be_straight(self.candidate):
            return STRAIGHT
        preload = _preload(self.candidate, self.needs_numpy)
        if not alone and isolation == "worker":
            return Route(TOGETHER, Kind(preload, True))
        return Route(SOLO, Kind(preload, _may_take_s(self.candidate) if self.takes_s is None else self.takes_s))

    @property
    def size(self) -> int:
        """How long its texts are."""
        siblings = self.candidate.siblings
        return len(self.candidate.source) + (sum(map(len, siblings.values())) if siblings else 0)

    def item(self, task: int, preload: int) -> tuple[object, ...]:
        """What a fork is told about it: trial.Item. A straight line needs only the first four.

        task: the number of its task in the job. preload: what is loaded where it is sent.
        """
        candidate = self.candidate
        said = (candidate.source, candidate.entry, candidate.grids, task, candidate.prelude, preload >= NUMPY)
        return (*said, dict(candidate.siblings)) if candidate.siblings else said

    def bounce(self, why: Bounce) -> bool:
        """Take in where a fork said that it has to run. False if it has bounced too often to be believed."""
        if self.cpu_s or self.bounces >= MAX_BOUNCES:
            return False
        self.restart()
        self.bounces += 1
        if why is Bounce.NEEDS_NUMPY:
            self.needs_numpy = True
        elif why is not Bounce.APART:
            self.takes_s, self.alone = why is Bounce.NEEDS_S, True
        return True

    def restart(self) -> None:
        """Forget what was reached: it runs again from its first sample."""
        self.cpu_s, self.outcomes, self.ran, self.stdout = (), b"", NEVER_RAN, ""
        self.started_s = self.executed_s = 0.0


def _may_be_straight(candidate: Candidate) -> bool:
    source = candidate.source
    if candidate.grids is not None or candidate.siblings or not isinstance(source, str) or source.count(":") != 1:
        return False
    if candidate.prelude and not _TAKEN_FOR_GRANTED.isdisjoint(_WORD.findall(source)):
        return False
    if "import" in source:
        return _STRAIGHT.fullmatch(source) is not None
    return "def solve" in source and _NOT_STRAIGHT.search(source) is None


def _preload(candidate: Candidate, needs_numpy: bool) -> int:
    """The set of modules that it may use, as far as its texts tell."""
    text = _text(candidate)
    found = preload_for(text, candidate.siblings.values())
    if needs_numpy or candidate.grids in ("ndarray", "transposed"):
        found = max(found, NUMPY)
    if candidate.prelude:
        found = max([found, *[_PRELOAD_OF[name] for name in _PRELOAD_OF.keys() & _WORD.findall(text)]])
    return found


def _mentions_s(straight: str) -> bool:
    """Does a straight line use the first of three parameters?"""
    header = _FIRST_OF_THREE.search(straight)
    if header is None or straight.find(header[1], header.end()) < 0:
        return False
    return re.compile(rf"\b{header[1]}\b").search(straight, header.end()) is not None


def _may_take_s(candidate: Candidate) -> bool:
    entry = candidate.entry
    name = re.escape(entry) if entry is not None and entry.isidentifier() else "solve"
    return re.search(_TAKES_S.replace("NAME", name), _text(candidate), re.MULTILINE) is not None


def _text(candidate: Candidate) -> str:
    """Its source, as far as a search needs it: bytes may be in any encoding."""
    source = candidate.source
    return source if isinstance(source, str) else source.decode("latin-1")
