"""How good the networks are, as numbers, each defined where it is computed: answers, truth -> scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_core.boxes import iou_distance

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Objects in one picture: what a network found (best score first), or what is true.

    Attributes:
        boxes: (N, 4) xyxy px.
        scores: (N,) of the network; of the truth 1, and 0 for objects that are neither asked for nor wrong.
        points: (N, P, 2 or 3) x, y px and, where there is one, a score; of the truth 0 or 1.
    """

    boxes: Floats
    scores: Floats
    points: Floats


def pairs(found: Picture, truth: Picture, least_overlap: float) -> npt.NDArray[np.int64]:
    """Pair what was found with what is true, best score first, each with the free object that it overlaps most.

    Returns:
        (N,) row of the truth for every row found; -1 for wrong ones, -2 for those on an object that is not asked for.
    """
    partner = np.full(len(found.boxes), -1, np.int64)
    if not len(truth.boxes) or not len(found.boxes):
        return partner
    overlaps = 1 - iou_distance(found.boxes, truth.boxes)
    asked = truth.scores > 0
    free = asked.copy()
    for row in range(len(found.boxes)):
        candidates = np.where(free, overlaps[row], 0)
        best = int(candidates.argmax())
        if candidates[best] >= least_overlap:
            partner[row], free[best] = best, False
        elif np.where(asked, 0, overlaps[row]).max() >= least_overlap:
            partner[row] = -2
    return partner


def average_precision(found: Sequence[Picture], truth: Sequence[Picture], least_overlap: float = 0.5) -> float:
    """Give the area under precision over recall, every precision raised to the best at any greater recall.

    Source: Everingham et al., The PASCAL VOC Challenge, IJCV 2010, in the all-point form in use since 2010.
    """
    scores, right = [], []
    for picture, true in zip(found, truth, strict=True):
        partner = pairs(picture, true, least_overlap)
        counted = partner != -2
        scores.append(picture.scores[counted])
        right.append(partner[counted] >= 0)
    wanted = sum(int((true.scores > 0).sum()) for true in truth)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hits = np.concatenate(right)[order].cumsum()
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    recall = hits / max(wanted, 1)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def correct_points(found: Sequence[Picture], truth: Sequence[Picture], least_score: float, reach: float = 0.1) -> float:
    """Give PCK: the share of the visible points, of people who were found, that were found near enough.

    A person is found with ``least_score`` and an overlap of half. Visible is a point with a true score of 1.

    Args:
        reach: greatest distance, as a share of the true box's longer side.
    """
    errors = point_errors(found, truth, least_score)
    return float((errors <= reach).mean()) if len(errors) else 0.0


def point_errors(found: Sequence[Picture], truth: Sequence[Picture], least_score: float) -> Floats:
    """Give how far visible points of found objects lie off, as shares of the true box's longer side: (E,)."""
    errors = []
    for picture, true in zip(found, truth, strict=True):
        for row, partner in enumerate(pairs(picture, true, 0.5)):
            if partner >= 0 and picture.scores[row] >= least_score:
                longer = float((true.boxes[partner, 2:] - true.boxes[partner, :2]).max())
                away = np.linalg.norm(picture.points[row, :, :2] - true.points[partner, :, :2], axis=1) / longer
                errors.append(away[true.points[partner, :, 2] == 1])
    return np.concatenate(errors).astype(np.float32) if errors else np.zeros(0, np.float32)


def face_points_told(found: Sequence[Picture], truth: Sequence[Picture], least_score: float) -> tuple[float, float]:
    """Tell how well nose and eyes say whether a face is to be seen: each has a score of at least 0.5, or not.

    Returns:
        Share of the people with all three seen of whom the network says so; share of those with none of whom it does.
    """
    told: dict[bool, list[bool]] = {True: [], False: []}
    for picture, true in zip(found, truth, strict=True):
        for row, partner in enumerate(pairs(picture, true, 0.5)):
            if partner < 0 or picture.scores[row] < least_score:
                continue
            seen = true.points[partner, :3, 2] > 0
            if seen.all() or not seen.any():
                told[bool(seen.all())].append(bool((picture.points[row, :3, 2] >= 0.5).all()))
    return tuple(float(np.mean(values)) if values else float("nan") for values in (told[True], told[False]))  # type: ignore[return-value]


def accepted_at(same: Floats, different: Floats, false_rate: float) -> tuple[float, float]:
    """Choose the threshold that lets at most that share of ``different`` similarities through.

    Returns:
        The share of ``same`` similarities over it (true accept rate), and the threshold.
    """
    ordered = np.sort(different)
    place = len(ordered) - 1 - int(false_rate * len(ordered))
    threshold = float(ordered[max(place, 0)])
    return float((same > threshold).mean()), threshold


def first_rank(vectors: Floats, people: Numbers, cameras: Numbers) -> float:
    """Give rank-1: the share of the vectors whose most similar one by another camera is of the same person.

    Args:
        vectors: (R, D) of unit norm.  people, cameras: (R,); who was seen by one camera only is not asked for.
    """
    elsewhere = cameras[:, None] != cameras[None]
    same = people[:, None] == people[None]
    best = np.where(elsewhere, vectors @ vectors.T, -np.inf).argmax(axis=1)
    return float((people[best] == people)[(same & elsewhere).any(axis=1)].mean())


def equal_error_rate(same: Floats, different: Floats) -> float:
    """Give the rate at the threshold that as many pairs of one person fall under as pairs of two people pass."""
    thresholds = np.unique(np.concatenate([same, different]))
    refused = np.searchsorted(np.sort(same), thresholds, side="right") / len(same)
    passed = 1 - np.searchsorted(np.sort(different), thresholds, side="right") / len(different)
    place = int(np.argmin(np.abs(refused - passed)))
    return float((refused[place] + passed[place]) / 2)
