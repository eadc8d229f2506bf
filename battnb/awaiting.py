"""Async functions that tell the user when an await was forgotten, instead of showing a coroutine's address."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

from battnb.errors import NotAwaited

P = ParamSpec("P")
T = TypeVar("T")


class Unawaited(Coroutine[Any, Any, T], Generic[T]):
    """What an async function returns: in every way a coroutine, which begins when it is awaited.

    Until then its repr, and the error for any attribute, is a sentence that says what to do.
    """

    def __init__(self, call: str, advice: str, make: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._sentence = f"{call} has not begun: write `await {call}`{advice}"
        self._make = make
        self._coroutine: Coroutine[Any, Any, T] | None = None
        self._is_told = False

    def _begun(self) -> Coroutine[Any, Any, T]:
        if self._coroutine is None:
            self._is_told = True  # if making it raises TypeError, that says enough
            self._coroutine = self._make()
        return self._coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        return self._begun().__await__()

    def send(self, value: Any) -> Any:
        return self._begun().send(value)

    def throw(self, *error: Any) -> Any:
        return self._begun().throw(*error)

    def close(self) -> None:
        self._is_told = True
        if self._coroutine is not None:
            self._coroutine.close()

    def __repr__(self) -> str:
        self._is_told = True
        return self._sentence

    def __getattr__(self, name: str) -> NoReturn:
        # IPython, copy and pickle ask for names with underscores, and understand AttributeError as "no".
        if name.startswith("_"):
            raise AttributeError(name)
        self._is_told = True
        raise NotAwaited(self._sentence)

    def __del__(self) -> None:
        if self.__dict__.get("_coroutine") is None and not self.__dict__.get("_is_told", True):
            warnings.warn(self._sentence, RuntimeWarning, stacklevel=2)


def says_when_not_awaited(
    call: str, advice: str = ""
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Unawaited[T]]]:
    """Decorate an async function. call: how it is called in a cell. advice: what the user can do instead."""

    def decorate(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Unawaited[T]]:
        @functools.wraps(function)
        def begin(*args: P.args, **kwargs: P.kwargs) -> Unawaited[T]:
            return Unawaited(call, advice, lambda: function(*args, **kwargs))

        return begin

    return decorate


def as_parameters_of(like: Callable[P, object]) -> Callable[[Callable[..., T]], Callable[P, T]]:
    """Decorate a function that passes all its arguments on to another one: it takes and shows that one's parameters."""

    def decorate(function: Callable[..., T]) -> Callable[P, T]:
        own = inspect.signature(function)
        shown = inspect.signature(like).replace(return_annotation=own.return_annotation)

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                shown.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}() {error}") from None
            return function(*args, **kwargs)

        checked.__signature__ = shown  # type: ignore[attr-defined]
        return checked

    return decorate
