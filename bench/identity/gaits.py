"""Gaits as good poses would give them: people who walk in the drawn world, their true poses -> vectors.

No network's statistics of walks are shipped for real cameras, so that gait is tried with what it can be at its best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.perception.gait import gait_vector
from haven_server.types import GaitModel, ModelInfo, ModelRole
from triton_models.training import gaits
from triton_models.training.seeds import CALIBRATION, HELD_OUT, TRAINING


@dataclass(frozen=True, slots=True, eq=False)
class Gaits:
    """Walks that the statistics were not learnt from.

    Attributes:
        vectors: (N, D) of unit norm.  people: (N,) whose each is.
    """

    model: GaitModel
    vectors: npt.NDArray[np.float32]
    people: npt.NDArray[np.int64]


def walk() -> Gaits:
    """Learn statistics of true poses, and describe other people's walks by them; takes half a minute."""
    pose = ModelInfo(ModelRole.POSE_ESTIMATOR, "true poses", "true poses", "demo", 0, 0, None)
    model = gaits.learn(gaits.true(TRAINING), gaits.true(CALIBRATION), pose)
    held = gaits.true(HELD_OUT)
    told = [(gait_vector(window, model), who) for window, who in zip(held.windows, held.people, strict=True)]
    kept = [(vector, who) for vector, who in told if vector is not None]
    return Gaits(model, np.stack([vector for vector, _ in kept]), np.array([who for _, who in kept]))
