"""Fetch the pictures of a person for a page: folder, id -> data URLs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from haven_server.evaluation.annotate import colour_of

HEIGHT_PX = 168
"""Of a picture on the page, half as much again as it is shown, for fine screens."""
VIEWS = 5
QUALITY = 82


@dataclass(frozen=True, slots=True)
class View:
    """One picture.

    Attributes:
        data: the JPEG as a URL.
    """

    camera_id: str
    data: str


def views(folder: Path, global_id: int) -> list[View]:
    """Fetch up to ``VIEWS`` pictures of a person, one of each camera before further ones; broken files are none."""
    paths = sorted((folder / str(global_id)).glob("*.jpg"), key=_captured_at)
    first = {_camera(path): path for path in reversed(paths)}
    chosen = sorted(
        [*first.values(), *(path for path in paths if path not in first.values())][:VIEWS], key=_captured_at
    )
    return [View(_camera(path), data) for path in chosen if (data := _data(path)) is not None]


def colour_name(global_id: int) -> str:
    """Give a person's colour in the annotated videos as ``#rrggbb``."""
    blue, green, red = colour_of(global_id)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _camera(path: Path) -> str:
    """Read the camera from ``<camera>_<track>_<ns>.jpg``."""
    return path.stem.rsplit("_", 2)[0]


def _captured_at(path: Path) -> tuple[int, str]:
    at = path.stem.rpartition("_")[2]
    return (int(at) if at.isdecimal() else 0, path.name)


def _data(path: Path) -> str | None:
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
    if picture is None:
        return None
    width = max(1, round(picture.shape[1] * HEIGHT_PX / picture.shape[0]))
    small = cv2.resize(picture, (width, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")
