"""Keep the windows in which a track moves best, in bounded memory: Keypoints -> PoseWindow."""

from __future__ import annotations

import numpy as np

from haven_core.quality import completeness, movement
from haven_server.settings import GaitSettings
from haven_server.types import NANOSECONDS, SEEN_SCORE, Keypoints, Numbers, Poses, PoseWindow

POSE_INTERVAL_S = 0.1
"""Time between two poses of a window, whatever the camera's rate: 15 poses then span more than one double step, where
half a second of them at 30 Hz has an equal error rate of 12 % instead of 8 (docs/training.md)."""
PUNCTUALITY = 0.9
"""Share of that time after which a frame's pose is taken: frames do not come at tenths of a second."""
LONGEST_GAP_S = 0.35
"""Time without a pose after which a window begins anew: a swinging leg is not to be missed."""
KEPT_WINDOWS = 4
"""Windows kept of one track."""
FULL_MOVEMENT = 2.0
"""Movement, in units of `reid.gait.min_motion`, from which on it counts full."""


class Walks:
    """The poses of one track, cut into windows that do not overlap; the best windows stay.

    Args:
        settings: length of a window, and least movement of one that counts.
    """

    def __init__(self, settings: GaitSettings) -> None:
        self._settings = settings
        self._open: list[tuple[int, Keypoints]] = []
        self._kept: list[PoseWindow] = []

    def offer(self, captured_at: int, keypoints: Keypoints) -> None:
        """Take the pose of a later frame.

        Args:
            captured_at: ns.
            keypoints: (17, 3) float32, source px.
        """
        if self._open:
            elapsed_s = (captured_at - self._open[-1][0]) / NANOSECONDS
            if elapsed_s < PUNCTUALITY * POSE_INTERVAL_S:
                return
            if elapsed_s > LONGEST_GAP_S:
                self._open.clear()
        # A copy: a view would keep the points of everybody in the frame.
        self._open.append((captured_at, keypoints.copy()))
        if len(self._open) == self._settings.sequence_length:
            self._close()

    def pick(self) -> tuple[PoseWindow, ...]:
        """Return the windows kept, in time order."""
        return tuple(sorted(self._kept, key=lambda window: int(window.times[0])))

    def _close(self) -> None:
        """Keep the open window if it is one of the best, the earlier one among equals, and begin another."""
        times, poses = zip(*self._open, strict=True)
        self._open.clear()
        window = judge_window(np.stack(poses), np.array(times, np.int64), self._settings.min_motion)
        if window.quality > 0:
            self._kept = sorted([*self._kept, window], key=lambda one: -one.quality)[:KEPT_WINDOWS]


def judge_window(poses: Poses, times: Numbers, min_motion: float) -> PoseWindow:
    """Make a window of poses with its quality: the share of trunk and limbs that is seen, less where little moves.

    Args:
        poses: (T, 17, 3) float32.
        times: (T,) int64 ns, ascending.
        min_motion: movement (root mean square, px) under which the quality is 0.
    """
    moved = movement(poses, SEEN_SCORE)
    share = min(moved / (FULL_MOVEMENT * min_motion), 1.0) if min_motion > 0 else 1.0
    quality = completeness(poses, SEEN_SCORE) * share if moved >= min_motion else 0.0
    return PoseWindow(poses, times, quality)
