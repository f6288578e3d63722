from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from haven_server.errors import InvalidInputError, SourceError
from haven_server.sources.pushed import PushedSource
from haven_server.types import Frame, Watermark

MakeFrame = Callable[..., Frame]
START = 1_000_000_000_000_000_000


def source(lossless: bool = True, depth: int = 3) -> PushedSource:
    return PushedSource("door", START, lossless, 1000, depth)


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def drain(pushed: PushedSource) -> list[Frame | Watermark]:
    pushed.finish()
    return [item async for item in pushed.frames()]


async def test_a_lossless_sender_waits_while_the_line_is_full(make_frame: MakeFrame) -> None:
    pushed = source(depth=2)
    for index in range(2):
        await pushed.push(make_frame(index, index))
    third = asyncio.create_task(pushed.push(make_frame(2, 2)))
    await settle()
    assert not third.done()
    frames = pushed.frames()
    await anext(frames)
    await settle()
    assert third.done()
    assert pushed.dropped == 0


async def test_a_live_line_drops_the_oldest_and_counts_it(make_frame: MakeFrame) -> None:
    pushed = source(lossless=False, depth=3)
    for index in range(10):
        await pushed.push(make_frame(index, index))
    items = await drain(pushed)
    assert [item.index for item in items if isinstance(item, Frame)] == [7, 8, 9]
    assert pushed.dropped == 7


async def test_promises_keep_their_place_among_the_frames(make_frame: MakeFrame) -> None:
    pushed = source()
    await pushed.push(make_frame(0, 0))
    pushed.promise(START + 2)
    await pushed.push(make_frame(1, 1))
    kinds = [type(item) for item in await drain(pushed)]
    assert kinds == [Frame, Watermark, Frame]


async def test_promises_take_no_room_however_many_come(make_frame: MakeFrame) -> None:
    pushed = source(lossless=False, depth=1)
    for index in range(50):
        for step in range(3):
            pushed.promise(START + index * 1_000_000_000 + step)
        await pushed.push(make_frame(index, index + 0.5))
    items = await drain(pushed)
    assert [type(item) for item in items] == [Watermark, Frame]


async def test_a_promise_that_says_nothing_new_is_left_out(make_frame: MakeFrame) -> None:
    pushed = source()
    await pushed.push(make_frame(0, 1))
    pushed.promise(START)
    assert [type(item) for item in await drain(pushed)] == [Frame]


async def test_a_frame_that_goes_back_in_time_is_refused_with_both_times(make_frame: MakeFrame) -> None:
    pushed = source()
    await pushed.push(make_frame(0, 2))
    with pytest.raises(InvalidInputError) as caught:
        await pushed.push(make_frame(1, 1))
    for fact in ("'door'", str(START + 1_000_000_000), str(START + 2_000_000_001), "ascending"):
        assert fact in str(caught.value)


@pytest.mark.parametrize("late_s", [2.0, 1.999999999])
async def test_a_frame_no_later_than_the_last_is_refused_and_the_next_is_taken(
    make_frame: MakeFrame, late_s: float
) -> None:
    pushed = source()
    await pushed.push(make_frame(0, 2))
    with pytest.raises(InvalidInputError):
        await pushed.push(make_frame(1, late_s))
    await pushed.push(make_frame(2, 3))
    assert len(await drain(pushed)) == 2


async def test_a_promise_binds_the_frames_after_it(make_frame: MakeFrame) -> None:
    pushed = source()
    pushed.promise(START + 1_000_000_000)
    with pytest.raises(InvalidInputError):
        await pushed.push(make_frame(0, 0.5))
    await pushed.push(make_frame(1, 1.0))


async def test_a_frame_before_the_start_is_refused(make_frame: MakeFrame) -> None:
    with pytest.raises(InvalidInputError, match="back in time"):
        await source().push(make_frame(0, -1))


async def test_a_frame_of_another_camera_is_refused(make_frame: MakeFrame) -> None:
    with pytest.raises(InvalidInputError, match=r"'door'.*'garden'"):
        await source().push(make_frame(0, 0, camera_id="garden"))


async def test_a_frame_after_the_end_is_refused(make_frame: MakeFrame) -> None:
    pushed = source()
    pushed.finish()
    pushed.finish()
    with pytest.raises(InvalidInputError, match="after the end"):
        await pushed.push(make_frame(0, 0))


async def test_closing_wakes_a_waiting_sender_with_an_error(make_frame: MakeFrame) -> None:
    pushed = source(depth=1)
    await pushed.push(make_frame(0, 0))
    waiting = asyncio.create_task(pushed.push(make_frame(1, 1)))
    await settle()
    await pushed.close()
    with pytest.raises(SourceError, match="closed while frames were sent"):
        await waiting


def test_a_line_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="depth"):
        source(depth=0)


async def test_frames_over_the_limit_are_passed_over_and_still_promise(make_frame: MakeFrame) -> None:
    pushed = PushedSource("door", 0, True, fps_limit=10, depth=100)
    for index in range(30):
        await pushed.push(make_frame(index, index / 30))
    items = await drain(pushed)
    assert [item.index for item in items if isinstance(item, Frame)] == list(range(0, 30, 3))
    assert items[-1] == Watermark("door", START + round(29 / 30 * 1e9) + 1)
    assert pushed.dropped == 0
