"""What crosses the sockets: well-formed data comes back whole, and anything else is a WireError at worst."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from battnb.sandbox import wire
from battnb.sandbox.parent.frames import FrameBuffer

GRIDS = st.integers(1, 30).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 9)] * width), min_size=1, max_size=30).map(tuple)
)
few = settings(max_examples=40, deadline=None)
many = settings(max_examples=200, deadline=None)


def is_grid(data: bytes) -> bool:
    height, width, cells = data[0], data[1], data[2:]
    return 1 <= height <= 30 and 1 <= width <= 30 and len(cells) == height * width and max(cells) <= 9


@few
@given(GRIDS)
def test_a_grid_comes_back(grid: tuple[tuple[int, ...], ...]) -> None:
    data = wire.encode_grid(grid)
    assert wire.decode_grid(data) == grid
    (outcome,) = wire.read_outcomes(bytes((wire.GRID,)) + data, 1)
    assert (outcome.kind, wire.decode_grid(outcome.grid)) == (wire.GRID, grid)


@few
@given(st.text(), st.text(), st.none() | st.integers(0, 2**40))
def test_a_failure_comes_back_cut_to_length(name: str, message: str, line: int | None) -> None:
    (outcome,) = wire.read_outcomes(wire.encode_text(wire.ERROR, name, message, line), 1)
    assert outcome.kind == wire.ERROR
    assert len(outcome.message.encode()) <= wire.MAX_TEXT_BYTES + 3
    if len(message.encode("utf-8", "replace")) <= wire.MAX_TEXT_BYTES:
        assert outcome.message == message.encode("utf-8", "replace").decode()
    assert outcome.line == (None if line is None else min(line, 2**31 - 1))


@pytest.mark.parametrize("why", wire.Bounce)
def test_a_bounce_comes_back_and_nothing_else_is_one(why: wire.Bounce) -> None:
    data = wire.encode_bounce(why)
    assert wire.read_bounce(data) is why
    for other in (b"", data[:1], data + b"x", bytes((wire.BOUNCED, len(wire.Bounce))), bytes((wire.GRID, why))):
        with pytest.raises(wire.WireError):
            wire.read_bounce(other)
    with pytest.raises(wire.WireError):
        wire.read_outcomes(data, 1)


def test_every_reason_for_a_kill_has_a_meaning_and_no_other_is_read() -> None:
    assert len(wire.KILLS) == wire.STOPPED + 1
    for reason in (*range(len(wire.KILLS)), len(wire.KILLS), 255):
        frame = wire.TRIAL.pack(wire.TRIAL_ENDED, 1, 0, 0, reason, 0, 0, 0, 0.0, 0.0, 0.0, 0, 0)
        if reason < len(wire.KILLS):
            said = wire.read_frame(frame)
            assert isinstance(said, wire.TrialEnd)
            assert said.reason == reason
        else:
            with pytest.raises(wire.WireError):
                wire.read_frame(frame)


@many
@given(st.binary(max_size=200), st.integers(0, 4))
def test_garbage_outcomes_are_wire_errors_or_sound(data: bytes, count: int) -> None:
    try:
        outcomes = wire.read_outcomes(data, count)
    except wire.WireError:
        return
    assert len(outcomes) == count
    for outcome in outcomes:
        assert 0 <= outcome.kind <= wire.BOUNCED
        assert outcome.kind != wire.GRID or is_grid(outcome.grid)


@many
@given(st.integers(0, 40), st.integers(0, 40), st.binary(max_size=50), st.integers(0, 255))
def test_no_grid_is_out_of_range(height: int, width: int, cells: bytes, fill: int) -> None:
    data = bytes((wire.GRID, height, width)) + (cells + bytes((fill,)) * 1600)[: height * width]
    try:
        (outcome,) = wire.read_outcomes(data, 1)
    except wire.WireError:
        return
    assert is_grid(outcome.grid)


@many
@given(st.binary(max_size=120))
def test_garbage_frames_are_wire_errors_or_records(body: bytes) -> None:
    try:
        said = wire.read_frame(body)
    except wire.WireError:
        return
    assert isinstance(said, wire.TrialEnd | wire.JobDone | wire.Tick)


@few
@given(st.sampled_from([wire.TRIAL_ENDED, wire.JOB_DONE, wire.TICKED]), st.binary(max_size=200), st.integers(0, 200))
def test_frames_that_begin_well_are_wire_errors_or_records(kind: int, rest: bytes, cut: int) -> None:
    whole = wire.TRIAL.pack(wire.TRIAL_ENDED, 1, 0, 0, 0, 1, 2, 3, 0.1, 1.0, 2.0, 2, 3) + b"ab" + b"cde"
    assert isinstance(wire.read_frame(whole), wire.TrialEnd)
    for body in (bytes((kind,)) + rest, whole[:cut], whole + rest[:1]):
        try:
            assert isinstance(wire.read_frame(body), wire.TrialEnd | wire.JobDone | wire.Tick)
        except wire.WireError:
            continue


@many
@given(st.binary(max_size=300))
def test_garbage_results_are_left_out(data: bytes) -> None:
    """A fork may be killed while it writes, and it may write anything."""
    for result in wire.read_results(data):
        assert len(result.cpu_s) <= 65_535
        assert isinstance(result.entry, str)


def record(
    candidate: int = 0, cpu_s: tuple[float, ...] = (0.1,), times: tuple[float, ...] = (1.0, 2.0, 0.1), form: int = 1
) -> bytes:
    outcomes = bytes((wire.GRID, 1, 1, 5))
    head = wire.RESULT.pack(candidate, 0, len(cpu_s), 1, 5, form, 0, *times, len(outcomes))
    return head + struct.pack(f"<{len(cpu_s)}d", *cpu_s) + outcomes + b"solve"


@few
@given(st.integers(0, 500))
def test_results_that_are_cut_short_keep_those_before(cut: int) -> None:
    data = b"".join([record(n) for n in range(5)])
    results = wire.read_results(data[:cut])
    assert [r.candidate for r in results] == list(range(min(5, cut // len(record()))))
    assert all(r.entry == "solve" and r.cpu_s == (0.1,) for r in results)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, -1.0])
def test_numbers_that_cannot_be_times_are_not_taken_for_times(odd: float) -> None:
    """A hostile fork can write anything to its board, and a verdict's times are saved as JSON, ranked and drawn."""
    for data in (record(cpu_s=(odd,)), record(times=(odd, 2.0, 0.1)), record(times=(1.0, 2.0, odd))):
        for result in wire.read_results(data):
            numbers = (*result.cpu_s, result.started_s, result.ended_s, result.executed_cpu_s)
            assert all(math.isfinite(n) and n >= 0 for n in numbers)


@few
@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 30))
def test_frames_come_whole_however_they_are_cut(bodies: list[bytes], size: int) -> None:
    stream = b"".join([wire.LENGTH.pack(len(b)) + b for b in bodies])
    buffer, found = FrameBuffer(), []
    for at in range(0, len(stream), size):
        found += buffer.feed(stream[at : at + size])
    assert found == bodies


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(wire.WireError, match="limit"):
        FrameBuffer().feed(wire.LENGTH.pack(wire.MAX_FRAME_BYTES + 1))
