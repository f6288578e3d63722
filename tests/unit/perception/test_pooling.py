from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.errors import EngineError
from haven_server.perception.pooling import pool
from haven_server.types import ModelInfo, ModelRole

MODEL = ModelInfo(ModelRole.FACE_EMBEDDER, "net", "abc", "demo", 112, 112, 2)
EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def vectors(*rows: list[float]) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32)


def test_views_count_by_weight_and_the_mean_has_unit_norm() -> None:
    feature = pool(vectors(EAST, NORTH), [0.3, 0.4], 0.9, MODEL)
    np.testing.assert_allclose(feature.vector, [0.6, 0.8], atol=1e-6)
    assert feature.vector.dtype == np.float32
    assert (feature.quality, feature.model_hash) == (0.9, "abc")


def test_views_without_any_weight_count_alike() -> None:
    np.testing.assert_allclose(pool(vectors(EAST, NORTH), [0, 0], 0, MODEL).vector, [0.5**0.5] * 2, atol=1e-6)


@pytest.mark.parametrize("broken", [[[0.0, 0.0]], [EAST, [-1.0, 0.0]], [[float("nan"), 1.0]]])
def test_vectors_without_a_direction_are_the_networks_fault(broken: list[list[float]]) -> None:
    with pytest.raises(EngineError, match="face_embedder: network 'net'"):
        pool(vectors(*broken), [1.0] * len(broken), 0.9, MODEL)
