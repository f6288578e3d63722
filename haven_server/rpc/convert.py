"""Turn cameras, frames, tracks, events and people into messages and back: types <-> haven.v1."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from haven.v1 import camera_service_pb2, event_pb2, geometry_pb2, identity_pb2, tracking_pb2, tracking_service_pb2

from haven_server.errors import InvalidInputError
from haven_server.events.viewer import FrameResult, SeenTrack
from haven_server.sources.decode import decode_jpeg
from haven_server.types import (
    NANOSECONDS,
    Assurance,
    BGRImage,
    BoxXYXY,
    CameraEnded,
    CameraOpening,
    CameraState,
    CameraStatus,
    Confidence,
    Event,
    EventKind,
    Frame,
    Identification,
    IdentitySummary,
    Modality,
    TrackState,
)

MAX_SIDE = 16384
"""Greatest width and height of a picture, px."""
MAX_CAMERAS = 64
"""Cameras in one stream at most; a frame costs a promise for each."""

_TRACK_STATE = {state: tracking_pb2.TrackState.Value(f"TRACK_STATE_{state.name}") for state in TrackState}
_CONFIDENCE = {level: identity_pb2.Confidence.Value(f"CONFIDENCE_{level.name}") for level in Confidence}
_ASSURANCE = {level: identity_pb2.Assurance.Value(f"ASSURANCE_{level.name}") for level in Assurance}
MODALITY = {signal: identity_pb2.Modality.Value(f"MODALITY_{signal.name}") for signal in Modality}
_EVENT_KIND = {kind: event_pb2.EventKind.Value(f"EVENT_KIND_{kind.name}") for kind in EventKind}
_CAMERA_STATE = {state: camera_service_pb2.CameraState.Value(f"CAMERA_STATE_{state.name}") for state in CameraState}


def timestamp(at: int) -> Timestamp:
    """Write a time given in ns since the Unix epoch."""
    return Timestamp(seconds=at // NANOSECONDS, nanos=at % NANOSECONDS)


def box(corners: BoxXYXY) -> geometry_pb2.Box:
    """Write a box, (4,) float32 xyxy."""
    x1, y1, x2, y2 = (float(edge) for edge in corners)
    return geometry_pb2.Box(x1=x1, y1=y1, x2=x2, y2=y2)


def track(seen: SeenTrack) -> tracking_pb2.Track:
    """Write one track as of one frame."""
    own = seen.track
    return tracking_pb2.Track(
        track_id=own.track_id,
        box=box(own.box),
        score=own.score,
        state=_TRACK_STATE[own.state],
        age=own.age,
        global_id=seen.global_id,
        confidence=confidence(seen.confidence),
    )


def frame_tracks(result: FrameResult) -> tracking_pb2.FrameTracks:
    """Write one frame's tracks."""
    return tracking_pb2.FrameTracks(
        camera_id=result.camera_id,
        frame_index=result.frame_index,
        captured_at=timestamp(result.captured_at),
        width=result.width,
        height=result.height,
        tracks=[track(seen) for seen in result.tracks],
    )


def track_ended(identification: Identification) -> tracking_pb2.TrackEnded:
    """Write a final identification."""
    return tracking_pb2.TrackEnded(
        camera_id=identification.camera_id,
        track_id=identification.track_id,
        global_id=identification.global_id,
        confidence=confidence(identification.confidence),
    )


def camera_ended(ended: CameraEnded) -> tracking_pb2.CameraEnded:
    """Write a camera's end."""
    return tracking_pb2.CameraEnded(camera_id=ended.camera_id, problem=problem(ended.camera_id, ended.problem))


def problem(camera_id: str, text: str) -> str | None:
    """Write why a camera failed, None where it did not.

    A client is told no path and no URL, whoever's it is: both have a slash or a backslash.
    """
    if not text:
        return None
    if "/" in text or "\\" in text:
        return "it failed; the server's log tells why"
    return text.removeprefix(f"camera {camera_id!r}: ")


def event(committed: Event) -> event_pb2.Event:
    """Write a committed event."""
    message = event_pb2.Event(
        sequence=committed.sequence,
        kind=_EVENT_KIND[committed.kind],
        at=timestamp(committed.at),
        camera_id=committed.camera_id,
        track_id=committed.track_id,
        global_id=committed.global_id,
    )
    message.detail.update(dict(committed.detail))
    return message


def identity(summary: IdentitySummary) -> identity_pb2.Identity:
    """Write one person as the gallery lists them."""
    row = summary.identity
    counts = summary.prototype_counts
    return identity_pb2.Identity(
        global_id=row.global_id,
        created_at=timestamp(row.created_at),
        last_seen_at=timestamp(row.last_seen_at),
        assurance=_ASSURANCE[row.assurance],
        status=identity_pb2.IdentityStatus.Value(f"IDENTITY_STATUS_{row.status.upper()}"),
        merged_into=row.merged_into,
        camera_ids=summary.cameras,
        observation_count=summary.observation_count,
        prototype_counts=[
            identity_pb2.PrototypeCount(modality=MODALITY[signal], count=counts[signal])
            for signal in Modality
            if counts.get(signal)
        ],
    )


def camera(status: CameraStatus) -> camera_service_pb2.Camera:
    """Write one camera as it stands."""
    message = camera_service_pb2.Camera(
        camera_id=status.camera_id,
        name=status.name,
        type=camera_service_pb2.CameraType.Value(f"CAMERA_TYPE_{status.type.upper()}"),
        state=_CAMERA_STATE[status.state],
        enabled=status.enabled,
        frames=status.frames,
        dropped=status.dropped,
        start_offset=Duration(),
        problem=problem(status.camera_id, status.problem),
    )
    message.start_offset.FromNanoseconds(round(status.start_offset_s * NANOSECONDS))
    return message


def read_openings(cameras: Collection[tracking_service_pb2.CameraOpening]) -> list[CameraOpening]:
    """Read the cameras of a stream's opening.

    Raises:
        InvalidInputError: there are too many, or a start time is no time.
    """
    if len(cameras) > MAX_CAMERAS:
        raise InvalidInputError(f"cameras: wanted at most {MAX_CAMERAS} in one stream, got {len(cameras)}")
    return [
        CameraOpening(
            message.camera_id,
            read_time(message.start_time, f"camera {message.camera_id!r}: start_time")
            if message.HasField("start_time")
            else None,
        )
        for message in cameras
    ]


def read_kinds(kinds: Iterable[event_pb2.EventKind.ValueType]) -> frozenset[EventKind]:
    """Read a filter of event kinds.

    Raises:
        InvalidInputError: one is unspecified or unknown.
    """
    known = {number: kind for kind, number in _EVENT_KIND.items()}
    unknown = sorted(set(kinds) - set(known))
    if unknown:
        raise InvalidInputError(f"kinds: {unknown} are no kinds of event; known are {event_pb2.EventKind.keys()[1:]}")
    return frozenset(known[number] for number in kinds)


def read_frame(message: tracking_pb2.Frame) -> Frame:
    """Read one frame and decode its picture. Blocking: run it off the event loop.

    Raises:
        InvalidInputError: there is no capture time or picture, or the picture is corrupt; names camera and frame.
    """
    name = f"camera {message.camera_id!r}, frame {message.index}"
    if not message.HasField("captured_at"):
        raise InvalidInputError(f"{name}: captured_at is missing")
    captured_at = read_time(message.captured_at, f"{name}: captured_at")
    return Frame(message.camera_id, message.index, captured_at, _read_image(message, name))


def confidence(level: Confidence | None) -> identity_pb2.Confidence.ValueType | None:
    """Write how sure an identification is, None where there is none."""
    return None if level is None else _CONFIDENCE[level]


def read_time(message: Timestamp, name: str) -> int:
    """Read a time as ns since the Unix epoch.

    Args:
        name: of the field, for the message.
    Raises:
        InvalidInputError: it is no time after 1970.
    """
    at = message.seconds * NANOSECONDS + message.nanos
    if not (0 <= message.nanos < NANOSECONDS and 0 <= at < 2**63):
        raise InvalidInputError(f"{name}: {message.seconds} s and {message.nanos} ns are no time after 1970")
    return at


def _read_image(message: tracking_pb2.Frame, name: str) -> BGRImage:
    if not message.HasField("image"):
        raise InvalidInputError(f"{name}: the picture is missing; set jpeg or raw")
    if message.HasField("raw"):
        return _read_raw(message.raw, name)
    try:
        return decode_jpeg(message.jpeg)
    except InvalidInputError as error:
        raise InvalidInputError(f"{name}: {error}") from error


def _read_raw(raw: tracking_pb2.RawImage, name: str) -> BGRImage:
    size = f"{name}: a raw picture of {raw.width} x {raw.height} px"
    if not (0 < raw.width <= MAX_SIDE and 0 < raw.height <= MAX_SIDE):
        raise InvalidInputError(f"{size}: each side must be 1 to {MAX_SIDE} px")
    wanted = raw.width * raw.height * 3
    if len(raw.data) != wanted:
        raise InvalidInputError(f"{size} holds {wanted} bytes of BGR, got {len(raw.data)}")
    return np.frombuffer(raw.data, np.uint8).reshape(raw.height, raw.width, 3)
