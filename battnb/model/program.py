"""Straight-line programs: steps that use earlier steps."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Ref(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value of an earlier step, by its index."""

    step: int

    @property
    def used(self) -> Sequence[int]:
        """The steps that this argument needs."""
        return (self.step,)


class Code(msgspec.Struct, frozen=True, gc=False, tag=True):
    """An argument as text: a constant, S, I, C, a name of the DSL, a lambda, or a tuple.

    text: a Python expression. refs: the names in it that stand for earlier steps, with the indexes of these steps.
    """

    text: str
    refs: tuple[tuple[str, int], ...] = ()

    @property
    def used(self) -> Sequence[int]:
        """The steps that this argument needs."""
        return [step for _, step in self.refs] if self.refs else ()


Arg = Ref | Code


class Step(msgspec.Struct, frozen=True, gc=False):
    """One call of a straight-line program: func(*args, **kwargs)."""

    func: Arg
    args: tuple[Arg, ...]
    kwargs: tuple[tuple[str, Arg], ...] = ()

    @property
    def parts(self) -> tuple[Arg, ...]:
        """The parts of the step: its function, its arguments, and the values of its keywords."""
        if not self.kwargs:
            return (self.func, *self.args)
        return (self.func, *self.args, *[arg for _, arg in self.kwargs])

    @property
    def used(self) -> list[int]:
        """The earlier steps that it needs."""
        return [step for part in self.parts for step in part.used]


class Program(msgspec.Struct, frozen=True):
    """A straight-line program: steps, each using only earlier ones, and what it returns."""

    steps: tuple[Step, ...]
    output: Arg
