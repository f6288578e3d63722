"""What the tracker is told of how people look."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from haven_server.errors import EngineError
from haven_server.perception.appearance import AppearanceDescriber
from haven_server.ports import Engine
from haven_server.types import BGRImage, ModelRole

MakePicture = Callable[..., BGRImage]
LEFT, RIGHT = (10, 20, 60, 120), (100, 20, 150, 120)


async def test_each_box_is_described_by_what_is_inside_it_in_one_call(
    engine: Engine, calls: dict[ModelRole, list[int]], make_picture: MakePicture
) -> None:
    picture = make_picture((LEFT, "red"), (RIGHT, "green"), height=200, width=200)
    vectors = await AppearanceDescriber(engine).look(picture, np.array([RIGHT, LEFT], np.float32))
    assert vectors.argmax(axis=1).tolist() == [1, 2]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert calls[ModelRole.APPEARANCE_EMBEDDER] == [2]


async def test_vectors_without_a_direction_are_the_networks_fault(engine: Engine) -> None:
    black = np.zeros((200, 200, 3), np.uint8)
    with pytest.raises(EngineError, match="appearance_embedder: network 'colours' gave embeddings without a direction"):
        await AppearanceDescriber(engine).look(black, np.array([LEFT], np.float32))
