"""Running the steps of a graph on a task's samples, each once, and what each program is charged for them."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Collection, Sequence
from time import process_time
from types import BuiltinFunctionType, FunctionType
from typing import Any

from battnb.sandbox import wire
from battnb.sandbox.inside.output import bounded, encode_difference, encode_output
from battnb.sandbox.inside.steps import MISSING, NO_END, S_NODE, Call, Failed, NodeGraph, Straight
from battnb.sandbox.inside.trial import message_of
from battnb.sandbox.inside.watch import Board

_FIXED = (int, bool, float, str, type(None), FunctionType, BuiltinFunctionType)
_NO_REFERENCES = 2
"""The version of marshal that writes equal data of the same types as the same bytes. Later ones count references."""
_HAS_SET = b">"
"""How marshal writes that a frozenset begins. Other data may have the byte too, which costs only time."""
_ENOUGH_LOOKS = 128
_Known = tuple[Any, float, Failed | None]
"""What came of a call: its value or MISSING, its CPU seconds, and why it has no value."""


class Equals:
    """Whether to look for equal values, whatever the task: if there are few, looking takes longer than it saves."""

    def __init__(self, is_worth_it: bool) -> None:
        self.is_worth_it = is_worth_it
        self._looks = self._equal = 0

    def note(self, is_equal: bool) -> None:
        self._looks += 1
        self._equal += is_equal
        if self._looks == _ENOUGH_LOOKS:
            self.is_worth_it = self._equal > _ENOUGH_LOOKS / 3


class Evaluation:
    """The values of a graph's nodes on some samples. A step runs once for equal arguments, whichever node it is.

    samples: (I, C) each, as plain values. make_s: gives S, which few programs look at.
    only_fixed: a step counts as failed, with the kind BOUNCED, if somebody could change its value, or if it would end
    its process. equals: if it says to look for equal values, all values must be data that nobody can change, or
    functions, so that one may stand for another.
    """

    def __init__(
        self,
        graph: NodeGraph,
        samples: Sequence[tuple[Any, Any]],
        make_s: Callable[[], Any],
        only_fixed: bool,
        equals: Equals,
    ) -> None:
        self.graph = graph
        self.sample_count = len(samples)
        self.spent_s = self._ended_s = 0.0
        self.had_no_memory = False
        self._only_fixed = only_fixed
        self._equals = equals
        self._has_given = False
        self._make_s = make_s
        self._has_s = False
        self._values: list[list[Any]] = [[grid, None, compared] for grid, compared in samples]
        self._costs: list[list[float]] = [[0.0, 0.0, 0.0] for _ in samples]
        self._failed: list[dict[int, Failed]] = [{} for _ in samples]
        self._known: list[dict[object, _Known]] = [{} for _ in samples]
        self._columns = list(zip(self._values, self._costs, self._known, strict=True))
        self._same: list[dict[bytes, Any]] = [{} for _ in samples]
        self._encoded: list[dict[int, bytes]] = [{} for _ in samples]
        self._whole = [True] * 3
        self._outcomes: dict[int, bytes] = {}
        self._make_room()

    def _make_room(self) -> None:
        """Make a place on each sample for what was added to the graph: in bulk, as steps are many and samples few."""
        graph = self.graph
        for values, costs, failed in zip(self._values, self._costs, self._failed, strict=True):
            values += graph.constants[len(values) :]
            costs += [0.0] * (len(values) - len(costs))
            failed |= graph.unmade
        self._whole += [value is not MISSING for value in graph.constants[len(self._whole) :]]
        if graph.uses_s and not self._has_s:
            self._has_s, value = True, self._make_s()
            for values in self._values:
                values[S_NODE] = value

    # What is known from elsewhere

    def give(self, node: int, grids: Sequence[Any]) -> None:
        """Take the grid of a node on each sample, None for a sample on which it has none. Equal ones are one object."""
        self._has_given = True
        self._make_room()
        for sample, grid in enumerate(grids):
            if grid is None:
                self._failed[sample][node] = Failed(wire.INVALID, "step", "a step that it uses gave no grid")
            else:
                self._values[sample][node] = grid

    def fail(self, node: int, sample: int, cpu_s: float, kind: int = wire.TIMED_OUT) -> None:
        """Remember that a node has no value on a sample, so that no program runs it there again."""
        self._make_room()
        self._failed[sample][node] = Failed(kind, *NO_END)
        self._costs[sample][node] = cpu_s

    def forget(self, sample: int) -> None:
        """Forget what calls gave on a sample, about which nothing more is asked."""
        values = self._values[sample]
        values[:] = self.graph.constants[: len(values)]
        for kept in (self._known, self._same, self._encoded):
            kept[sample].clear()

    # Running

    def evaluate(
        self, nodes: Sequence[int], sample: int, board: Board, item: int, places: Sequence[int] | None = None
    ) -> tuple[int, Failed] | None:
        """Run those of `nodes` that have not run on a sample yet; stop at the first that has no value.

        places: what the board shall call each, and then its item goes up by one for each; if None it calls each by its
        index. Returns the place of the one that stopped it and why, None if all have values.
        """
        calls = self.graph.calls
        if len(self._whole) < len(calls) or self.graph.uses_s is not self._has_s:
            self._make_room()
        (values, costs, known), failed = self._columns[sample], self._failed[sample]
        follows = False
        for index, node in enumerate(nodes):
            if values[node] is not MISSING:
                continue
            place = index if places is None else places[index]
            call = calls[node]
            if call is None:
                return place, failed[node]
            if failed and (why := self._cause(node, call, sample)) is not None:
                return place, why
            key = _by_value(call, values) if self._equals.is_worth_it or self._has_given else None
            found = known.get(key) if key is not None else None
            if found is None:
                board.stand(item if places is None else item + index, sample + 1, place)
                found = self._run_call(call, sample, board, follows)
                follows = key is None
                if key is not None:
                    known[key] = found
            values[node], costs[node], why = found
            if why is not None:
                failed[node] = why
                return place, why
        return None

    def _cause(self, node: int, call: Call, sample: int) -> Failed | None:
        """Why a call cannot have a value on a sample, if that is known."""
        failed, values = self._failed[sample], self._values[sample]
        func, args, kwargs = call
        if not (node in failed or func in failed or kwargs) and failed.keys().isdisjoint(args):
            return None
        why = next((failed[use] for use in (func, *args, *[value for _, value in kwargs]) if use in failed), None)
        if why is not None:
            return failed.setdefault(node, why)
        if node in failed:
            self._known[sample].setdefault(_by_value(call, values), (MISSING, self._costs[sample][node], failed[node]))
        return failed.get(node)

    def _run_call(self, call: Call, sample: int, board: Board, follows: bool) -> _Known:
        """follows: another call has just ended, whose end is this one's start: reading the clock takes a while."""
        func, args, kwargs = call
        values = self._values[sample]
        started = self._ended_s if follows else process_time()
        board.begin(started)
        try:
            if kwargs:
                named = {name: values[value] for name, value in kwargs}
                value = values[func](*[values[a] for a in args], **named)
            else:
                value = values[func](*[values[a] for a in args])
            self._ended_s = process_time()
            cost_s = self._ended_s - started
            if self._only_fixed and not _is_fixed(value):
                return MISSING, 0.0, Failed(wire.BOUNCED, type(value).__name__, "")
        except MemoryError:
            self.had_no_memory = True
            cost_s = process_time() - started
            self.spent_s += cost_s
            return MISSING, cost_s, Failed(wire.MEMORY, "MemoryError", "")
        except Exception as error:
            cost_s = process_time() - started
            self.spent_s += cost_s
            return MISSING, cost_s, Failed(wire.ERROR, type(error).__name__, message_of(error))
        except BaseException as error:  # one that ends a process
            return MISSING, 0.0, Failed(wire.BOUNCED, type(error).__name__, message_of(error))
        self.spent_s += cost_s
        return self._one_of_equals(value, sample), cost_s, None

    def _one_of_equals(self, value: Any, sample: int) -> Any:
        """The first value that equals this one, type for type and in the same order: equal calls give equal values."""
        if not self._equals.is_worth_it or self.graph.has_lambdas or type(value) is not tuple:
            return value
        try:
            data = marshal.dumps(value, _NO_REFERENCES)
        except ValueError:  # a function is in it
            return value
        if _HAS_SET in data:  # equal sets may differ in order, and so may what is made of them
            return value
        found = self._same[sample].setdefault(data, value)
        self._equals.note(found is not value)
        return found

    def run(self, program: Straight, board: Board, item: int) -> tuple[list[float], bytes] | None:
        """Run a program on every sample, up to one that does not end.

        Returns CPU seconds by sample (shared steps counted in full) and the outcomes; None if it must run apart, as
        memory was short, or because of what its steps do.
        """
        nodes, whole = program.nodes, self._whole
        if len(whole) < len(self.graph.calls) or self.graph.uses_s is not self._has_s:
            self._make_room()
        if self._are_known(nodes):
            return self._accounts(nodes), self._outcomes_of(program.output, board.output_bytes)
        outcomes: list[bytes] = []
        stopped: dict[int, int] = {}
        for sample in range(self.sample_count):
            failure = self.evaluate(nodes, sample, board, item)
            if failure is None:
                try:
                    outcomes.append(self.encode(program.output, sample, board.output_bytes))
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
            for node in nodes:
                whole[node] = True
            self._outcomes[program.output] = encoded
        for sample, place in stopped.items():
            # A neighbour may have run later steps. This program never comes to them.
            cpu_s[sample] = self.account_s({*nodes[: place + 1]}, sample)
        return cpu_s[: len(outcomes)], encoded

    def _are_known(self, nodes: Sequence[int]) -> bool:
        """Do all have values on all samples, their own or those of equal calls? If calls repeat, nearly all do."""
        whole, calls, finds_equals = self._whole, self.graph.calls, self._equals.is_worth_it
        for node in nodes:
            if whole[node]:
                continue
            call = calls[node]
            if call is None or call[2] or not finds_equals:
                return False
            func, args, _ = call
            for values, costs, known in self._columns:
                found = known.get((func, *[id(values[a]) for a in args]))
                if found is None or found[2] is not None:
                    return False
                values[node], costs[node], _ = found
            whole[node] = True
        return True

    def _accounts(self, nodes: Sequence[int]) -> list[float]:
        """CPU seconds of a program by sample, each distinct step once."""
        distinct = set(nodes)
        return [sum(map(costs.__getitem__, distinct)) for costs in self._costs]

    def account_s(self, nodes: Collection[int], sample: int) -> float:
        """CPU seconds of distinct nodes on a sample, whichever program ran them first."""
        costs = self._costs[sample]
        return sum([costs[node] for node in nodes])

    def _outcomes_of(self, node: int, most_bytes: int) -> bytes:
        found = self._outcomes.get(node)
        if found is None:
            each = [self.encode(node, sample, most_bytes) for sample in range(self.sample_count)]
            found = self._outcomes[node] = b"".join(each)
        return found

    def encode(self, node: int, sample: int, most_bytes: int) -> bytes:
        """The outcome of a node that has a value, as a grid. Raises whatever looking at the value raises.

        most_bytes: how long it may be, which is the same as long as this fork is kept.
        """
        value, encoded = self._values[sample][node], self._encoded[sample]
        found = encoded.get(id(value))
        if found is None:
            found = encoded[id(value)] = bounded(encode_output(value), most_bytes)
        return found

    def outcome(
        self, node: int, sample: int, failure: tuple[int, Failed] | None, is_differ: bool, most_bytes: int
    ) -> bytes:
        """The outcome of a node that was evaluated, and may have failed."""
        if failure is None:
            try:
                if is_differ:
                    return encode_difference(self._values[sample][node])
                return self.encode(node, sample, most_bytes)
            except Exception as error:  # a value that is not what it says it is
                why = Failed(wire.ERROR, type(error).__name__, message_of(error))
        else:
            why = failure[1]
        kind = wire.ERROR if why.kind == wire.BOUNCED else why.kind
        return wire.encode_text(kind, why.type, why.message, None)


def _is_fixed(value: Any) -> bool:
    """Can nobody change it? To be quick, this believes the class of what is in a tuple if it has a hash."""
    kind = type(value)
    if kind is not tuple and kind is not frozenset:
        return kind in _FIXED
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _by_value(call: Call, values: Sequence[Any]) -> object:
    """A key that is the same for calls with the very same values. These are kept, so no other value gets their ids."""
    func, args, kwargs = call
    given = [id(values[a]) for a in args]
    return (func, kwargs, *given) if kwargs else (func, *given)
