"""Straight-line programs run with their steps shared: on one task, equal steps run once a sample.

A program that is not of the pattern of lines.py is not read (None), and runs as ordinary Python instead.

Nodes are numbered in the order in which they were first seen: 0 to 2 are I, S and C, then constants and calls. A call's
arguments have lower numbers than the call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from time import process_time
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple

from battnb.sandbox import wire
from battnb.sandbox.board import Board
from battnb.sandbox.lines import BLANK, LINES, S_NODE, is_skipped, read_header, read_line
from battnb.sandbox.output import encode_output

_MISSING = object()
_CONSTANTS = {"True": True, "False": False, "None": None}
_FIXED = (int, bool, float, str, type(None), FunctionType, BuiltinFunctionType)
_NO_END = ("step", "a step that it uses did not end")
Call = tuple[int, tuple[int, ...], tuple[tuple[str, int], ...]]
"""Nodes: a function, its arguments, its keywords' values."""


class Straight(NamedTuple):
    """A program as nodes of the shared graph, one a line that is not empty from line `first` of its source on."""

    entry: str
    nodes: list[int]
    output: int
    source: str
    first: int

    def line(self, place: int) -> int:
        """The line of the node at this place in nodes."""
        lines = enumerate(self.source.split("\n")[self.first - 1 :], self.first)
        return [number for number, text in lines if text.strip(BLANK)][place]


class Failed(NamedTuple):
    """Why a node has no value on a sample."""

    kind: int
    type: str
    message: str


class SharedSteps:
    """The steps of many programs over one task's samples.

    names: the DSL's names. samples: (I, C) each, as plain values. make_s: gives S, which few programs look at.
    only_fixed: a step whose value somebody could change counts as failed, with the kind BOUNCED, as one does that would
    end its process.
    """

    def __init__(
        self,
        names: dict[str, Any],
        modules: Collection[str],
        samples: Sequence[tuple[Any, Any]],
        make_s: Callable[[], Any],
        only_fixed: bool = False,
    ) -> None:
        self._names = names
        self._only_fixed = only_fixed
        self.had_no_memory = False
        self._modules = modules
        self.sample_count = len(samples)
        self.spent_s = 0.0
        self._make_s: Callable[[], Any] | None = make_s
        self._given: list[Any] = [_MISSING] * 3
        self._values: list[list[Any]] = [[grid, None, compared] for grid, compared in samples]
        self._costs: list[list[float]] = [[0.0, 0.0, 0.0] for _ in samples]
        self._failed: list[dict[int, Failed]] = [{} for _ in samples]
        self._twins: list[dict[object, int]] | None = None
        self._calls: list[Call | None] = [None] * 3
        self._nodes: dict[Any, int] = {}
        self._whole: list[bool] = [True, True, True]
        self._encoded: dict[int, bytes] = {}

    @property
    def value_count(self) -> int:
        """Values that are kept here, or have a place to be kept."""
        return len(self._calls) * self.sample_count

    # Reading

    def read(self, source: str) -> Straight | None:
        """The program as nodes, or None where it is not of the pattern, or uses a name that is not there."""
        lines = source.split("\n")
        at = 0
        while at < len(lines) and is_skipped(lines[at], self._modules):
            at += 1
        header = read_header(lines[at]) if at < len(lines) else None
        if header is None:
            return None
        if self._make_s is not None and S_NODE in header.parameters.values():
            self._put_s()
        known = dict(header.parameters)
        nodes: list[int] = []
        seen, names, ids, output, indent = LINES, self._names, self._nodes, -1, None
        for text in lines[at + 1 :]:
            line = seen[text] if text in seen else read_line(text)
            if line is None or output >= 0:
                if text.strip(BLANK):
                    return None
                continue
            own_indent, target, tokens = line
            if own_indent != indent:
                if indent is not None:
                    return None
                indent = own_indent
            if not target:
                output = known.get(tokens[0], -1)
                if output < 0:
                    return None
                continue
            if target in names:
                return None
            # Names of the program win over the DSL's.
            key = tuple([known[t] if t in known else ids[t] if t in ids else self._leaf(t) for t in tokens])
            node = ids[key] if key in ids else self._new_call(key)
            if node < 0:
                return None
            known[target] = node
            nodes.append(node)
        return Straight(header.entry, nodes, output, source, at + 2) if output >= 0 else None

    def _new_call(self, key: tuple[int, ...]) -> int:
        """The node of a call, -1 where it uses a name that is not there."""
        return -1 if min(key) < 0 else self._add(key, (key[0], key[1:], ()))

    def _leaf(self, token: str) -> int:
        if token in self._nodes:
            return self._nodes[token]
        if token in self._names:
            return self._add_value(token, self._names[token])
        if token in _CONSTANTS:
            return self._add_value(token, _CONSTANTS[token])
        digits = token.removeprefix("-")
        if digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0") and len(digits) < 1000:
            return self._add_value(token, int(token))
        return -1

    # Building a graph from steps

    def constant(self, text: str) -> int:
        """The node of an argument that is written out: a name, S, I, C, a constant or a lambda of DSL names."""
        if text == "S" and self._make_s is not None:
            self._put_s()
        if text in ("I", "S", "C"):
            return "ISC".index(text)
        node = self._leaf(text)
        return node if node >= 0 else self._evaluated(text)

    def _evaluated(self, text: str) -> int:
        try:
            value = eval(text, {"__builtins__": {}, **self._names})
        except Exception as error:
            return self._without_value(("text", text), Failed(wire.ERROR, type(error).__name__, str(error)))
        return self._add_value(text, value)

    def call(self, func: int, args: tuple[int, ...], kwargs: tuple[tuple[str, int], ...] = ()) -> int:
        """The node of a call, the same for the same call."""
        key = (func, *args, kwargs) if kwargs else (func, *args)
        node = self._nodes.get(key, -1)
        return node if node >= 0 else self._add(key, (func, args, kwargs))

    def broken(self, step: int, kind: int) -> int:
        """A node for a step of a battery that could not even be made."""
        return self._without_value(("step", step), Failed(kind, *_NO_END))

    def given(self, step: int, grids: Sequence[Any]) -> int:
        """A node for a step of a battery whose grid on each sample is known, None where it has none there.

        From now on calls with the very same values run once.
        """
        self._twins = self._twins or [{} for _ in self._values]
        node = self._add(("step", step), None)
        self._make_room()
        for sample, grid in enumerate(grids):
            if grid is None:
                self._failed[sample][node] = Failed(wire.INVALID, "step", "a step that it uses gave no grid")
            else:
                self._values[sample][node] = grid
        return node

    def cone(self, node: int) -> list[int]:
        """The calls that must run for a node to have a value, in an order in which they can."""
        found: set[int] = set()
        stack = [node]
        while stack:
            at = stack.pop()
            call = self._calls[at]
            if call is None or at in found:
                continue
            found.add(at)
            func, args, kwargs = call
            stack += (func, *args, *[value for _, value in kwargs])
        return sorted(found) or [node]

    def _put_s(self) -> None:
        if self._make_s is not None:
            value, self._make_s = self._make_s(), None
            for values in self._values:
                values[S_NODE] = value

    def _add_value(self, key: Any, value: Any) -> int:
        node = self._add(key, None)
        self._whole[node] = True
        self._given[node] = value
        return node

    def _without_value(self, key: Any, why: Failed) -> int:
        node = self._add(key, None)
        for failed in self._failed:
            failed[node] = why
        return node

    def _add(self, key: Any, call: Call | None) -> int:
        node = self._nodes[key] = len(self._calls)
        self._calls.append(call)
        self._whole.append(False)
        self._given.append(_MISSING)
        return node

    def _make_room(self) -> None:
        """A place on each sample for what was added since: in bulk, since steps are many and samples few."""
        added = self._given[len(self._values[0]) :]
        for values, costs in zip(self._values, self._costs, strict=True):
            values += added
            costs += [0.0] * len(added)

    # Running

    def fail(self, node: int, sample: int, cpu_s: float, kind: int = wire.TIMED_OUT) -> None:
        """Remember that a node came to nothing on a sample, so that none runs it there again."""
        self._make_room()
        self._failed[sample][node] = Failed(kind, *_NO_END)
        self._costs[sample][node] = cpu_s

    def forget(self, sample: int) -> None:
        """Forget what calls gave on a sample: no more is asked of it."""
        given = self._given[: len(self._values[sample])]
        self._values[sample] = given
        if self._twins is not None:
            self._twins[sample].clear()

    def evaluate(
        self,
        nodes: Sequence[int],
        sample: int,
        board: Board,
        item: int,
        places: Sequence[int] | None = None,
        stride: int = 0,
    ) -> tuple[int, Failed] | None:
        """Run those of `nodes` that have not run on a sample yet; stop at the first that has no value.

        places: what the board shall say of each; None for its index. stride: how much further than `item` the board's
        item is for each. Returns the place of the one that stopped it and why, None where all have values.
        """
        if len(self._values[sample]) < len(self._calls):
            self._make_room()
        values, costs, failed = self._values[sample], self._costs[sample], self._failed[sample]
        twins = self._twins[sample] if self._twins is not None else None
        started, only_fixed, begin = -1.0, self._only_fixed, board.begin_step
        for index, node in enumerate(nodes):
            if values[node] is not _MISSING:
                continue
            place = index if places is None else places[index]
            call = self._calls[node]
            if node in failed or call is None:
                if twins is not None and call is not None:
                    twins.setdefault(_by_value(call, values), node)
                return place, failed[node]
            func, args, kwargs = call
            if failed:
                cause = next((failed[use] for use in (func, *args, *[n for _, n in kwargs]) if use in failed), None)
                if cause is not None:
                    failed[node] = cause
                    return place, cause
            if twins is not None:
                twin = twins.setdefault(_by_value(call, values), node)
                if twin in failed:
                    failed[node], costs[node] = failed[twin], costs[twin]
                    return place, failed[node]
                if values[twin] is not _MISSING:
                    values[node], costs[node] = values[twin], costs[twin]
                    continue
            if started < 0:
                started = process_time()
            begin(item + index * stride, sample + 1, place, started)
            try:
                if kwargs:
                    named = {name: values[value] for name, value in kwargs}
                    value = values[func](*[values[a] for a in args], **named)
                else:
                    value = values[func](*[values[a] for a in args])
                if only_fixed and not _is_fixed(value):
                    failed[node] = Failed(wire.BOUNCED, type(value).__name__, "")
                    return place, failed[node]
                values[node] = value
            except MemoryError:
                failed[node], self.had_no_memory = Failed(wire.MEMORY, "MemoryError", ""), True
                return place, failed[node]
            except Exception as error:
                failed[node] = Failed(wire.ERROR, type(error).__name__, _text(error))
                costs[node] = process_time() - started
                self.spent_s += costs[node]
                return place, failed[node]
            except BaseException as error:  # that ends a process
                failed[node] = Failed(wire.BOUNCED, type(error).__name__, _text(error))
                return place, failed[node]
            ended = process_time()
            costs[node] = ended - started
            self.spent_s += ended - started
            started = ended
        return None

    def run(self, program: Straight, board: Board, item: int) -> tuple[list[float], bytes] | None:
        """Run a program on every sample, up to one that does not end.

        Returns CPU seconds by sample (shared steps counted in full) and the outcomes; None where it must run apart, for
        want of memory or for what its steps do.
        """
        nodes, whole = program.nodes, self._whole
        new = [node for node in nodes if not whole[node]]
        if not new:
            return self._accounts(nodes), self._outcomes(program.output)
        places = [place for place, node in enumerate(nodes) if not whole[node]]
        outcomes: list[bytes] = []
        stopped: dict[int, int] = {}
        for sample in range(self.sample_count):
            failure = self.evaluate(new, sample, board, item, places)
            if failure is None:
                try:
                    outcomes.append(encode_output(self._values[sample][program.output]))
                except Exception:  # a value that is not what it says it is
                    return None
                continue
            place, why = failure
            if why.kind in (wire.MEMORY, wire.BOUNCED):
                return None
            stopped[sample] = place
            outcomes.append(wire.encode_text(why.kind, why.type, why.message, program.line(place)))
            if why.kind == wire.TIMED_OUT:
                break
        encoded, cpu_s = b"".join(outcomes), self._accounts(nodes)
        if not stopped:
            for node in new:
                whole[node] = True
            self._encoded[program.output] = encoded
        for sample, place in stopped.items():
            # Of later steps a neighbour may have run some; this program never comes to them.
            cpu_s[sample] = self.account_s({*nodes[: place + 1]}, sample)
        return cpu_s[: len(outcomes)], encoded

    def _accounts(self, nodes: Sequence[int]) -> list[float]:
        """CPU seconds of a program by sample, each distinct step once."""
        distinct = set(nodes)
        return [sum(map(costs.__getitem__, distinct)) for costs in self._costs]

    def account_s(self, nodes: Collection[int], sample: int) -> float:
        """CPU seconds of distinct nodes on a sample, whoever ran them first."""
        costs = self._costs[sample]
        return sum([costs[node] for node in nodes])

    def _outcomes(self, node: int) -> bytes:
        encoded = self._encoded.get(node)
        if encoded is None:
            encoded = self._encoded[node] = b"".join([encode_output(values[node]) for values in self._values])
        return encoded

    def outcome(
        self, node: int, sample: int, failure: tuple[int, Failed] | None, encode: Callable[[Any], bytes]
    ) -> bytes:
        """The outcome of a node that was evaluated, and may have failed."""
        if failure is None:
            try:
                return encode(self._values[sample][node])
            except Exception as error:  # a value that is not what it says it is
                why = Failed(wire.ERROR, type(error).__name__, _text(error))
        else:
            why = failure[1]
        kind = wire.ERROR if why.kind == wire.BOUNCED else why.kind
        return wire.encode_text(kind, why.type, why.message, None)


def _is_fixed(value: Any) -> bool:
    """Can nobody change it? What looks it over must be quick, so a class that has a hash is believed in a tuple."""
    kind = type(value)
    if kind is not tuple and kind is not frozenset:
        return kind in _FIXED
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _by_value(call: Call, values: Sequence[Any]) -> object:
    """The same for calls with the very same values. These are kept, so no other value gets their ids."""
    func, args, kwargs = call
    return (func, kwargs, *[id(values[a]) for a in args])


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""
