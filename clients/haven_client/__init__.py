"""Python client of a HAVEN server: who is where, over all its cameras."""

from haven_client.client import Client
from haven_client.errors import (
    CameraBusyError,
    ClientError,
    DeadlineError,
    EventsGoneError,
    InvalidRequestError,
    NotFoundError,
    OutputError,
    OverloadedError,
    UnavailableError,
    VideoError,
)
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
    RawImage,
    Track,
    TrackEnded,
    Update,
)
from haven_client.sync import SyncClient

__all__ = [
    "Camera",
    "CameraBusyError",
    "CameraEnd",
    "CameraEnded",
    "CameraList",
    "CameraOpening",
    "Client",
    "ClientError",
    "DeadlineError",
    "Event",
    "EventsGoneError",
    "Frame",
    "FrameTracks",
    "Identity",
    "InvalidRequestError",
    "NotFoundError",
    "OutputError",
    "OverloadedError",
    "RawImage",
    "SyncClient",
    "Track",
    "TrackEnded",
    "UnavailableError",
    "Update",
    "VideoError",
]
