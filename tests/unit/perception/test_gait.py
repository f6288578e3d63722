"""Windows of poses become one gait."""

from __future__ import annotations

import numpy as np
import pytest

from haven_core.gait import DIMENSION
from haven_server.perception.gait import GaitDescriber, gait_vector
from haven_server.types import GaitModel, PoseWindow

RANDOM = np.random.default_rng(3)
MODEL = GaitModel(
    "gait-hash",
    "demo",
    "pose-hash",
    15,
    RANDOM.normal(0, 1, DIMENSION).astype(np.float32),
    RANDOM.normal(0, 1, (16, DIMENSION)).astype(np.float32),
    0.7,
    0.01,
)


def window(seed: int, quality: float = 0.8, score: float = 0.9) -> PoseWindow:
    random = np.random.default_rng(seed)
    poses = random.uniform(0, 200, (15, 17, 3)).astype(np.float32)
    poses[..., 2] = score
    return PoseWindow(poses, np.arange(15, dtype=np.int64) * 100_000_000, quality)


async def test_one_window_gives_its_own_vector_quality_and_model() -> None:
    feature = await GaitDescriber(MODEL).describe([window(1)])
    assert feature is not None
    assert feature.vector == pytest.approx(gait_vector(window(1), MODEL), abs=1e-6)
    assert (feature.quality, feature.model_hash) == (0.8, "gait-hash")


async def test_windows_are_averaged_by_their_quality() -> None:
    first, second = window(1, quality=1.0), window(2, quality=0.25)
    feature = await GaitDescriber(MODEL).describe([first, second])
    one, other = gait_vector(first, MODEL), gait_vector(second, MODEL)
    assert feature is not None and one is not None and other is not None
    mean = one + 0.25 * other
    assert feature.vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    assert feature.quality == pytest.approx(0.625)


async def test_windows_in_which_nothing_is_seen_tell_nothing() -> None:
    describer = GaitDescriber(MODEL)
    assert await describer.describe([window(1, score=0.1)]) is None
    assert await describer.describe([]) is None
    both = await describer.describe([window(1, score=0.1), window(2, quality=0.6)])
    assert both is not None and both.quality == 0.6
