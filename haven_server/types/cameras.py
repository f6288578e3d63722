"""What a camera hands to the site half, and how it fares."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from haven_server.types.frames import Track, Tracklet


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """All that one frame tells the site half; also this camera's watermark.

    Attributes:
        tracks: visible in this frame, by ascending track id.
        tracklets: now ready to be (re)considered, ended ones included, by ascending track id.
    """

    camera_id: str
    frame_index: int
    captured_at: int
    tracks: tuple[Track, ...]
    tracklets: tuple[Tracklet, ...]


class CameraState(enum.Enum):
    """How a camera fares."""

    WAITING = "waiting"

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    BACKOFF = "backoff"
    FAILED = "failed"
    ENDED = "ended"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class CameraEnded:
    """A camera sends no more frames: its last word to the site half, and to viewers.

    Attributes:
        problem: why, where it did not come to its proper end; empty otherwise.
        state: ENDED, or FAILED where the problem is the camera's own.
    """

    camera_id: str
    problem: str = ""
    state: CameraState = CameraState.ENDED


@dataclass(frozen=True, slots=True)
class CameraOpening:
    """A camera whose frames a client is about to push.

    Attributes:
        starts_at: no frame is captured before this, ns since the Unix epoch; None: the client cannot say.
    """

    camera_id: str
    starts_at: int | None


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera as `CameraService` lists it; never its source or credentials.

    Attributes:
        type: video | rtsp | pushed.
        frames: taken in since the server started.  dropped: frames given up to stay fresh.
        problem: why the camera failed, empty otherwise.
    """

    camera_id: str
    name: str
    type: str
    state: CameraState
    enabled: bool
    frames: int
    dropped: int
    start_offset_s: float
    problem: str = ""
