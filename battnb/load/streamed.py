"""Programs that are not held in memory, but read each time they are asked for: there may be a million."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import overload

import msgspec

from battnb.model import Battery, Candidate


class StreamedPrograms(Sequence[Candidate]):
    """A sequence of programs that is read from somewhere. To read many of them, iterate or call at()."""

    @abstractmethod
    def at(self, numbers: Sequence[int]) -> Iterator[Candidate]:
        """The programs with these numbers, from 0, which must grow; all are read in one pass."""

    def __iter__(self) -> Iterator[Candidate]:
        return self.at(range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | Sequence[Candidate]:
        wanted = range(len(self))[index]
        if isinstance(wanted, int):
            return next(self.at([wanted]))
        return tuple(self.at(wanted)) if wanted.step > 0 else tuple(self.at(wanted[::-1]))[::-1]


class ChangedPrograms(StreamedPrograms):
    """Other streamed programs, each changed when it is read."""

    def __init__(self, programs: StreamedPrograms, change: Callable[[Candidate], Candidate]) -> None:
        self._programs, self._change = programs, change

    def __len__(self) -> int:
        return len(self._programs)

    def at(self, numbers: Sequence[int]) -> Iterator[Candidate]:
        return map(self._change, self._programs.at(numbers))


def programs_at(programs: Sequence[Candidate], numbers: Sequence[int]) -> tuple[Candidate, ...]:
    """The programs with these numbers, which must grow."""
    if isinstance(programs, StreamedPrograms):
        return tuple(programs.at(numbers))
    return tuple([programs[number] for number in numbers])


def changed(battery: Battery, change: Callable[[Candidate], Candidate]) -> Battery:
    """The battery with each of its programs changed. Streamed ones are changed when they are read."""
    programs = battery.programs
    if isinstance(programs, StreamedPrograms):
        return msgspec.structs.replace(battery, programs=ChangedPrograms(programs, change))
    return msgspec.structs.replace(battery, programs=tuple(map(change, programs)))
