"""The specification of ``haven_core.gait``, of its whitening and of what makes a window of poses good, in plain NumPy.

Same arguments and results as the kernel of the same name; no care for speed, and none for bad input.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Poses = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Vector = npt.NDArray[np.float32]

NOSE, LEFT_EAR, RIGHT_EAR = 0, 3, 4
LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST, LEFT_HIP, LEFT_KNEE, LEFT_ANKLE = range(5, 17, 2)
RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST, RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE = range(6, 17, 2)
NECK, PELVIS = 17, 18
TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]
BONES = [
    (LEFT_SHOULDER, LEFT_ELBOW),
    (RIGHT_SHOULDER, RIGHT_ELBOW),
    (LEFT_ELBOW, LEFT_WRIST),
    (RIGHT_ELBOW, RIGHT_WRIST),
    (LEFT_HIP, LEFT_KNEE),
    (RIGHT_HIP, RIGHT_KNEE),
    (LEFT_KNEE, LEFT_ANKLE),
    (RIGHT_KNEE, RIGHT_ANKLE),
    (LEFT_SHOULDER, RIGHT_SHOULDER),
    (LEFT_HIP, RIGHT_HIP),
    (LEFT_SHOULDER, LEFT_HIP),
    (RIGHT_SHOULDER, RIGHT_HIP),
    (NOSE, NECK),
    (LEFT_EAR, RIGHT_EAR),
    (LEFT_ANKLE, PELVIS),
    (RIGHT_ANKLE, PELVIS),
]
PAIRS = [(LEFT_ANKLE, RIGHT_ANKLE), (LEFT_KNEE, RIGHT_KNEE), (LEFT_WRIST, RIGHT_WRIST)]
FREQUENCIES_HZ = 0.4 + 0.2 * np.arange(8)


def movement(poses: Poses, least_score: float) -> float:
    """Twin of `haven_core.quality.movement`."""
    seen = poses[:, :, 2] >= np.float32(least_score)
    squares = 0.0
    for point in range(17):
        places = poses[seen[:, point], point, :2].astype(np.float64)
        if len(places):
            squares += float(((places - places.mean(axis=0)) ** 2).sum())
    return float(np.sqrt(squares / max(seen.sum(), 1)))


def completeness(poses: Poses, least_score: float) -> float:
    """Twin of `haven_core.quality.completeness`."""
    return float((poses[:, LEFT_SHOULDER:, 2] >= np.float32(least_score)).mean())


def describe(poses: Poses, times: npt.NDArray[np.int64], least_score: float, least_poses: int) -> tuple[Vector, Flags]:
    """Twin of `haven_core.gait.describe`."""
    seen = poses[:, :, 2] >= np.float32(least_score)
    whole = seen[:, TRUNK].all(axis=1)
    points = np.where(seen[:, :, np.newaxis], poses[:, :, :2].astype(np.float64), 0)[whole]
    seconds = (times[whole] - times[whole][:1]).astype(np.float64) * 1e-9
    neck = (points[:, LEFT_SHOULDER] + points[:, RIGHT_SHOULDER]) / 2
    pelvis = (points[:, LEFT_HIP] + points[:, RIGHT_HIP]) / 2
    unit = np.hypot(*(neck - pelvis).T).mean() if len(points) else 0.0
    if len(points) < least_poses or unit < np.float32(1e-3):
        return np.zeros(128, np.float32), np.zeros(128, np.bool_)
    course, backwards = _course(seconds, (pelvis - pelvis[0]) / unit)
    points = np.concatenate((points, neck[:, np.newaxis], pelvis[:, np.newaxis]), axis=1)
    points = (points - pelvis[:, np.newaxis]) / unit * (-1 if backwards else 1, 1)
    seen = np.pad(seen[whole], ((0, 0), (0, 2)), constant_values=True)
    bones = [
        _spread(np.hypot(*(points[:, [one]] - points[:, [other]]).T).T, seen[:, one] & seen[:, other], least_poses)
        for one, other in BONES
    ]
    places = [_spread(points[:, point], seen[:, point], least_poses) for point in range(17)]
    spectra = [
        _spectrum(points[both, left] - points[both, right], seconds[both], least_poses)
        for left, right in PAIRS
        for both in [seen[:, left] & seen[:, right]]
    ]
    told = np.concatenate(
        (*(np.ravel([series[row] for series in part]) for part in (bones, places) for row in (0, 1)), course, *spectra)
    )
    known = ~np.isnan(told)
    return np.where(known, told, 0).astype(np.float32), known


def whiten(values: Vector, known: Flags, mean: Vector, matrix: npt.NDArray[np.float32]) -> Vector | None:
    """Twin of `haven_core.whitening.whiten`."""
    turned = matrix[:, known].astype(np.float64) @ (values[known].astype(np.float64) - mean[known])
    norm = float(np.linalg.norm(turned))
    return (turned / norm).astype(np.float32) if norm > 0 else None


def _spread(series: Reals, seen: Flags, least_poses: int) -> tuple[Reals, Reals]:
    """Return mean and standard deviation of each column over the poses in which it is seen; NaN when in too few."""
    if seen.sum() < least_poses:
        unknown = np.full(series.shape[1], np.nan)
        return unknown, unknown
    return series[seen].mean(axis=0), series[seen].std(axis=0)


def _course(seconds: Reals, hips: Reals) -> tuple[Reals, bool]:
    """Return velocity and rest of an even motion fitted to the hips, as if they went towards greater x, and if not."""
    time, place = seconds - seconds.mean(), hips - hips.mean(axis=0)
    velocity = time @ place / (time @ time)
    rest = np.sqrt(((place - time[:, np.newaxis] * velocity) ** 2).mean(axis=0))
    backwards = bool(velocity[0] < -1e-6)
    return np.concatenate((velocity * (-1 if backwards else 1, 1), rest)), backwards


def _spectrum(series: Reals, seconds: Reals, least_poses: int) -> Reals:
    """Return the share of a motion at each frequency; NaN when it is too short or none."""
    motion = series - series.mean(axis=0) if len(series) else series
    total = (motion**2).sum()
    if len(series) < least_poses or total < len(series) * 1e-12:
        return np.full(len(FREQUENCIES_HZ), np.nan)
    waves = np.exp(2j * np.pi * FREQUENCIES_HZ[:, np.newaxis] * seconds)
    return np.asarray((np.abs(waves @ motion) ** 2).sum(axis=1) / (len(series) * total))
