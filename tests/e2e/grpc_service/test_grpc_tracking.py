"""TrackingService over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import cv2
import grpc
import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from haven.v1 import tracking_pb2, tracking_service_pb2, tracking_service_pb2_grpc
from haven_client import (
    CameraBusyError,
    CameraEnd,
    CameraEnded,
    CameraOpening,
    Client,
    Frame,
    FrameTracks,
    InvalidRequestError,
    NotFoundError,
    RawImage,
    TrackEnded,
    UnavailableError,
    Update,
)

from haven_server.rpc import tracking_servicer
from haven_server.sources.decode import decode_jpeg

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Service

START = 1_767_225_600 * 1_000_000_000
STEP = 40_000_000
OPENING = tracking_service_pb2.StreamFramesRequest(
    opening=tracking_service_pb2.StreamOpening(cameras=[tracking_service_pb2.CameraOpening(camera_id="cam1")])
)


def picture(shade: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((48, 64, 3), shade, np.uint8)


def raw(shade: int = 0) -> RawImage:
    return RawImage(picture(shade).tobytes(), 64, 48)


def jpeg(shade: int = 0) -> bytes:
    return cv2.imencode(".jpg", picture(shade))[1].tobytes()


def frame(camera_id: str, index: int, image: bytes | RawImage | None = None) -> Frame:
    return Frame(camera_id, index, START + index * STEP, raw(index) if image is None else image)


async def each(items: Sequence[Frame | CameraEnd]) -> AsyncIterator[Frame | CameraEnd]:
    for item in items:
        yield item


async def stream(
    client: Client, items: Sequence[Frame | CameraEnd], *cameras: str, lossless: bool = True
) -> list[Update]:
    openings = [CameraOpening(camera_id, START) for camera_id in cameras or ("cam1",)]
    async with aclosing(client.stream_frames(openings, each(items), lossless=lossless)) as updates:
        return [update async for update in updates]


async def test_every_frame_sent_is_answered_in_order_and_the_stream_ends_with_its_camera(
    client: Client, service: Service
) -> None:
    updates = await stream(client, [frame("cam1", index) for index in range(20)])

    frames = [update for update in updates if isinstance(update, FrameTracks)]
    assert [update.frame_index for update in frames] == list(range(20))
    assert [update.captured_at for update in frames] == [START + index * STEP for index in range(20)]
    assert {(update.width, update.height) for update in frames} == {(64, 48)}
    assert updates[-2:] == [TrackEnded("cam1", 1, 7, "high"), CameraEnded("cam1")]


async def test_a_person_has_no_id_until_resolved_and_keeps_it_from_then_on(client: Client, service: Service) -> None:
    updates = await stream(client, [frame("cam1", index) for index in range(5)])

    tracks = [update.tracks[0] for update in updates if isinstance(update, FrameTracks)]
    assert [track.global_id for track in tracks] == [None, None, 7, 7, 7]
    assert [track.confidence for track in tracks] == [None, None, "high", "high", "high"]


async def test_boxes_and_scores_arrive_as_float32_pixels_of_the_source_frame(client: Client, service: Service) -> None:
    updates = await stream(client, [frame("cam1", 3)])

    assert isinstance(updates[0], FrameTracks)
    track = updates[0].tracks[0]
    assert track.box == (14.5, 20.0, 44.75, 90.0)
    assert track.score == float(np.float32(0.87654))
    assert (track.state, track.age) == ("confirmed", 3)


async def test_raw_pictures_reach_the_pipeline_pixel_by_pixel(client: Client, service: Service) -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    await stream(client, [frame("cam1", 0, RawImage(image.tobytes(), 64, 48))])

    assert np.array_equal(service.site.images["cam1"][0].image, image)


async def test_jpeg_pictures_are_decoded(client: Client, service: Service) -> None:
    await stream(client, [frame("cam1", 0, jpeg(200))])

    assert abs(int(service.site.images["cam1"][0].image.mean()) - 200) <= 2


async def test_a_raw_4k_picture_fits_into_a_message(client: Client, service: Service) -> None:
    image = RawImage(bytes(3840 * 2160 * 3), 3840, 2160)
    updates = await stream(client, [frame("cam1", 0, image)])

    assert isinstance(updates[0], FrameTracks)
    assert updates[0].width == 3840


async def test_each_frame_promises_for_the_other_cameras_of_its_stream(client: Client, service: Service) -> None:
    items = [frame("cam1", 0), frame("cam2", 1), frame("cam1", 2)]
    await stream(client, items, "cam1", "cam2")

    promised = {(promise.camera_id, promise.captured_at) for promise in service.site.promises}
    assert promised == {("cam2", START), ("cam1", START + STEP), ("cam2", START + 2 * STEP)}


async def test_one_camera_may_end_while_another_goes_on(client: Client, service: Service) -> None:
    items: list[Frame | CameraEnd] = [frame("cam1", 0), CameraEnd("cam1")]
    items += [frame("cam2", index) for index in range(1, 40)]
    updates = await stream(client, items, "cam1", "cam2")

    assert updates.index(CameraEnded("cam1")) < len(updates) - 20
    assert updates[-1] == CameraEnded("cam2")


async def test_a_stream_that_is_not_lossless_drops_the_oldest_frames_and_says_how_many(
    client: Client, service: Service
) -> None:
    service.site.open_gate.clear()
    sent = asyncio.Event()

    async def burst() -> AsyncIterator[Frame | CameraEnd]:
        for index in range(50):
            yield frame("cam1", index)
        sent.set()

    async def watch() -> list[Update]:
        updates = client.stream_frames([CameraOpening("cam1", START)], burst())
        async with aclosing(updates):
            return [update async for update in updates]

    watching = asyncio.create_task(watch())
    await sent.wait()
    while "cam1" not in service.site.sources or service.site.sources["cam1"].dropped < 40:
        await asyncio.sleep(0)
    service.site.open_gate.set()
    frames = [update for update in await watching if isinstance(update, FrameTracks)]

    assert frames[-1].frame_index == 49
    assert len(frames) + sum(update.dropped for update in frames) + service.site.sources["cam1"].dropped == 50


async def test_a_lossless_stream_loses_nothing_however_slowly_its_answers_are_read(
    client: Client, service: Service
) -> None:
    updates = client.stream_frames(
        [CameraOpening("cam1", START)], each([frame("cam1", n) for n in range(60)]), lossless=True
    )
    indexes = []
    async with aclosing(updates):
        async for update in updates:
            for _ in range(20):
                await asyncio.sleep(0)
            if isinstance(update, FrameTracks):
                indexes.append(update.frame_index)
    assert indexes == list(range(60))


async def test_a_corrupt_jpeg_is_named_by_camera_and_frame_and_frees_the_camera(
    client: Client, service: Service
) -> None:
    with pytest.raises(InvalidRequestError, match=r"camera 'cam1', frame 1: .*JPEG") as caught:
        await stream(client, [frame("cam1", 0, jpeg()), frame("cam1", 1, jpeg()[:100])])

    assert caught.value.status == "INVALID_ARGUMENT"
    assert len(await stream(client, [frame("cam1", 0)])) == 3


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (RawImage(b"abc", 64, 48), "holds 9216 bytes of BGR, got 3"),
        (RawImage(b"", 0, 48), "each side must be 1 to 16384 px"),
        (RawImage(b"", 99999, 48), "each side must be 1 to 16384 px"),
        (b"not a picture", "JPEG"),
    ],
)
async def test_a_bad_picture_is_refused(
    client: Client, service: Service, image: bytes | RawImage, problem: str
) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        await stream(client, [frame("cam1", 5, image)])


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([frame("cam1", 5), frame("cam1", 4)], "camera 'cam1', frame 4: captured at .* send the frames of all cameras"),
        ([frame("cam1", 5), frame("cam2", 4)], "camera 'cam2', frame 4: captured at"),
        ([frame("cam1", 5), Frame("cam1", 5, START + 9 * STEP, raw())], "came after frame 5"),
        ([frame("cam1", 5), Frame("cam1", 6, START + 5 * STEP, raw())], "goes back in time"),
        ([frame("cam3", 0)], "camera 'cam3' is not in this stream, or has ended"),
        ([CameraEnd("cam3")], "camera 'cam3' is not in this stream, or has ended"),
        ([frame("cam1", 0), CameraEnd("cam1"), frame("cam1", 1)], "camera 'cam1' is not in this stream, or has ended"),
        ([Frame("cam1", 0, -5, raw())], "no time after 1970"),
    ],
)
async def test_what_is_out_of_order_is_refused(
    client: Client, service: Service, items: list[Frame | CameraEnd], problem: str
) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        await stream(client, items, "cam1", "cam2")


async def test_an_unknown_camera_is_refused_where_new_ones_are_not_accepted(client: Client, service: Service) -> None:
    service.site.accepts_new = False
    with pytest.raises(NotFoundError, match="'cam9' is not configured"):
        await stream(client, [frame("cam9", 0)], "cam9")


async def test_a_camera_can_be_fed_by_one_stream_at_a_time(client: Client, service: Service) -> None:
    holding = client.stream_frames([CameraOpening("cam1")], forever(frame("cam1", 0)))
    async with aclosing(holding):
        await anext(holding)
        with pytest.raises(CameraBusyError, match="cam1") as caught:
            await stream(client, [frame("cam1", 0)])
    assert caught.value.status == "ALREADY_EXISTS"


async def forever(first: Frame) -> AsyncIterator[Frame | CameraEnd]:
    yield first
    await asyncio.Event().wait()


async def test_a_client_that_leaves_frees_its_cameras(client: Client, service: Service) -> None:
    updates = client.stream_frames([CameraOpening("cam1")], forever(frame("cam1", 0)))
    async with aclosing(updates):
        await anext(updates)
    while service.site.running:
        await asyncio.sleep(0.001)
    assert len(await stream(client, [frame("cam1", 0)])) == 3


async def test_a_camera_that_fails_ends_alone_and_the_stream_says_so_once_all_have_ended(
    client: Client, service: Service
) -> None:
    service.site.fails_at = 2
    items = [frame("cam2" if index % 2 else "cam1", index) for index in range(60)]
    openings = [CameraOpening("cam1", START), CameraOpening("cam2", START)]
    told: list[Update] = []
    with pytest.raises(UnavailableError, match=r"camera 'cam1': the network broke$"):
        async with aclosing(client.stream_frames(openings, each(items), lossless=True)) as updates:
            async for update in updates:
                told.append(update)

    assert CameraEnded("cam1", "the network broke") in told
    assert told[-1] == CameraEnded("cam2")
    answered = [update.frame_index for update in told if isinstance(update, FrameTracks) and update.camera_id == "cam2"]
    assert answered == list(range(1, 60, 2))


async def test_a_stream_names_every_camera_that_failed(client: Client, service: Service) -> None:
    service.site.fails_at = 0
    items = [frame("cam1", 0), Frame("cam2", 0, START + STEP, raw())]
    with pytest.raises(UnavailableError, match=r"camera 'cam1': the network broke; cut short, too: cam2$"):
        await stream(client, items, "cam1", "cam2")


async def test_a_client_that_never_says_what_it_will_send_is_turned_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_servicer, "OPENING_PATIENCE_S", 0.0)
    async with grpc.aio.insecure_channel(service.address) as channel:
        call = tracking_service_pb2_grpc.TrackingServiceStub(channel).StreamFrames()
        with pytest.raises(grpc.aio.AioRpcError, match=r"must be its opening.*; none came within 0 s") as caught:
            await call.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_of_too_many_cameras_is_refused(client: Client, service: Service) -> None:
    with pytest.raises(InvalidRequestError, match="wanted at most 64 in one stream, got 65"):
        await stream(client, [], *(f"cam{number}" for number in range(65)))


async def test_an_error_too_long_for_a_header_still_arrives(client: Client, service: Service) -> None:
    with pytest.raises(InvalidRequestError, match="camera 'xxx"):
        await stream(client, [CameraEnd("x" * 100_000)])


async def test_an_error_in_the_clients_own_frames_comes_back_to_it(client: Client, service: Service) -> None:
    async def broken() -> AsyncIterator[Frame | CameraEnd]:
        yield frame("cam1", 0)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        async with aclosing(client.stream_frames([CameraOpening("cam1")], broken())) as updates:
            async for _ in updates:
                pass


@pytest.mark.parametrize(
    ("requests", "problem"),
    [
        ([], "first message of a stream must be its opening"),
        ([tracking_service_pb2.StreamFramesRequest()], "first message of a stream must be its opening"),
        ([tracking_service_pb2.StreamFramesRequest(frame=tracking_pb2.Frame())], "first message"),
        ([OPENING, OPENING], "after the opening come frames"),
        (
            [OPENING, tracking_service_pb2.StreamFramesRequest(frame=tracking_pb2.Frame(camera_id="cam1", index=8))],
            "camera 'cam1', frame 8: captured_at is missing",
        ),
        (
            [
                OPENING,
                tracking_service_pb2.StreamFramesRequest(
                    frame=tracking_pb2.Frame(camera_id="cam1", index=8, captured_at=Timestamp(seconds=1))
                ),
            ],
            "camera 'cam1', frame 8: the picture is missing",
        ),
    ],
)
async def test_a_stream_that_breaks_the_protocol_is_told_what_it_should_do(
    service: Service, requests: list[tracking_service_pb2.StreamFramesRequest], problem: str
) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        call = tracking_service_pb2_grpc.TrackingServiceStub(channel).StreamFrames(iter(requests))
        with pytest.raises(grpc.aio.AioRpcError, match=problem) as caught:
            async for _ in call:
                pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_responses_are_numbered_without_a_gap(service: Service) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        call = tracking_service_pb2_grpc.TrackingServiceStub(channel).StreamFrames(iter([OPENING]))
        assert [response.sequence async for response in call] == [1, 2]


async def test_a_viewer_sees_tracks_and_one_jpeg_per_frame_no_wider_than_asked_for(
    client: Client, service: Service
) -> None:
    async with aclosing(client.watch_tracks(image=True, max_width=32)) as updates:
        watching = asyncio.create_task(collect(updates, 3))
        await viewers(service, 1)
        await stream(client, [frame("cam1", 0)])
        first, *rest = await watching

    assert isinstance(first, FrameTracks)
    assert first.jpeg is not None
    assert decode_jpeg(first.jpeg).shape == (24, 32, 3)
    assert (first.width, first.height) == (64, 48)
    assert rest == [TrackEnded("cam1", 1, None, None), CameraEnded("cam1")]


async def test_a_viewer_gets_no_picture_unless_asked_for(client: Client, service: Service) -> None:
    async with aclosing(client.watch_tracks()) as updates:
        watching = asyncio.create_task(collect(updates, 1))
        await viewers(service, 1)
        await stream(client, [frame("cam1", 0)])
        (update,) = await watching
    assert isinstance(update, FrameTracks)
    assert update.jpeg is None


async def test_a_viewer_sees_only_the_cameras_it_names(client: Client, service: Service) -> None:
    service.site.set_camera("cam2")
    async with aclosing(client.watch_tracks(["cam2"])) as updates:
        watching = asyncio.create_task(collect(updates, 1))
        await viewers(service, 1)
        await stream(client, [frame("cam1", 0), frame("cam2", 1)], "cam1", "cam2")
        assert (await watching)[0].camera_id == "cam2"


async def test_a_viewer_of_an_unknown_camera_is_told_which_there_are(client: Client, service: Service) -> None:
    service.site.set_camera("cam1")
    with pytest.raises(NotFoundError, match="no such camera: cam9; there are cam1"):
        await anext(client.watch_tracks(["cam9"]))


@pytest.mark.parametrize("wish", [{"max_fps": 0.0}, {"max_fps": float("nan")}, {"max_width": 0}, {"max_width": 99999}])
async def test_a_viewers_impossible_wish_is_refused(client: Client, service: Service, wish: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=next(iter(wish))):
        await anext(client.watch_tracks(**wish))


async def test_viewers_are_told_when_the_server_stops(client: Client, service: Service) -> None:
    watching = asyncio.create_task(anext(client.watch_tracks()))
    await viewers(service, 1)
    service.site.overlay.close()
    with pytest.raises(UnavailableError, match="shutting down"):
        await watching


async def collect(updates: AsyncIterator[Update], count: int) -> list[Update]:
    return [await anext(updates) for _ in range(count)]


async def viewers(service: Service, count: int) -> None:
    """Wait until the server has that many viewers."""
    while len(service.site.overlay._viewers) < count:
        await asyncio.sleep(0.001)
