"""What a client sends and receives: plain frozen values. Times are ns since the Unix epoch, boxes source pixels.

Words such as states and kinds are spelled as the server spells them, so that one this client does not know yet still
reads well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Box: TypeAlias = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the source frame."""


@dataclass(frozen=True, slots=True)
class RawImage:
    """An uncompressed picture.

    Attributes:
        data: height * width * 3 bytes, rows from the top, blue-green-red, no padding.
    """

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CameraOpening:
    """A camera whose frames are about to be sent.

    Attributes:
        starts_at: no frame of it is captured earlier; None: unknown.
    """

    camera_id: str
    starts_at: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture to send.

    Attributes:
        index: 0-based number in its source, ascending.
        captured_at: never earlier than any frame sent before in the same stream.
        image: the bytes of a JPEG file, or raw pixels.
    """

    camera_id: str
    index: int
    captured_at: int
    image: bytes | RawImage


@dataclass(frozen=True, slots=True)
class CameraEnd:
    """No frame of this camera follows; to be sent at the end of each file."""

    camera_id: str


@dataclass(frozen=True, slots=True)
class Track:
    """One person followed in one camera, as of one frame.

    Attributes:
        score: of the detection, [0, 1].
        state: tentative | confirmed | lost | removed.
        age: frames since the track's first.
        global_id: who it is; None until the person is resolved.
        confidence: low | medium | high; None until the person is resolved.
    """

    track_id: int
    box: Box
    score: float
    state: str
    age: int
    global_id: int | None
    confidence: str | None


@dataclass(frozen=True, slots=True)
class FrameTracks:
    """The tracks visible in one frame.

    Attributes:
        width, height: of the source frame, px.
        dropped: frames of this camera that were lost before this one because this client or the server was slow.
        jpeg: the picture, None where none was asked for.
    """

    camera_id: str
    frame_index: int
    captured_at: int
    width: int
    height: int
    tracks: tuple[Track, ...]
    dropped: int = 0
    jpeg: bytes | None = None


@dataclass(frozen=True, slots=True)
class TrackEnded:
    """A track is over, and this is who it was; None when too little was seen to tell."""

    camera_id: str
    track_id: int
    global_id: int | None
    confidence: str | None


@dataclass(frozen=True, slots=True)
class CameraEnded:
    """A camera sends no more frames, and all its tracks have ended.

    Attributes:
        problem: why it failed; None: it did not.
    """

    camera_id: str
    problem: str | None = None


Update: TypeAlias = FrameTracks | TrackEnded | CameraEnded
"""What the server tells of cameras."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        sequence: gap-free over all events; what to resume after.
        kind: for instance IDENTITY_CREATED.
        detail: further facts of this kind.
    """

    sequence: int
    kind: str
    at: int
    camera_id: str | None
    track_id: int | None
    global_id: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """One person as the gallery knows them.

    Attributes:
        assurance: tentative | confirmed.  status: active | merged | archived.
        prototype_counts: remembered views by signal (face, gait, appearance).
    """

    global_id: int
    created_at: int
    last_seen_at: int
    assurance: str
    status: str
    merged_into: int | None
    camera_ids: tuple[str, ...]
    observation_count: int
    prototype_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera as it stands.

    Attributes:
        type: video | rtsp | pushed.
        state: waiting | connecting | live | stalled | backoff | failed | ended | disabled.
        start_offset: ns after the run's start at which its file begins.
        problem: why it failed, None otherwise.
    """

    camera_id: str
    name: str
    type: str
    state: str
    enabled: bool
    frames: int
    dropped: int
    start_offset: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class CameraList:
    """All cameras, and how the server times the frames of a file.

    Attributes:
        run_start: capture time of a file's first frame at offset 0.
        fps_limit: frames per second taken from one camera at most.
    """

    cameras: tuple[Camera, ...]
    run_start: int
    fps_limit: float
