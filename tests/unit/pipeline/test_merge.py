"""The merge yields what all cameras sent in capture order, and waits for exactly those it must wait for."""

import asyncio

import pytest

from haven_server.clock import ManualClock
from haven_server.pipeline.merge import CHANNEL_LIMIT, Arrival, CaptureOrder
from haven_server.types import CameraEnded, FrameOutcome, Impression, Tracklet


async def no_features(tracklet: Tracklet) -> Impression:
    return Impression({})


def outcome(camera_id: str, captured_at: int) -> FrameOutcome:
    return FrameOutcome(camera_id, captured_at, captured_at, (), ())


class Reader:
    """Collects what a merge yields, as (camera, time) and (camera, "end")."""

    def __init__(self, merge: CaptureOrder) -> None:
        self.seen: list[tuple[str, int | str]] = []
        self.task = asyncio.create_task(self._read(merge))

    async def _read(self, merge: CaptureOrder) -> None:
        async for item in merge:
            if isinstance(item, CameraEnded):
                self.seen.append((item.camera_id, "end"))
            else:
                assert isinstance(item, Arrival)
                self.seen.append((item.outcome.camera_id, item.outcome.captured_at))

    async def settled(self) -> list[tuple[str, int | str]]:
        """What was yielded once nobody can go on."""
        for _ in range(50):
            await asyncio.sleep(0)
        return self.seen


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def merge(clock: ManualClock) -> CaptureOrder:
    return CaptureOrder(clock, no_features)


async def test_outcomes_come_by_capture_time_then_camera_however_they_were_sent(merge: CaptureOrder) -> None:
    first = merge.open("b", 0, lossless=True, group="files")
    second = merge.open("a", 0, lossless=True, group="files")
    for captured_at in (10, 20, 30):
        await first.send(outcome("b", captured_at))
    for captured_at in (5, 20, 40):
        await second.send(outcome("a", captured_at))
    first.end(CameraEnded("b"))
    second.end(CameraEnded("a"))
    merge.close()
    reader = Reader(merge)
    await reader.task
    in_order = [("a", 5), ("b", 10), ("a", 20), ("b", 20), ("b", 30), ("b", "end"), ("a", 40), ("a", "end")]
    assert reader.seen == in_order


async def test_a_frame_waits_for_a_lossless_camera_that_may_still_send_an_earlier_one(
    merge: CaptureOrder, clock: ManualClock
) -> None:
    fast, slow = (
        merge.open("fast", 0, lossless=True, group="files"),
        merge.open("slow", 0, lossless=True, group="files"),
    )
    reader = Reader(merge)
    await fast.send(outcome("fast", 100))
    clock.advance(3600)
    assert await reader.settled() == []
    await slow.send(outcome("slow", 99))
    assert await reader.settled() == [("slow", 99), ("fast", 100)]
    reader.task.cancel()


async def test_a_promise_frees_the_frames_before_it(merge: CaptureOrder) -> None:
    camera, quiet = (
        merge.open("camera", 0, lossless=True, group="files"),
        merge.open("quiet", 0, lossless=True, group="files"),
    )
    reader = Reader(merge)
    await camera.send(outcome("camera", 100))
    assert await reader.settled() == []
    quiet.promise(101)
    assert await reader.settled() == [("camera", 100)]
    reader.task.cancel()


async def test_a_camera_that_starts_later_is_not_waited_for(merge: CaptureOrder) -> None:
    camera = merge.open("camera", 0, lossless=True, group="files")
    merge.open("later", 5000, lossless=True, group="files")
    reader = Reader(merge)
    await camera.send(outcome("camera", 100))
    assert await reader.settled() == [("camera", 100)]
    reader.task.cancel()


async def test_the_end_of_a_camera_frees_the_others(merge: CaptureOrder) -> None:
    camera, other = (
        merge.open("camera", 0, lossless=True, group="files"),
        merge.open("other", 0, lossless=True, group="files"),
    )
    reader = Reader(merge)
    await camera.send(outcome("camera", 100))
    other.end(CameraEnded("other"))
    assert await reader.settled() == [("other", "end"), ("camera", 100)]
    reader.task.cancel()


async def test_a_stalled_live_camera_is_left_out_after_300_ms_however_busy_the_others_are(
    merge: CaptureOrder, clock: ManualClock
) -> None:
    live = merge.open("live", 0, lossless=False, group="files")
    merge.open("stalled", 0, lossless=False, group="files")
    reader = Reader(merge)
    await live.send(outcome("live", 1))
    await reader.settled()
    for captured_at in range(2, 4):
        clock.advance(0.1)
        await live.send(outcome("live", captured_at))
        assert await reader.settled() == []
    clock.advance(0.11)
    assert await reader.settled() == [("live", 1)]
    clock.advance(0.2)
    assert await reader.settled() == [("live", 1), ("live", 2), ("live", 3)]
    reader.task.cancel()


async def test_a_lossless_camera_of_another_group_is_waited_for_no_longer_than_a_live_one(
    merge: CaptureOrder, clock: ManualClock
) -> None:
    live = merge.open("live", 0, lossless=False, group="door")
    file = merge.open("file", 0, lossless=True, group="films")
    merge.open("idle", 0, lossless=True, group="somebody who sends nothing")
    reader = Reader(merge)
    await live.send(outcome("live", 5))
    await file.send(outcome("file", 6))
    assert await reader.settled() == []
    clock.advance(0.31)
    assert await reader.settled() == [("live", 5), ("file", 6)]
    reader.task.cancel()


async def test_a_camera_far_ahead_waits_for_the_site(merge: CaptureOrder) -> None:
    ahead, behind = (
        merge.open("ahead", 0, lossless=True, group="files"),
        merge.open("behind", 0, lossless=True, group="files"),
    )

    async def send_all() -> None:
        for captured_at in range(1, CHANNEL_LIMIT + 2):
            await ahead.send(outcome("ahead", captured_at))

    sender = asyncio.create_task(send_all())
    reader = Reader(merge)
    await reader.settled()
    assert not sender.done()
    behind.end(CameraEnded("behind"))
    await sender
    reader.task.cancel()


async def test_a_camera_may_leave_and_come_back(merge: CaptureOrder) -> None:
    merge.open("camera", 0, lossless=True, group="files").end(CameraEnded("camera"))
    reader = Reader(merge)
    await reader.settled()
    again = merge.open("camera", 50, lossless=True, group="files")
    await again.send(outcome("camera", 60))
    assert await reader.settled() == [("camera", "end"), ("camera", 60)]
    with pytest.raises(ValueError, match="already takes part"):
        merge.open("camera", 70, lossless=True, group="files")
    reader.task.cancel()
