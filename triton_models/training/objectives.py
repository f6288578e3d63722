"""What the networks are trained towards: predictions, truth -> loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from haven_server.models.network import STRIDES
from triton_models.training.finders import FACE_ROWS, Findings

REACH: Final = 1.0
"""Predictions within so many strides of an object's middle answer for it."""
SURE: Final = 0.5
"""Least score that a prediction which answers for an object is taught; the rest it earns by its box's overlap."""
FINE: Final = 0.05
"""Share of an object's longer side by which errors of its points are counted."""
FIELD_REACH: Final = 3.5
"""Cells of the finest grid from which the fields lead to a point."""
SPOT: Final = 1.1
"""Cells round a point in which it counts as seen there."""
MISSED: Final = 3.0
"""How much worse it is to miss a seen point than to imagine one: a face that is not looked for is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """The truth of a batch, padded to M objects a picture.

    Attributes:
        boxes: (N, M, 4) xyxy, input px; rows without area are padding.
        ignored: (N, M) bool: seen too little of to be asked for or to be counted wrong.
        points: (N, M, P, 2) input px.
        point_scores: (N, M, P) 1 seen, 0.5 hidden but to be placed, 0 not held to a place. Places weigh by the square.
    """

    boxes: Tensor
    ignored: Tensor
    points: Tensor
    point_scores: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Which predictions answer for which objects.

    Attributes:
        picture, prediction, target: (Q,) rows of the batch, of its predictions, of the picture's objects.
        asked: (N, A) bool: predictions whose score counts at all.
    """

    picture: Tensor
    prediction: Tensor
    target: Tensor
    asked: Tensor


def size_ranges(bounds: Sequence[float], anchors: int, height: int, width: int) -> Tensor:
    """Say which sizes of objects each prediction answers for.

    Args:
        bounds: px between one size class and the next, one class per stride and anchor.
    Returns:
        (A, 2) px; neighbours overlap by a fifth, so that nobody falls between two grids.
    """
    edges = [0.0, *bounds, math.inf]
    rows = []
    for level, stride in enumerate(STRIDES):
        own = [(0.9 * edges[place], 1.1 * edges[place + 1]) for place in range(level * anchors, (level + 1) * anchors)]
        rows.append(torch.tensor(own).repeat((height // stride) * (width // stride), 1))
    return torch.cat(rows)


def assign(found: Findings, objects: Objects, ranges: Tensor) -> Assignment:
    """Give each object the predictions round its middle on the grid for its size.

    Source: Tian et al., FCOS, ICCV 2019 (centre sampling, sizes per grid).
    """
    boxes = objects.boxes
    spans = boxes[..., 2:] - boxes[..., :2]
    real = spans.amin(-1) > 0
    middles, sizes = (boxes[..., :2] + boxes[..., 2:]) / 2, spans.amax(-1)
    away = ((found.origins[:, None] - middles[:, None]).abs() / found.strides[:, None]).amax(-1)  # (N, A, M)
    fits = (sizes[:, None] > ranges[:, :1]) & (sizes[:, None] <= ranges[:, 1:])
    answers = (away <= REACH) & fits & (real & ~objects.ignored)[:, None]
    nearest, target = torch.where(answers, away, torch.inf).min(-1)
    inside = (found.origins[:, None] > boxes[:, None, :, :2]) & (found.origins[:, None] < boxes[:, None, :, 2:])
    excused = (inside.all(-1) & (real & objects.ignored)[:, None]).any(-1)
    positive = nearest.isfinite()
    picture, prediction = positive.nonzero(as_tuple=True)
    return Assignment(picture, prediction, target[picture, prediction], positive | ~excused)


def finding_loss(found: Findings, objects: Objects, ranges: Tensor) -> dict[str, Tensor]:
    """Judge scores, boxes and points.

    Returns:
        The weighted parts by name; their sum is the loss.
    """
    match = assign(found, objects, ranges)
    own = match.picture, match.prediction
    truth = objects.boxes[match.picture, match.target]
    count = max(len(truth), 1)
    overlap, box_loss = complete_iou(found.boxes()[own], truth)
    wanted = torch.zeros_like(found.scores)
    wanted[own] = SURE + (1 - SURE) * overlap.detach().clamp(0, 1)
    every = functional.binary_cross_entropy_with_logits(found.scores, wanted, reduction="none")
    parts = {"score": (every * match.asked).sum() / count, "box": 3 * box_loss.sum() / count}
    if found.points.shape[2]:
        seen = objects.point_scores[match.picture, match.target]
        size = (truth[:, 2:] - truth[:, :2]).amax(-1)[:, None, None]
        error = (found.places()[own] - objects.points[match.picture, match.target]) / (FINE * size)
        weight = seen.square()
        parts["points"] = (5 * astray(error, 2.0) * weight).sum() / weight.sum().clamp(min=1)
        if found.point_scores is not None:
            placed = (seen > 0).float()
            shown = functional.binary_cross_entropy_with_logits(found.point_scores[own], placed, reduction="sum")
            parts["point_score"] = shown / (count * seen.shape[1])
        if found.fields is not None:
            parts |= field_loss(found.fields, objects)
    return parts


def astray(error: Tensor, enough: float) -> Tensor:
    """Judge how far points lie off: (..., 2) -> (...,).

    Somebody may be seen from the front or from behind, and which is left is then not to be told. Distance alone would
    teach to place both shoulders in the middle; so what is far off is hardly worse than what is quite far off, and it
    pays to decide.

    Args:
        enough: distance from which on a point is about as wrong as it can be.
    """
    distance = functional.smooth_l1_loss(error, torch.zeros_like(error), reduction="none", beta=0.25).sum(-1)
    return 0.4 * distance + enough * (1 - (-error.square().sum(-1) / (2 * enough**2)).exp())


def field_loss(fields: Tensor, objects: Objects) -> dict[str, Tensor]:
    """Judge the fields: the way to the nearest point of each kind, and whether one is seen just there.

    Returns:
        The weighted parts by name.
    """
    stride, (rows, columns) = STRIDES[0], fields.shape[3:]
    y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
    middles = torch.stack([x, y], -1)
    real = ((objects.boxes[..., 2:] - objects.boxes[..., :2]).amin(-1) > 0) & ~objects.ignored
    seen = (objects.point_scores > 0) & real[..., None]  # (N, M, P)
    ways = objects.points[:, :, :, None, None] / stride - middles  # (N, M, P, rows, columns, 2)
    away = torch.where(seen[..., None, None], ways.norm(dim=-1), torch.inf)
    nearest, whose = away.min(1)
    way = ways.gather(1, whose[:, None, ..., None].expand(-1, 1, -1, -1, -1, 2)).squeeze(1)
    scores = objects.point_scores[..., None, None].expand(ways.shape[:-1])
    weight = (nearest <= FIELD_REACH) * scores.gather(1, whose[:, None]).squeeze(1).square()
    error = astray(fields[:, :, :2].movedim(2, -1) - way, 1.0)
    shown = (nearest[:, FACE_ROWS] <= SPOT).float()
    told = functional.binary_cross_entropy_with_logits(
        fields[:, FACE_ROWS, 2], shown, reduction="sum", pos_weight=torch.tensor(MISSED)
    )
    return {"fields": (error * weight).sum() / weight.sum().clamp(min=1), "spots": told / shown.sum().clamp(min=1)}


def complete_iou(boxes: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Compare boxes (Q, 4) xyxy pairwise.

    Returns:
        The overlap (Q,) and the loss (Q,).
    Source: Zheng et al., Distance-IoU Loss, AAAI 2020, complete form.
    """
    spans, true_spans = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3), truth[:, 2:] - truth[:, :2]
    shared = (torch.min(boxes[:, 2:], truth[:, 2:]) - torch.max(boxes[:, :2], truth[:, :2])).clamp(min=0).prod(1)
    overlap = shared / (spans.prod(1) + true_spans.prod(1) - shared)
    hull = torch.max(boxes[:, 2:], truth[:, 2:]) - torch.min(boxes[:, :2], truth[:, :2])
    offset = (boxes[:, :2] + boxes[:, 2:] - truth[:, :2] - truth[:, 2:]) / 2
    apart = (offset**2).sum(1) / (hull**2).sum(1)
    tilt = torch.atan(true_spans[:, 0] / true_spans[:, 1]) - torch.atan(spans[:, 0] / spans[:, 1])
    form = 4 / math.pi**2 * tilt**2
    weight = (form / (1 - overlap + form + 1e-6)).detach()
    return overlap, 1 - overlap + apart + weight * form


class MarginLoss(nn.Module):
    """Sorts vectors by person, each person's own cosine handicapped by a margin.

    Source: Wang et al., CosFace, CVPR 2018, equation 4.
    """

    def __init__(self, people: int, dimension: int, scale: float, margin: float) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(people, dimension) * 0.01)
        self.scale, self.margin = scale, margin

    def forward(self, vectors: Tensor, people: Tensor, margin_share: float = 1.0) -> Tensor:
        """Judge (N, D) vectors of the people (N,) int64; ``margin_share`` lets the margin grow while training."""
        cosines = functional.normalize(vectors.float()) @ functional.normalize(self.centres).T
        handicap = functional.one_hot(people, cosines.shape[1]) * (self.margin * margin_share)
        return functional.cross_entropy(self.scale * (cosines - handicap), people)


def contrast_loss(vectors: Tensor, people: Tensor, scale: float) -> Tensor:
    """Judge how much likelier each vector (N, D) finds its own person among the others than anybody else.

    Args:
        people: (N,) int64, everybody at least twice.
        scale: of the cosines; the reciprocal of the temperature.
    Source: Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, equation 2.
    """
    unit = functional.normalize(vectors.float())
    itself = torch.eye(len(unit), dtype=torch.bool)
    likelihood = (scale * (unit @ unit.T)).masked_fill(itself, -torch.inf).log_softmax(1)
    same = (people[:, None] == people[None]) & ~itself
    return -(likelihood.masked_fill(~same, 0).sum(1) / same.sum(1)).mean()
