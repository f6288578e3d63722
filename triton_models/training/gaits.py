"""`python -m triton_models.training.gaits`: learn what makes walks comparable, and examine it. Seeds -> gait.npz.

The statistics are learnt from the poses that the installed pose estimator finds of people who walk through drawn rooms,
calibrated on other people and examined on yet others. True poses of the same walks show what a better estimator would
give. It takes no torch, only the server's own environment.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_core.gait import describe
from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.repository import read_info
from haven_server.models.gait import make_gait_model, write_gait_model
from haven_server.perception.gait import LEAST_POSES, gait_vector
from haven_server.perception.pose import PoseEstimator
from haven_server.settings import GaitSettings, GeneralSettings, PoseSettings, QualitySettings
from haven_server.types import SEEN_SCORE, GaitModel, ModelInfo, ModelRole, PoseWindow
from triton_models.training.scoring import Floats, Numbers, equal_error_rate
from triton_models.training.seeds import CALIBRATION, HELD_OUT, TRAINING, Split
from triton_models.training.strolls import Studio, strolls

PEOPLE: Final[Mapping[Split, int]] = {TRAINING: 80, CALIBRATION: 40, HELD_OUT: 40}
TRUE_PEOPLE: Final[Mapping[Split, int]] = {TRAINING: 200, CALIBRATION: 40, HELD_OUT: 40}
PART: Final = 20
"""People whom one process looks at before it takes others."""
NOISE_PX: Final = 1.0
"""Deviation of each joint of a true pose."""
DIMENSION: Final = 16
"""Of a gait's vector."""
RIDGE: Final = 1e-2
"""Share of the mean variance within people that is added to every direction's, so that rare ones are not blown up."""
CONFIDENCE: Final = 0.95
"""Of the bound of the rate of false matches."""
WORTH: Final = 0.2
"""Equal error rate over which statistics are not installed: so vague a signal would only blur the others."""
ROOT: Final = Path(__file__).resolve().parents[2]
LENGTH: Final = GaitSettings().sequence_length


@dataclass(frozen=True, slots=True, eq=False)
class Walkers:
    """Windows of walks, with whose they are.

    Attributes:
        people: (N,) seeds.
    """

    windows: Sequence[PoseWindow]
    people: Numbers


@dataclass(frozen=True, slots=True)
class Scores:
    """What came of an examination, over all pairs of windows.

    Attributes:
        true_accept_rate, false_accept_rate: at the calibrated threshold.
    """

    people: int
    windows: int
    equal_error_rate: float
    true_accept_rate: float
    false_accept_rate: float
    same_median: float
    strangers_mean: float


def estimated(repository: Path, split: Split, workers: int) -> Walkers:
    """Let people walk by, and estimate their poses; only windows good enough for the server are kept."""
    starts = range(split.first, split.first + PEOPLE[split], PART)
    with ProcessPoolExecutor(workers) as pool:
        parts = list(pool.map(partial(_estimate, repository), starts))
    seen = [one for one in chain.from_iterable(parts) if one[1].quality >= QualitySettings().min_quality]
    return Walkers([window for _, window in seen], np.array([person for person, _ in seen], np.int64))


def true(split: Split) -> Walkers:
    """Let people walk by, and take their poses as they are, but for a little noise."""
    seen = [
        (stroll.person.seed, stroll.true_window(LENGTH, NOISE_PX, np.random.default_rng((stroll.person.seed, number))))
        for number, stroll in enumerate(strolls(split.first, TRUE_PEOPLE[split], LENGTH))
    ]
    return Walkers([window for _, window in seen], np.array([person for person, _ in seen], np.int64))


def learn(training: Walkers, calibration: Walkers, pose: ModelInfo) -> GaitModel:
    """Make the gait model of a pose estimator."""
    draft = make_gait_model(pose, LENGTH, *fit(training), threshold=1.0, false_match_rate=1.0)
    threshold, false_match_rate = calibrate(*_vectors(calibration, draft))
    return replace(draft, threshold=threshold, false_match_rate=false_match_rate)


def fit(walkers: Walkers) -> tuple[Floats, Floats]:
    """Learn mean and matrix: linear discriminants of people, what differs within people whitened.

    Returns:
        (128,) float32 and (D, 128) float32, contiguous; see ``haven_core.whitening``.
    Source: Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7(2), 1936.
    """
    told = [describe(window.poses, window.times, SEEN_SCORE, LEAST_POSES) for window in walkers.windows]
    values, known = (np.stack(part) for part in zip(*told, strict=True))
    mean = values.sum(axis=0, dtype=np.float64, where=known) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - mean, 0)
    people, rows = np.unique(walkers.people, return_inverse=True)
    centres = np.stack([centred[rows == row].mean(axis=0) for row in range(len(people))])
    apart = centred - centres[rows]
    within = apart.T @ apart / (len(apart) - len(people))
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    spread, axes = np.linalg.eigh(within)
    whitening = axes / np.sqrt(spread)
    between, turns = np.linalg.eigh(whitening.T @ centres.T @ centres @ whitening)
    matrix = (whitening @ turns[:, np.argsort(-between)[:DIMENSION]]).T
    return mean.astype(np.float32), np.ascontiguousarray(matrix, np.float32)


def calibrate(vectors: Floats, people: Numbers) -> tuple[float, float]:
    """Choose the threshold that no two people's windows pass, and bound how often two people's may yet.

    Returns:
        The threshold; the upper bound of the share of pairs of people that pass it. A pair of people counts once,
        however many windows they have, since those depend on one another.
    Source: Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26(4), 1934, for no success.
    """
    similarities, same = _compare(vectors, people)
    count = len(np.unique(people))
    return float(similarities[~same].max()), 1 - (1 - CONFIDENCE) ** (2 / (count * (count - 1)))


def examine(walkers: Walkers, model: GaitModel) -> Scores:
    """Score a gait model on people it never saw."""
    similarities, same = _compare(*_vectors(walkers, model))
    return Scores(
        people=len(np.unique(walkers.people)),
        windows=len(walkers.windows),
        equal_error_rate=equal_error_rate(similarities[same], similarities[~same]),
        true_accept_rate=float((similarities[same] > model.threshold).mean()),
        false_accept_rate=float((similarities[~same] > model.threshold).mean()),
        same_median=float(np.median(similarities[same])),
        strangers_mean=float(similarities[~same].mean()),
    )


def main() -> None:
    """Read the command line, learn, examine, write the record, and install what is worth it."""
    parser = argparse.ArgumentParser(prog="python -m triton_models.training.gaits", description=__doc__)
    parser.add_argument(
        "--repository", type=Path, default=ROOT / "triton_models" / "demo", help="of the pose estimator"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that draw")
    arguments = parser.parse_args()
    pose = read_info(arguments.repository, ModelRole.POSE_ESTIMATOR)
    ideal = learn(true(TRAINING), true(CALIBRATION), pose)
    seen = {split: estimated(arguments.repository, split, arguments.workers) for split in PEOPLE}
    model = learn(seen[TRAINING], seen[CALIBRATION], pose)
    scores = {"true poses": examine(true(HELD_OUT), ideal), "estimated poses": examine(seen[HELD_OUT], model)}
    installed = scores["estimated poses"].equal_error_rate <= WORTH
    if installed:
        write_gait_model(model, arguments.repository)
    record = {
        "pose_hash": pose.model_hash,
        "hash": model.model_hash,
        "installed": installed,
        "threshold": model.threshold,
        "false_match_rate": model.false_match_rate,
        "scores": {name: asdict(score) for name, score in scores.items()},
    }
    text = json.dumps(record, indent=1)
    (ROOT / "docs" / "training" / "gait.json").write_text(text + "\n")
    print(text)


def _estimate(repository: Path, first: int) -> list[tuple[int, PoseWindow]]:
    """Film some people, and estimate their poses: seeds with windows."""
    return asyncio.run(_film(repository, first))


async def _film(repository: Path, first: int) -> list[tuple[int, PoseWindow]]:
    engine = EmbeddedEngine(repository, "cpu")
    try:
        estimator = PoseEstimator(engine, GeneralSettings().resize_width, PoseSettings().conf_threshold)
        studio = Studio(estimator)
        seen = [
            (stroll.person.seed, await studio.window(stroll, LENGTH, number))
            for number, stroll in enumerate(strolls(first, PART, LENGTH))
        ]
    finally:
        await engine.close()
    return [(person, window) for person, window in seen if window is not None]


def _vectors(walkers: Walkers, model: GaitModel) -> tuple[Floats, Numbers]:
    """Give the windows' vectors, (M, D), and whose they are; a window that tells nothing is left out."""
    told = [(gait_vector(window, model), who) for window, who in zip(walkers.windows, walkers.people, strict=True)]
    kept = [(vector, who) for vector, who in told if vector is not None]
    return np.stack([vector for vector, _ in kept]), np.array([who for _, who in kept], np.int64)


def _compare(vectors: Floats, people: Numbers) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Compare every two windows: their similarities, and whether they are one person's."""
    first, second = np.triu_indices(len(people), 1)
    return (vectors @ vectors.T)[first, second], people[first] == people[second]


if __name__ == "__main__":
    main()
