"""Which track a box belongs to. BoxesXYXY, BoxesXYXY -> Association."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from haven_core.assignment import assign
from haven_core.boxes import iou_distance
from haven_server.types import BoxesXYXY, Scores

Rows: TypeAlias = npt.NDArray[np.intp]
"""(K,) intp: places in another array."""


class Association(NamedTuple):
    """Who goes with whom, as places in the two arrays that were compared.

    Attributes:
        tracks, boxes: (K,) each, the pairs by ascending track.
        missed: (T - K,) tracks without a box, ascending.
        left: (N - K,) boxes without a track, ascending.
    """

    tracks: Rows
    boxes: Rows
    missed: Rows
    left: Rows


def associate(tracks: BoxesXYXY, boxes: BoxesXYXY, limit: float, scores: Scores | None = None) -> Association:
    """Pair tracks with boxes so that their distances are least in sum.

    Args:
        tracks: (T, 4) float32 xyxy px, predicted to this frame.  boxes: (N, 4) likewise, as detected.
        limit: greatest distance of a pair, exclusive; distance is 1 - IoU, the IoU weighed by the score.
        scores: (N,) float32 in [0, 1]; None: the score does not matter.
    """
    if len(tracks) == 0 or len(boxes) == 0:
        nobody = np.empty(0, np.intp)
        return Association(nobody, nobody, np.arange(len(tracks)), np.arange(len(boxes)))
    return Association(*assign(iou_distance(tracks, boxes, scores), limit))
