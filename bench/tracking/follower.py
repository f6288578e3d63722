"""What all trackers look like to the benchmark: Detections -> Tracked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from haven_server.types import BoxesXYXY, Detections


class Tracked(NamedTuple):
    """The tracks a tracker tells of in one frame.

    Attributes:
        ids: (K,) int64.
        boxes: (K, 4) float32 xyxy px.
    """

    ids: npt.NDArray[np.int64]
    boxes: BoxesXYXY

    @classmethod
    def of(cls, tracks: Iterable[tuple[int, npt.ArrayLike]]) -> Tracked:
        """Gather ids and boxes (4,)."""
        listed = list(tracks)
        boxes = np.array([box for _, box in listed], np.float32).reshape(-1, 4)
        return cls(np.array([number for number, _ in listed], np.int64), boxes)


class Follower(Protocol):
    """A tracker that follows one film. What is timed is ``prepare`` and ``update``: from arrays to its own answer."""

    def prepare(self, detections: Detections) -> Any:
        """Bring a frame's boxes and scores into the form that the tracker takes."""

    def update(self, prepared: Any) -> Any:
        """Take in one frame."""

    def read(self, answer: Any) -> Tracked:
        """Read what the tracker answered."""


def follow(follower: Follower, film: Sequence[Detections]) -> list[Tracked]:
    """Follow a film from its first frame to its last."""
    return [follower.read(follower.update(follower.prepare(detections))) for detections in film]
