"""Live tracks meet identities, and viewers see both."""

from __future__ import annotations

import asyncio
from typing import Any

import cv2
import numpy as np
import pytest

from haven_server.clock import ManualClock
from haven_server.errors import OverloadedError
from haven_server.events import picture, viewer
from haven_server.events.overlay import Overlay
from haven_server.events.picture import Picture, encode_jpeg
from haven_server.events.viewer import Delivery, FrameResult, Viewer
from haven_server.types import CameraEnded, Confidence, Frame, Identification, Track, TrackState


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def overlay(clock: ManualClock) -> Overlay:
    return Overlay(clock)


def frame(index: int, camera_id: str = "cam1", width: int = 64) -> Frame:
    return Frame(camera_id, index, index * 40_000_000, np.full((48, width, 3), index % 256, np.uint8))


def track(track_id: int, camera_id: str = "cam1") -> Track:
    return Track(camera_id, track_id, np.array([1, 2, 3, 4], np.float32), 0.9, TrackState.CONFIRMED, 0)


def known(track_id: int, global_id: int | None, *, final: bool = False, camera_id: str = "cam1") -> Identification:
    return Identification(camera_id, track_id, global_id, Confidence.HIGH if global_id else None, final)


async def read(watching: Viewer, count: int = 1) -> list[Delivery]:
    return [await anext(watching) for _ in range(count)]


async def ids(watching: Viewer) -> list[int | None]:
    (delivery,) = await read(watching)
    assert isinstance(delivery.update, FrameResult)
    return [seen.global_id for seen in delivery.update.tracks]


def indexes(deliveries: list[Delivery]) -> list[int]:
    return [delivery.update.frame_index for delivery in deliveries if isinstance(delivery.update, FrameResult)]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_track_carries_its_identity_once_that_is_known(overlay: Overlay) -> None:
    with overlay.watch() as watching:
        await overlay.show(frame(0), (track(1), track(2)))
        overlay.identify(known(2, 7))
        await overlay.show(frame(1), (track(1), track(2)))
        assert await ids(watching) == [None, None]
        assert await ids(watching) == [None, 7]


async def test_identities_are_learned_while_nobody_watches(overlay: Overlay) -> None:
    await overlay.show(frame(0), (track(1),))
    overlay.identify(known(1, 7))
    with overlay.watch() as watching:
        await overlay.show(frame(1), (track(1),))
        assert await ids(watching) == [7]


async def test_the_same_track_number_in_another_camera_is_another_person(overlay: Overlay) -> None:
    overlay.identify(known(1, 7))
    with overlay.watch() as watching:
        await overlay.show(frame(0, "cam2"), (track(1, "cam2"),))
        assert await ids(watching) == [None]


async def test_a_later_word_on_a_track_replaces_the_earlier(overlay: Overlay) -> None:
    overlay.identify(known(1, 7))
    overlay.identify(known(1, 9))
    with overlay.watch() as watching:
        await overlay.show(frame(0), (track(1),))
        assert await ids(watching) == [9]


async def test_an_ended_track_is_told_and_forgotten(overlay: Overlay) -> None:
    overlay.identify(known(1, 7))
    with overlay.watch() as watching:
        overlay.identify(known(1, 7, final=True))
        await overlay.show(frame(0), (track(1),))
        assert (await read(watching))[0].update == known(1, 7, final=True)
        assert await ids(watching) == [None]


async def test_a_camera_that_ended_is_told_and_forgotten(overlay: Overlay) -> None:
    overlay.identify(known(1, 7))
    with overlay.watch() as watching:
        overlay.end_camera("cam1")
        await overlay.show(frame(0), (track(1),))
        assert (await read(watching))[0].update == CameraEnded("cam1")
        assert await ids(watching) == [None]


async def test_a_viewer_hears_of_its_own_cameras_only(overlay: Overlay) -> None:
    with overlay.watch({"cam2"}) as watching:
        await overlay.show(frame(0), ())
        overlay.identify(known(1, 7, final=True))
        overlay.end_camera("cam1")
        await overlay.show(frame(1, "cam2"), ())
        assert indexes(await read(watching)) == [1]


async def test_a_slow_viewer_loses_the_oldest_frames_and_is_told_how_many(overlay: Overlay) -> None:
    with overlay.watch() as watching:
        for index in range(10):
            await overlay.show(frame(index), ())
        deliveries = await read(watching, viewer.WAITING_FRAMES)
    assert indexes(deliveries) == [6, 7, 8, 9]
    assert [delivery.dropped for delivery in deliveries] == [6, 0, 0, 0]


async def test_a_busy_camera_costs_a_slow_viewer_no_frame_of_another(overlay: Overlay) -> None:
    with overlay.watch() as watching:
        await overlay.show(frame(0, "cam2"), ())
        for index in range(10):
            await overlay.show(frame(index), ())
        first, second = await read(watching, 2)
    assert isinstance(first.update, FrameResult)
    assert (first.update.camera_id, first.dropped, second.dropped) == ("cam2", 0, 6)


async def test_ends_are_never_dropped(overlay: Overlay) -> None:
    with overlay.watch() as watching:
        for index in range(100):
            await overlay.show(frame(index), ())
            overlay.identify(known(index, None, final=True))
        ended = [delivery.update for delivery in await read(watching, 100 + viewer.WAITING_FRAMES)]
    assert [update.track_id for update in ended if isinstance(update, Identification)] == list(range(100))


async def test_a_viewer_who_never_reads_is_cut_off_before_it_costs_much(
    overlay: Overlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer, "WAITING_NOTICES", 5)
    with overlay.watch() as watching:
        for index in range(7):
            overlay.identify(known(index, None, final=True))
        with pytest.raises(OverloadedError, match="read faster"):
            await read(watching)


async def test_a_lossless_viewer_holds_its_camera_back_until_it_reads(overlay: Overlay) -> None:
    async def run_camera() -> None:
        for index in range(10):
            await overlay.show(frame(index), ())

    with overlay.watch(lossless=True) as watching:
        camera = asyncio.create_task(run_camera())
        await settle()
        assert not camera.done()
        deliveries = await read(watching, 10)
        await camera
    assert indexes(deliveries) == list(range(10))
    assert not any(delivery.dropped for delivery in deliveries)


async def test_a_lossless_viewer_who_leaves_lets_the_camera_go(overlay: Overlay) -> None:
    async def run_camera() -> None:
        for index in range(10):
            await overlay.show(frame(index), ())

    with overlay.watch(lossless=True):
        camera = asyncio.create_task(run_camera())
        await settle()
    await camera


async def test_a_lossless_viewer_closed_while_behind_still_reads_all_that_waits(overlay: Overlay) -> None:
    async def run_camera() -> None:
        for index in range(10):
            await overlay.show(frame(index), ())

    watching = overlay.watch(lossless=True)
    camera = asyncio.create_task(run_camera())
    await settle()
    overlay.close()
    await camera
    assert indexes([delivery async for delivery in watching]) == [0, 1, 2, 3]


async def test_once_released_a_lossless_viewer_loses_the_oldest_frames_and_no_end(overlay: Overlay) -> None:
    async def run_camera() -> None:
        for index in range(10):
            await overlay.show(frame(index), ())
        overlay.identify(known(1, 7, final=True))
        overlay.end_camera("cam1", "the server is stopping")

    with overlay.watch(lossless=True) as watching:
        camera = asyncio.create_task(run_camera())
        await settle()
        assert not camera.done()
        overlay.release()
        await camera
        deliveries = await read(watching, viewer.WAITING_FRAMES + 2)
    assert indexes(deliveries) == [6, 7, 8, 9]
    assert deliveries[0].dropped == 6
    assert [delivery.update for delivery in deliveries[-2:]] == [
        known(1, 7, final=True),
        CameraEnded("cam1", "the server is stopping"),
    ]


async def test_a_lossless_viewer_who_comes_after_the_release_holds_nobody_back(overlay: Overlay) -> None:
    overlay.release()
    with overlay.watch(lossless=True) as watching:
        for index in range(10):
            await overlay.show(frame(index), ())
        assert indexes(await read(watching, viewer.WAITING_FRAMES)) == [6, 7, 8, 9]


async def test_frames_per_second_are_limited_per_camera_by_the_clock(overlay: Overlay, clock: ManualClock) -> None:
    shown = []
    with overlay.watch(max_fps=10) as watching:
        for index in range(30):
            await overlay.show(frame(index), ())
            await overlay.show(frame(index, "cam2"), ())
            while watching._line:
                shown += await read(watching)
            clock.advance(1 / 30)
    assert len(indexes(shown)) == 20
    assert not any(delivery.dropped for delivery in shown)


async def test_jitter_does_not_lower_the_mean_rate(overlay: Overlay, clock: ManualClock) -> None:
    jitter = np.random.default_rng(1).uniform(-0.004, 0.004, 300)
    shown = 0
    with overlay.watch(max_fps=15) as watching:
        for index in range(300):
            clock.advance(1 / 30 + jitter[index] - (jitter[index - 1] if index else 0))
            await overlay.show(frame(index), ())
            while watching._line:
                shown += len(await read(watching))
    assert 148 <= shown <= 152


async def test_a_picture_is_encoded_once_per_width_however_many_watch(
    overlay: Overlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []

    def counting(image: Any, width: int) -> bytes:
        widths.append(width)
        return encode_jpeg(image, width)

    monkeypatch.setattr(picture, "encode_jpeg", counting)
    viewers = [overlay.watch(image=True, max_width=width) for width in (32, 32, None, 1000, None)]
    await overlay.show(frame(0), ())
    pictures = [(await read(watching))[0].jpeg for watching in viewers]
    assert sorted(widths) == [32, 64]
    assert len(set(pictures)) == 2


async def test_nothing_is_encoded_for_frames_that_nobody_reads(
    overlay: Overlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "encode_jpeg", lambda image, width: pytest.fail("encoded"))
    with overlay.watch(image=True), overlay.watch() as plain:
        for index in range(10):
            await overlay.show(frame(index), ())
        assert [delivery.jpeg for delivery in await read(plain, 2)] == [None, None]


async def test_a_viewer_who_leaves_while_a_picture_is_encoded_does_not_take_it_from_others() -> None:
    shared = Picture(np.zeros((48, 64, 3), np.uint8))
    leaving = asyncio.create_task(shared.jpeg(None))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await shared.jpeg(None)).startswith(b"\xff\xd8")


@pytest.mark.parametrize(("width", "shape"), [(32, (24, 32, 3)), (64, (48, 64, 3)), (1, (1, 1, 3))])
def test_pictures_keep_their_proportions(width: int, shape: tuple[int, ...]) -> None:
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(np.zeros((48, 64, 3), np.uint8), width), np.uint8), 1)
    assert decoded is not None
    assert decoded.shape == shape


async def test_closing_ends_every_viewer_after_what_waits(overlay: Overlay) -> None:
    watching = overlay.watch()
    await overlay.show(frame(0), ())
    overlay.close()
    overlay.close()
    assert indexes([delivery async for delivery in watching]) == [0]


async def test_a_failed_viewer_gets_the_error_and_nothing_else(overlay: Overlay) -> None:
    watching = overlay.watch()
    await overlay.show(frame(0), ())
    watching.fail(OverloadedError("enough"))
    with pytest.raises(OverloadedError, match="enough"):
        await read(watching)
