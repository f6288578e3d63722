"""How good a view of a person is: Track, Frame -> quality."""

from __future__ import annotations

from haven_server.types import Keypoints

FULL_AREA_PX2 = 10_000.0
"""Visible box area, square px, from which on size counts full (SEED 7.1: a person of 100 x 100)."""
FULL_SHARPNESS = 100.0
"""Laplacian variance, grey levels squared, from which on sharpness counts full (SEED 7.1)."""
FACE_BONUS = 1.2
"""How much a view is preferred whose keypoints show the face (SEED 7.1)."""
FACE_POINTS = slice(0, 3)
"""Rows of nose, left eye and right eye among COCO's keypoints."""
FACE_POINT_SCORE = 0.5
"""Score of a keypoint that is seen rather than guessed."""


def view_quality(score: float, area: float, sharpness: float) -> float:
    """Weigh how sure, how large and how sharp a view is.

    Args:
        score: of the detection, [0, 1].
        area: of the visible box, square px.
        sharpness: Laplacian variance of the crop, grey levels squared.
    Returns:
        [0, 1], greater is better.
    Source: SEED 7.1.
    """
    return 0.3 * score + 0.3 * min(area / FULL_AREA_PX2, 1.0) + 0.4 * min(sharpness / FULL_SHARPNESS, 1.0)


def best_quality(score: float, area: float) -> float:
    """Return the most ``view_quality`` can be, whatever the sharpness turns out to be."""
    return view_quality(score, area, FULL_SHARPNESS)


def preference(keypoints: Keypoints | None) -> float:
    """Return the factor by which a view is preferred when views are chosen: faces are worth having."""
    shows_face = keypoints is not None and bool((keypoints[FACE_POINTS, 2] >= FACE_POINT_SCORE).all())
    return FACE_BONUS if shows_face else 1.0
