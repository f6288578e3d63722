"""Find the poses in a frame and whose they are: (Frame, Tracks) -> Poses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from haven_core.boxes import iou_distance
from haven_server.perception.finder import ObjectFinder
from haven_server.ports import Engine
from haven_server.types import Frame, ModelRole, Pose, Track

MIN_IOU = 0.3
"""Least overlap of a pose's box and a track's that may belong to one person."""


class PoseEstimator:
    """The pose estimator above whatever engine runs its network: one look at the whole frame.

    Args:
        resize_width: px to which a frame's width is shrunk at most for the network.
        conf_threshold: people with a lower score get no pose.

    Raises:
        ModelError: no pose estimator is installed.
    """

    def __init__(self, engine: Engine, resize_width: int, conf_threshold: float) -> None:
        self._finder = ObjectFinder(engine, ModelRole.POSE_ESTIMATOR, conf_threshold, resize_width)

    async def estimate(self, frame: Frame, tracks: Sequence[Track]) -> dict[int, Pose]:
        """Find the poses of the tracks that are visible in a frame; without tracks no network runs.

        Returns:
            Poses in source pixels by track id; a track whose pose was not found is missing.

        Raises:
            EngineError: the network failed.
        """
        if not tracks:
            return {}
        (people,) = await self._finder.find([frame.image])
        overlaps = 1 - iou_distance(np.stack([track.box for track in tracks]), people.boxes)
        return {
            tracks[row].track_id: Pose(people.points[column], float(people.scores[column]))
            for row, column in best_pairs(overlaps, MIN_IOU)
        }


def best_pairs(overlaps: npt.NDArray[np.float32], least: float) -> list[tuple[int, int]]:
    """Pair rows and columns one to one, the greatest overlap first.

    Args:
        overlaps: (R, C) in [0, 1].
        least: pairs that overlap less are left out.

    Returns:
        (row, column) pairs, best first; of equal overlaps the lowest row, then the lowest column.
    """
    pairs: list[tuple[int, int]] = []
    free_rows, free_columns = set(range(overlaps.shape[0])), set(range(overlaps.shape[1]))
    for place in np.argsort(-overlaps, axis=None, kind="stable"):
        row, column = divmod(int(place), overlaps.shape[1])
        if overlaps[row, column] < least:
            break
        if row in free_rows and column in free_columns:
            free_rows.remove(row)
            free_columns.remove(column)
            pairs.append((row, column))
    return pairs
