"""Overlap of boxes."""

import numpy as np
import numpy.typing as npt

def have_area(boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Tell which boxes have an area, and refuse what is no box at all.

    Args:
        boxes: (N, 4) float32 xyxy, contiguous.
    Returns:
        (N,) bool: True where both sides are at least 0.001 px.
    Raises:
        ValueError: wrong shape or dtype; a corner that is NaN or beyond 1e9 px; x2 < x1 or y2 < y1.
    """

def iou_distance(
    tracks: npt.NDArray[np.float32],
    boxes: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float32]:
    """Measure how little each track overlaps each box.

    Args:
        tracks: (T, 4) float32 xyxy, contiguous, finite; one that is inside out touches nothing.
        boxes: (N, 4) likewise.
        scores: (N,) float32 by which the overlap is weighed; None: by 1.
    Returns:
        (T, N) float32: 1 - IoU * score; 1 where they do not touch.
    Raises:
        ValueError: wrong shape or dtype; a corner, area or score that is NaN or infinite.
    Source: score fusion of Zhang et al., ByteTrack, ECCV 2022.
    """
