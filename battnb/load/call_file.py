"""Compare a battery with the file of calls beside it, <name>_call.py. The battery counts; what differs is a warning.

The file holds `t_call = {5: 'f, t4, ONE', ...}`. A call may also be written `'f(t4, ONE)'` or `('f', 't4', 'ONE')`, and
be wrapped in `HintValue(hint=..., value=...)`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from battnb.errors import BatteryError, BatteryWarning
from battnb.load.pure import UNREADABLE, parse_expression, parse_file, read_bytes


def compare_calls(path: Path, calls: Mapping[str, ast.expr]) -> None:
    """Warn of the first step that is another one in the file of calls, and of a file that cannot be read.

    calls: those of the battery, by the names of their steps.
    """
    if not path.is_file():
        return
    try:
        differing = [text for number, call in _read_calls(path) if (text := _difference(number, call, calls))]
    except BatteryError as error:
        _warn(str(error))
    except ValueError as error:
        _warn(f"{path} holds no t_call that can be read: {error}")
    else:
        more = f", and {len(differing) - 1} more differ" if len(differing) > 1 else ""
        if differing:
            _warn(f"{path}: {differing[0]}{more}")


def _warn(text: str) -> None:
    warnings.warn(f"{text}; the battery counts", BatteryWarning, stacklevel=2)


def _difference(number: int, call: str, calls: Mapping[str, ast.expr]) -> str | None:
    step = f"t{number}"
    if step not in calls:
        return f"has step {step}, which the battery does not have"
    wanted, parts = ast.unparse(calls[step]), list(ast.iter_child_nodes(calls[step]))
    if call in (wanted, ", ".join(map(ast.unparse, parts))):
        return None
    func, _, arguments = call.partition(",")
    if wanted in (_plain(f"({func})({arguments})"), _plain(call)):
        return None
    return f"step {step} is {call!r}, but {wanted!r} in the battery"


def _plain(text: str) -> str | None:
    try:
        return ast.unparse(parse_expression(text.strip()))
    except UNREADABLE:
        return None


def _read_calls(path: Path) -> Iterator[tuple[int, str]]:
    """The calls in the file by the numbers of their steps. Raises BatteryError or ValueError if there are none."""
    for node in parse_file(path, read_bytes(path)).body:
        if isinstance(node, ast.Assign) and "t_call" in [ast.unparse(target) for target in node.targets]:
            if not isinstance(node.value, ast.Dict) or None in node.value.keys:
                raise ValueError("it is not a dict of calls")
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                assert key is not None
                yield _number(ast.literal_eval(key)), _call(ast.literal_eval(_unwrapped(value)))
            return
    raise BatteryError(f"{path} holds no t_call = {{n: 'f, a, b'}}")


def _number(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is not the number of a step")
    return value


def _call(value: object) -> str:
    parts = value if isinstance(value, tuple | list) else [value]
    if not all([isinstance(part, str) for part in parts]):
        raise ValueError(f"{value!r} is not a call")
    return ", ".join(map(str.strip, parts))


def _unwrapped(value: ast.expr) -> ast.expr:
    """What HintValue(hint=..., value=...) wraps; the value itself if it is not wrapped."""
    if not isinstance(value, ast.Call):
        return value
    named = [keyword.value for keyword in value.keywords if keyword.arg == "value"]
    return [*named, *value.args[1:2], value][0]
