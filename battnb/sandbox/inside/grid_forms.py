"""What a program wants its grids as: as it says itself, by how it uses them, or by whether it uses numpy.

No code of the program's runs for this: only what is of exactly a known type is looked at.
"""

from __future__ import annotations

import re
import sys
from abc import ABCMeta
from collections.abc import Mapping, MutableSequence, Sequence
from types import CodeType, FunctionType, GenericAlias, UnionType
from typing import Any, List, Optional, Tuple  # noqa: UP035  (as programs annotate)

from battnb.load.entry import inner_function
from battnb.sandbox.inside.bytecode import all_codes
from battnb.sandbox.inside.grid_uses import form_by_use

_CLASSES = {list: "list", tuple: "tuple", Sequence: "list", MutableSequence: "list"}
_WORDS = {
    "list": "list", "List": "list", "Sequence": "list", "MutableSequence": "list", "tuple": "tuple", "Tuple": "tuple",
    "ndarray": "ndarray", "NDArray": "ndarray",
}  # fmt: skip
_WORD = re.compile(r"\w+")
MAX_DEPTH = 4
_GENERIC = (GenericAlias, type(List[int]), type(List), type(Tuple))  # noqa: UP006
_UNIONS = (UnionType, type(Optional[int]))  # noqa: UP045


def form_of(function: Any, namespace: Mapping[str, Any]) -> tuple[str, bool]:
    """What a program wants its grids as, "tuple", "list", "ndarray" or "" if unknown, and whether it says so itself.

    function: its solver. namespace: its globals.
    """
    inner, first = inner_function(function)
    if inner is not None and inner.__code__.co_argcount > first:
        parameter = inner.__code__.co_varnames[first]
        annotation = dict.get(inner.__annotations__, parameter)
        said = annotation is not None and _by_annotation(annotation, namespace)
        if said:
            return said, True
        return form_by_use(inner.__code__, parameter) or "", False
    return "", False


def _by_annotation(annotation: Any, namespace: Mapping[str, Any], depth: int = 0) -> str | None:
    kind = type(annotation)
    if kind is str:
        return _by_text(annotation, namespace, depth)
    if kind in _GENERIC:
        return _by_annotation(annotation.__origin__, namespace, depth + 1) if depth < MAX_DEPTH else None
    if kind in _UNIONS:
        said = {_by_annotation(part, namespace, depth) for part in annotation.__args__ if part is not type(None)}
        return said.pop() if len(said) == 1 else None
    if annotation is _ndarray():
        return "ndarray"
    return _CLASSES.get(annotation) if kind in (type, ABCMeta) else None


def _by_text(text: str, namespace: Mapping[str, Any], depth: int) -> str | None:
    """By the first word that says something: of the text of an annotation that was never evaluated."""
    if depth > MAX_DEPTH or "|" in text or "Union" in text:
        return None
    for word in _WORD.findall(text):
        said = _WORDS.get(word) or (word in namespace and _by_annotation(namespace[word], namespace, depth + 1))
        if said:
            return said
    return None


def mentions_numpy(code: CodeType) -> bool:
    """Does a program import numpy anywhere?"""
    return any([_is_of_numpy(name) for one in all_codes(code) for name in one.co_names])


def has_numpy(namespace: Mapping[str, Any]) -> bool:
    """Is numpy among its globals, or one of its functions or classes? Modules beside it may have given it that."""
    numpy = sys.modules.get("numpy")
    for value in list(namespace.values()) if numpy is not None else ():
        if value is numpy or (type(value) in (type, FunctionType) and _is_of_numpy(value.__module__)):
            return True
    return False


def _is_of_numpy(module: Any) -> bool:
    return type(module) is str and (module == "numpy" or module.startswith("numpy."))


def _ndarray() -> Any:
    numpy = sys.modules.get("numpy")
    return None if numpy is None else numpy.ndarray
