"""Turn messages into plain values and back: haven.v1 <-> messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from haven.v1 import camera_service_pb2, event_pb2, identity_pb2, tracking_pb2, tracking_service_pb2

from haven_client.errors import InvalidRequestError
from haven_client.messages import (
    Camera,
    CameraEnd,
    CameraEnded,
    CameraList,
    CameraOpening,
    Event,
    Frame,
    FrameTracks,
    Identity,
    Track,
    TrackEnded,
    Update,
)

_NANOSECONDS = 1_000_000_000


def write_opening(opening: CameraOpening) -> tracking_service_pb2.CameraOpening:
    """Write a camera of a stream's opening."""
    start = None if opening.starts_at is None else write_time(opening.starts_at)
    return tracking_service_pb2.CameraOpening(camera_id=opening.camera_id, start_time=start)


def write_request(item: Frame | CameraEnd) -> tracking_service_pb2.StreamFramesRequest:
    """Write one item of a stream of frames."""
    if isinstance(item, CameraEnd):
        end = tracking_service_pb2.CameraEnd(camera_id=item.camera_id)
        return tracking_service_pb2.StreamFramesRequest(camera_end=end)
    frame = tracking_pb2.Frame(camera_id=item.camera_id, index=item.index, captured_at=write_time(item.captured_at))
    if isinstance(item.image, bytes):
        frame.jpeg = item.image
    else:
        raw = tracking_pb2.RawImage(data=item.image.data, width=item.image.width, height=item.image.height)
        frame.raw.CopyFrom(raw)
    return tracking_service_pb2.StreamFramesRequest(frame=frame)


def write_kind(kind: str) -> event_pb2.EventKind.ValueType:
    """Write the name of a kind of event.

    Raises:
        InvalidRequestError: this client knows no such kind.
    """
    try:
        return event_pb2.EventKind.Value(f"EVENT_KIND_{kind}")
    except ValueError:
        known = [name.removeprefix("EVENT_KIND_") for name in event_pb2.EventKind.keys()[1:]]
        raise InvalidRequestError(f"{kind!r} is no kind of event; known are {', '.join(known)}") from None


def read_update(
    response: tracking_service_pb2.StreamFramesResponse | tracking_service_pb2.WatchTracksResponse,
    jpeg: bytes | None = None,
) -> Update | None:
    """Read what a server tells of a camera, None when it is of a kind this client does not know."""
    match response.WhichOneof("update"):
        case "frame_tracks":
            return _read_frame_tracks(response.frame_tracks, response.dropped, jpeg)
        case "track_ended":
            ended = response.track_ended
            return TrackEnded(ended.camera_id, ended.track_id, optional(ended, "global_id"), _read_confidence(ended))
        case "camera_ended":
            ended_camera = response.camera_ended
            return CameraEnded(ended_camera.camera_id, optional(ended_camera, "problem"))
        case _:
            return None


def read_event(message: event_pb2.Event) -> Event:
    """Read one event."""
    return Event(
        message.sequence,
        read_word(event_pb2.EventKind, "EVENT_KIND_", message.kind).upper(),
        read_time(message.at),
        optional(message, "camera_id"),
        optional(message, "track_id"),
        optional(message, "global_id"),
        MessageToDict(message.detail),
    )


def read_identity(message: identity_pb2.Identity) -> Identity:
    """Read one identity."""
    return Identity(
        message.global_id,
        read_time(message.created_at),
        read_time(message.last_seen_at),
        read_word(identity_pb2.Assurance, "ASSURANCE_", message.assurance),
        read_word(identity_pb2.IdentityStatus, "IDENTITY_STATUS_", message.status),
        optional(message, "merged_into"),
        tuple(message.camera_ids),
        message.observation_count,
        {
            read_word(identity_pb2.Modality, "MODALITY_", entry.modality): entry.count
            for entry in message.prototype_counts
        },
    )


def read_cameras(message: camera_service_pb2.ListCamerasResponse) -> CameraList:
    """Read all cameras."""
    cameras = tuple(
        Camera(
            camera.camera_id,
            camera.name,
            read_word(camera_service_pb2.CameraType, "CAMERA_TYPE_", camera.type),
            read_word(camera_service_pb2.CameraState, "CAMERA_STATE_", camera.state),
            camera.enabled,
            camera.frames,
            camera.dropped,
            camera.start_offset.ToNanoseconds(),
            optional(camera, "problem"),
        )
        for camera in message.cameras
    )
    return CameraList(cameras, read_time(message.run_start), message.fps_limit)


def _read_frame_tracks(message: tracking_pb2.FrameTracks, dropped: int, jpeg: bytes | None) -> FrameTracks:
    return FrameTracks(
        message.camera_id,
        message.frame_index,
        read_time(message.captured_at),
        message.width,
        message.height,
        tuple(_read_track(track) for track in message.tracks),
        dropped,
        jpeg,
    )


def _read_track(message: tracking_pb2.Track) -> Track:
    box = message.box
    return Track(
        message.track_id,
        (box.x1, box.y1, box.x2, box.y2),
        message.score,
        read_word(tracking_pb2.TrackState, "TRACK_STATE_", message.state),
        message.age,
        optional(message, "global_id"),
        _read_confidence(message),
    )


def _read_confidence(message: tracking_pb2.Track | tracking_pb2.TrackEnded) -> str | None:
    if not message.HasField("confidence"):
        return None
    return read_word(identity_pb2.Confidence, "CONFIDENCE_", message.confidence)


class _Enum(Protocol):
    """What a generated enum can do."""

    def Name(self, number: Any, /) -> str: ...  # noqa: N802

    def values(self) -> Sequence[int]: ...


def read_word(words: _Enum, prefix: str, number: int) -> str:
    """Return an enum value's name without its prefix, in lower case; a newer server may send one that has no name."""
    if number not in words.values():
        return f"unknown_{number}"
    return words.Name(number).removeprefix(prefix).lower()


def optional(message: Message, name: str) -> Any:
    """Return a field's value, None where it is not set."""
    return getattr(message, name) if message.HasField(name) else None


def write_time(at: int) -> Timestamp:
    """Write a time given in ns since the Unix epoch."""
    return Timestamp(seconds=at // _NANOSECONDS, nanos=at % _NANOSECONDS)


def read_time(message: Timestamp) -> int:
    """Read a time as ns since the Unix epoch."""
    return message.seconds * _NANOSECONDS + message.nanos
