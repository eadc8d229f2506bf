"""What an async function returns before it is awaited."""

import asyncio

import pytest

import battnb as bn
from battnb.awaiting import says_when_not_awaited


@says_when_not_awaited("double(...)", ", or call double_sync(...)")
async def double(number: int) -> int:
    """Twice as much."""
    await asyncio.sleep(0)
    return 2 * number


async def test_it_is_awaited_like_any_coroutine():
    assert await double(4) == 8
    assert await asyncio.gather(double(1), asyncio.create_task(double(2))) == [2, 4]
    assert double.__doc__ == "Twice as much."


def test_a_loop_can_be_made_for_it():
    assert asyncio.run(double(4)) == 8


def test_unawaited_it_shows_and_answers_with_what_to_do():
    begun = double(4)
    assert repr(begun) == "double(...) has not begun: write `await double(...)`, or call double_sync(...)"
    with pytest.raises(bn.NotAwaited, match="has not begun"):
        begun.verdicts  # noqa: B018


def test_unawaited_and_never_shown_it_warns_once():
    with pytest.warns(RuntimeWarning, match="await double"):
        double(4)


async def test_errors_and_cancelling_go_through():
    @says_when_not_awaited("fail()")
    async def fail() -> None:
        await asyncio.sleep(10)

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
