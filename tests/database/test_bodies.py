"""Bodies of results: what goes in comes out, and what a newer battnb wrote harms nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from database.keeping import Counting, kept, named
from making import MIRROR, body

import battnb as bn
from battnb.database import bodies, keys
from battnb.database.bodies import BodyReader, step_values, steps_body, used_of
from battnb.database.serving import used_by_values
from battnb.model import Failure, Limits, Status, StepValue, Task

LIMITS = Limits(timeout_s=0.5, idle_s=3.0, memory_bytes=2**20)
VALUES = [StepValue(((1, 2),), None, None, 0.1), StepValue(7), StepValue(None, Status.ERROR, Failure("E", "why", 3, 1))]


def rewritten(data: bytes, change: Callable[[list[Any], list[Any]], object]) -> bytes:
    """A body with its own fields, and those of what was found, changed."""
    fields = msgspec.msgpack.decode(data)
    found = msgspec.msgpack.decode(zlib.decompress(fields[0]))
    change(fields, found)
    fields[0] = zlib.compress(msgspec.msgpack.encode(found))
    return msgspec.msgpack.encode(fields)


def test_values_of_steps_come_back_as_they_were() -> None:
    used = used_by_values(VALUES, LIMITS)
    read = BodyReader().read(steps_body(VALUES, used))
    assert read is not None
    assert step_values(*read) == VALUES
    had = used_of(used.kind, read[0])
    assert had == used._replace(limits=had.limits)
    assert (had.limits.timeout_s, had.limits.idle_s, had.limits.memory_bytes) == (0.5, 3.0, 2**20)


@pytest.mark.parametrize(
    "change",
    [
        lambda body, found: (body[5].append(9.0), body.append({"more": 1}), found.append("more")),
        lambda body, found: (body[5].pop(), found.pop(), found.pop()),
    ],
    ids=["new", "missing"],
)
def test_fields_and_limits_that_are_new_or_missing_do_no_harm(change: Any) -> None:
    used = used_by_values(VALUES, LIMITS)
    read = BodyReader().read(rewritten(steps_body(VALUES, used), change))
    assert read is not None
    assert step_values(*read) == VALUES
    assert used_of(used.kind, read[0]).limits.timeout_s == 0.5


@pytest.mark.parametrize("place", ["body", "column"])
async def test_a_status_of_a_newer_battnb_spoils_its_own_row_only(
    counting: Counting, mirror_task: Task, tmp_path: Path, place: str
) -> None:
    candidates = [*named(MIRROR, "right"), *named(body("return I"), "wrong")]
    await kept(mirror_task, candidates, tmp_path, counting)
    with bn.open_store(tmp_path) as store, store.database.writing() as connection:
        [(row, data)] = store.database.rows("SELECT id, body FROM verdicts WHERE candidate_id = 'wrong'")
        if place == "body":
            data = rewritten(data, lambda body, found: found[0].__setitem__(0, "asleep"))
            connection.execute("UPDATE verdicts SET body = ? WHERE id = ?", (data, row))
        else:
            connection.execute("UPDATE verdicts SET status = 'asleep' WHERE id = ?", (row,))
    with bn.open_store(tmp_path) as store:
        frame = store.verdicts(outputs=True).set_index("candidate_id")
        assert frame.loc["right", "outputs"] is not None
        assert (frame.loc["wrong", "outputs"] is None) == (place == "body")
    counting.forget()
    again = await kept(mirror_task, candidates, tmp_path, counting)
    assert [(v.status, v.cached) for v in again.verdicts] == [("correct", True), ("wrong", False)]
    assert counting.validated == ["wrong"]
    assert all([v.cached for v in (await kept(mirror_task, candidates, tmp_path, counting)).verdicts])


def test_a_limit_that_is_added_later_leaves_keys_as_they_were_while_it_has_its_default() -> None:
    class More(Limits, frozen=True):
        sockets: int = 4

    assert keys._firm(More()) == keys._firm(Limits())
    assert keys._firm(More(sockets=5)) != keys._firm(Limits())


def test_a_body_is_told_from_an_old_one_by_its_length() -> None:
    """Old bodies are arrays of 9 and 12 fields: a newer body must never grow to one of these lengths."""
    assert len(bodies.Body.__struct_fields__) not in (9, 12)
    assert {bodies._OLD_VALUE, bodies._OLD_VERDICT} == {0x90 + 9, 0x90 + 12}
