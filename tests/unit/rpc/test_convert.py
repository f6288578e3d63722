"""Types and messages, there and back."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from haven.v1 import event_pb2, identity_pb2, tracking_pb2, tracking_service_pb2
from hypothesis import given
from hypothesis import strategies as st

from haven_server.errors import InvalidInputError
from haven_server.events.viewer import SeenTrack
from haven_server.rpc import convert
from haven_server.types import (
    Assurance,
    CameraEnded,
    Confidence,
    EventKind,
    IdentityRow,
    IdentitySummary,
    Modality,
    Track,
    TrackState,
)


def raw_frame(captured_at: Timestamp | None, size: tuple[int, int] = (4, 3)) -> tracking_pb2.Frame:
    width, height = size
    image = tracking_pb2.RawImage(data=bytes(range(36)), width=width, height=height)
    return tracking_pb2.Frame(camera_id="cam1", index=5, captured_at=captured_at, raw=image)


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_times_keep_every_nanosecond(at: int) -> None:
    assert convert.read_frame(raw_frame(convert.timestamp(at))).captured_at == at


@pytest.mark.parametrize("seconds, nanos", [(-1, 0), (0, -1), (0, 1_000_000_000), (2**40, 0)])
def test_what_is_no_time_is_refused(seconds: int, nanos: int) -> None:
    with pytest.raises(InvalidInputError, match=r"camera 'cam1', frame 5: captured_at: .* no time after 1970"):
        convert.read_frame(raw_frame(Timestamp(seconds=seconds, nanos=nanos)))


def test_raw_rows_and_colours_stay_in_place() -> None:
    frame = convert.read_frame(raw_frame(Timestamp(seconds=1)))
    assert np.array_equal(frame.image, np.arange(36, dtype=np.uint8).reshape(3, 4, 3))


def test_a_raw_picture_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="4 x 4 px holds 48 bytes of BGR, got 36"):
        convert.read_frame(raw_frame(Timestamp(seconds=1), (4, 4)))


def test_an_unresolved_track_has_neither_id_nor_confidence() -> None:
    track = Track("cam1", 1, np.array([1, 2, 3, 4], np.float32), 0.5, TrackState.LOST, 9)
    message = convert.track(SeenTrack(track, None, None))
    assert not message.HasField("global_id")
    assert not message.HasField("confidence")
    assert message.state == tracking_pb2.TRACK_STATE_LOST


def test_a_resolved_track_has_both() -> None:
    track = Track("cam1", 1, np.array([1, 2, 3, 4], np.float32), 0.5, TrackState.CONFIRMED, 9)
    message = convert.track(SeenTrack(track, 12, Confidence.LOW))
    assert (message.global_id, message.confidence) == (12, identity_pb2.CONFIDENCE_LOW)


def test_an_identity_lists_its_prototypes_strongest_signal_first() -> None:
    row = IdentityRow(3, 1, 2, Assurance.CONFIRMED)
    counts = {Modality.APPEARANCE: 5, Modality.FACE: 2, Modality.GAIT: 0}
    message = convert.identity(IdentitySummary(row, ("a", "b"), 40, counts, "/data/3.jpg"))
    assert [(entry.modality, entry.count) for entry in message.prototype_counts] == [
        (identity_pb2.MODALITY_FACE, 2),
        (identity_pb2.MODALITY_APPEARANCE, 5),
    ]
    assert "/data" not in str(message)


@pytest.mark.parametrize(
    "text",
    ["camera 'a': /data/hall 2.mp4: truncated", "rtsp://10.0.0.9: no route to host", r"C:\hall.mp4: no such file"],
)
def test_a_reason_that_names_a_path_or_url_stays_in_the_log(text: str) -> None:
    assert convert.problem("a", text) == "it failed; the server's log tells why"


def test_a_reason_is_told_without_the_camera_that_stands_beside_it() -> None:
    assert convert.problem("a", "camera 'a': the detector gave no answer") == "the detector gave no answer"


def test_a_camera_that_came_to_its_proper_end_tells_no_reason() -> None:
    assert not convert.camera_ended(CameraEnded("a")).HasField("problem")


def test_a_camera_without_a_start_time_opens_without_one() -> None:
    messages = [
        tracking_service_pb2.CameraOpening(camera_id="a"),
        tracking_service_pb2.CameraOpening(camera_id="b", start_time=Timestamp(seconds=2)),
    ]
    assert [opening.starts_at for opening in convert.read_openings(messages)] == [None, 2_000_000_000]


def test_kinds_of_events_are_read_by_number() -> None:
    assert convert.read_kinds([event_pb2.EVENT_KIND_CAMERA_STATE]) == {EventKind.CAMERA_STATE}


def test_an_unspecified_kind_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"kinds: \[0\] are no kinds of event"):
        convert.read_kinds([event_pb2.EVENT_KIND_UNSPECIFIED])
