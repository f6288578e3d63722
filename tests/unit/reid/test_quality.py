"""Which views of a person are preferred."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.reid.quality import FACE_BONUS, preference, view_quality
from haven_server.types import Keypoints


def head(score: float) -> Keypoints:
    """Nose and eyes, the nose seen with this score."""
    points = np.zeros((17, 3), np.float32)
    points[:3, 2] = (score, 0.9, 0.9)
    return points


def test_quality_is_thirds_of_score_and_size_and_the_rest_sharpness() -> None:
    assert view_quality(1.0, 10_000, 100) == 1.0
    assert view_quality(0.5, 5_000, 50) == pytest.approx(0.15 + 0.15 + 0.2)
    assert view_quality(1.0, 1e6, 1e6) == 1.0


def test_a_view_that_shows_nose_and_both_eyes_has_the_bonus() -> None:
    assert preference(head(0.5)) == FACE_BONUS
    assert preference(head(0.4)) == preference(None) == 1.0
