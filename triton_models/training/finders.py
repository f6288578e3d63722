"""Networks that find people and faces: pictures -> raw predictions per cell of three grids.

One trunk, one way down from coarse to fine, one small head per grid. `forward` gives what the objectives need;
`Yolo` and `Scrfd` spell the same as the makers whose output contract each network keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from haven_server.models.network import FACE_POINTS, POSE_POINTS, SCRFD_ANCHORS, STRIDES
from triton_models.training.layers import Residual, Trunk, Unit

RARE: Final = -4.6
"""First bias of every score: one cell in a hundred is thought to hold something (Lin et al., ICCV 2017)."""

REFINEMENTS: Final = 2
"""How often the fields are followed."""
BEST: Final = 100
"""Predictions of a picture whose points are refined: about ten for each of the most people that fit in."""
AGREED: Final = 0.65
"""Overlap from which on two predictions mean the same object."""
FACE_ROWS: Final = slice(0, 5)
"""COCO rows of nose, eyes and ears: seen or not, the fine grid tells; limbs are placed even where they are hidden."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a finder is.

    Attributes:
        widths: channels of the trunk's five stages.
        depths: residual blocks of each.
        neck: channels of the three grids.
        heads: residual blocks of each grid's head.
        points: per object.
        point_values: 2 for x, y; 3 with a score.
        anchors: predictions per cell.
        origin: where in its cell a prediction is counted from, in strides: 0 the upper left corner, 0.5 the middle.
    """

    widths: tuple[int, int, int, int, int]
    depths: tuple[int, int, int, int, int]
    neck: tuple[int, int, int]
    heads: tuple[int, int, int]
    points: int
    point_values: int
    anchors: int
    origin: float


PERSON: Final = Shape((16, 32, 48, 80, 112), (0, 1, 2, 1, 1), (48, 64, 64), (0, 0, 0), 0, 0, 1, 0.5)
POSE: Final = Shape((16, 32, 48, 80, 112), (0, 1, 2, 1, 1), (48, 64, 64), (0, 1, 0), POSE_POINTS, 3, 1, 0.5)
FACE: Final = Shape((16, 24, 40, 64, 96), (0, 0, 1, 1, 1), (40, 48, 48), (0, 0, 0), FACE_POINTS, 2, SCRFD_ANCHORS, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Every prediction of a batch; A counts all anchors of all cells, grid by grid, row by row.

    Attributes:
        scores: (N, A) logits.
        distances: (N, A, 4) to the left, upper, right and lower side, in strides, positive.
        points: (N, A, P, 2) from the origin, in strides; P may be 0.
        point_scores: (N, A, P) logits; None where points have no score.
        origins: (A, 2) x, y px.
        strides: (A, 1) px.
        fields: (N, P, 3, rows, columns) of the finest grid: x and y of the way to the nearest point of each kind, in
            cells, and the logit that one is seen just there; None where points have no score.
    """

    scores: Tensor
    distances: Tensor
    points: Tensor
    point_scores: Tensor | None
    origins: Tensor
    strides: Tensor
    fields: Tensor | None

    def boxes(self) -> Tensor:
        """Give (N, A, 4) xyxy, input px."""
        reach = self.distances * self.strides
        return torch.cat([self.origins - reach[..., :2], self.origins + reach[..., 2:]], dim=-1)

    def places(self) -> Tensor:
        """Give the points (N, A, P, 2), input px."""
        return self.origins[:, None] + self.points * self.strides[:, None]


class Finder(nn.Module):
    """A trunk and three grids of predictions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        fine, middle, coarse = shape.widths[2:]
        near, half, far = shape.neck
        self.trunk = Trunk(shape.widths, shape.depths)
        self.reduce = nn.ModuleList([Unit(fine + half, near, 1), Unit(middle + far, half, 1), Unit(coarse, far, 1)])
        self.merge = nn.ModuleList([Unit(near, near), Unit(half, half)])
        self.heads = nn.ModuleList(
            nn.Sequential(Unit(width, width), *(Residual(width) for _ in range(depth)))
            for width, depth in zip(shape.neck, shape.heads, strict=True)
        )
        values = shape.anchors * (5 + shape.points * shape.point_values)
        self.outputs = nn.ModuleList(nn.Conv2d(width, values, 1) for width in shape.neck)
        self.local = None
        if shape.point_values == 3:
            self.local = nn.Sequential(Unit(near, near), nn.Conv2d(near, shape.points * 3, 1))
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")
        for output in self.outputs:
            nn.init.normal_(output.weight, std=0.01)
            nn.init.zeros_(output.bias)
            output.bias.data[: shape.anchors] = RARE
        if self.local is not None:
            nn.init.zeros_(self.local[1].bias)
            self.local[1].bias.data[2::3] = RARE

    def features(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 3, H, W) -> what each of the three grids sees, finest first."""
        fine, middle, coarse = self.trunk(pictures)[2:]
        far = self.reduce[2](coarse)
        half = self.merge[1](self.reduce[1](torch.cat([middle, self.grow(far)], 1)))
        near = self.merge[0](self.reduce[0](torch.cat([fine, self.grow(half)], 1)))
        return near, half, far

    def grids(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Give per stride (N, cells * anchors, 5 + points): score, distances, points."""
        anchors = self.shape.anchors
        rows = []
        for seen, head, output in zip(features, self.heads, self.outputs, strict=True):
            raw = output(head(seen))
            # Score channels stand in front so that one bias slice can initialise them, then each anchor's values.
            scores = raw[:, :anchors].permute(0, 2, 3, 1).flatten(1).unsqueeze(-1)
            others = raw[:, anchors:].permute(0, 2, 3, 1).flatten(1, 2)
            others = others.reshape(others.shape[0], -1, raw.shape[1] // anchors - 1)
            rows.append(torch.cat([scores, others], -1))
        return rows

    def forward(self, pictures: Tensor) -> Findings:
        """(N, 3, H, W) -> predictions; H and W are multiples of 32."""
        shape = self.shape
        features = self.features(pictures)
        rows = torch.cat(self.grids(features), 1)
        points = rows[..., 5:].unflatten(-1, (shape.points, shape.point_values or 2))
        origins, strides = cells(pictures.shape[2], pictures.shape[3], shape)
        return Findings(
            scores=rows[..., 0],
            distances=nn.functional.softplus(rows[..., 1:5]),
            points=points[..., :2],
            point_scores=points[..., 2] if self.local is not None else None,
            origins=origins,
            strides=strides,
            fields=None if self.local is None else self.local(features[0]).unflatten(1, (shape.points, 3)),
        )


def cells(height: int, width: int, shape: Shape) -> tuple[Tensor, Tensor]:
    """Lay out the predictions' origins (A, 2), px, and strides (A, 1), px."""
    origins, strides = [], []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        corners = (torch.stack([x, y], -1).reshape(-1, 2) + shape.origin) * stride
        origins.append(corners.repeat_interleave(shape.anchors, 0).float())
        strides.append(torch.full((rows * columns * shape.anchors, 1), float(stride)))
    return torch.cat(origins), torch.cat(strides)


class Yolo(nn.Module):
    """A finder that answers as YOLOv8 does: (N, 5 + points * 3, cells): centre, size, score, points; all in px.

    The ``BEST`` predictions, all that can become people, take over what those that agree with them say.
    """

    def __init__(self, finder: Finder) -> None:
        super().__init__()
        self.finder = finder

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) RGB / 255 -> rows as above."""
        found = self.finder(pictures)
        scores, boxes = found.scores.sigmoid(), found.boxes()
        best = scores.topk(BEST, 1).indices.unsqueeze(-1)
        say = agreement(_rows(boxes, best), scores.gather(1, best[..., 0]))
        boxes = boxes.scatter(1, best.expand(-1, -1, 4), say @ _rows(boxes, best))
        upper_left, lower_right = boxes[..., :2], boxes[..., 2:]
        parts = [(upper_left + lower_right) / 2, lower_right - upper_left, scores.unsqueeze(-1)]
        if found.point_scores is not None and found.fields is not None:
            places, seen = refined((say @ _rows(found.places().flatten(2), best)).unflatten(2, (-1, 2)), found.fields)
            told = found.point_scores.sigmoid()
            certain = torch.cat([seen[..., FACE_ROWS].sigmoid(), _rows(told, best)[..., FACE_ROWS.stop :]], -1)
            points = torch.cat([found.places(), told.unsqueeze(-1)], -1).flatten(2)
            chosen = torch.cat([places, certain.unsqueeze(-1)], -1).flatten(2)
            parts.append(points.scatter(1, best.expand(-1, -1, points.shape[2]), chosen))
        return torch.cat(parts, -1).transpose(1, 2)


def _rows(values: Tensor, rows: Tensor) -> Tensor:
    """Take rows (N, K, 1) of (N, A, V)."""
    return values.gather(1, rows.expand(-1, -1, values.shape[2]))


def agreement(boxes: Tensor, scores: Tensor) -> Tensor:
    """Say how much each prediction counts in what another one says of the same object.

    Cells side by side answer for one object, each with an error of its own; the mean of them errs less.

    Args:
        boxes: (N, K, 4) xyxy.  scores: (N, K).
    Returns:
        (N, K, K), each row adding up to 1: the scores of those whose boxes overlap by more than ``AGREED``.
    Source: Solovyev et al., Weighted Boxes Fusion, Image and Vision Computing 107, 2021.
    """
    first, second = boxes.unsqueeze(2), boxes.unsqueeze(1)
    shared = (torch.minimum(first[..., 2:], second[..., 2:]) - torch.maximum(first[..., :2], second[..., :2])).clamp(0)
    both = shared[..., 0] * shared[..., 1]
    areas = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    overlaps = both / (areas.unsqueeze(2) + areas.unsqueeze(1) - both)
    counts = (overlaps > AGREED) * scores.unsqueeze(1)
    return counts / counts.sum(2, keepdim=True)


def refined(places: Tensor, fields: Tensor) -> tuple[Tensor, Tensor]:
    """Follow the fields from where points were thought to be to where the picture shows them.

    What predicts a whole person sees too coarsely to place each point well; what sees finely does not know whose point
    it is. So the one says about where, and the other how far beside that.

    Args:
        places: (N, A, P, 2) input px.  fields: (N, P, 3, rows, columns).
    Returns:
        The places, and logits (N, A, P) that the point is seen there.
    Source: Papandreou et al., PersonLab, ECCV 2018, for offsets that are read where a point is thought to be.
    """
    stride, extent = STRIDES[0], torch.tensor([float(fields.shape[4]), float(fields.shape[3])])
    maps = fields.flatten(0, 1)
    here = places.transpose(1, 2).flatten(0, 1).unsqueeze(2) / stride
    for step in range(REFINEMENTS + 1):
        read = nn.functional.grid_sample(maps, here / extent * 2 - 1, padding_mode="border", align_corners=False)
        if step < REFINEMENTS:
            here = here + read[:, :2].permute(0, 2, 3, 1)
    count = places.shape[2]
    there = (here.squeeze(2) * stride).unflatten(0, (-1, count)).transpose(1, 2)
    return there, read[:, 2].squeeze(-1).unflatten(0, (-1, count)).transpose(1, 2)


class Scrfd(nn.Module):
    """A finder that answers as SCRFD does: per stride scores, then distances, then points, each (N, anchors, V)."""

    def __init__(self, finder: Finder) -> None:
        super().__init__()
        self.finder = finder

    def forward(self, pictures: Tensor) -> Sequence[Tensor]:
        """(N, 3, H, W) RGB, (x - 127.5) / 128 -> nine outputs; distances and points in strides."""
        rows = self.finder.grids(self.finder.features(pictures))
        scores = [row[..., :1].sigmoid() for row in rows]
        distances = [nn.functional.softplus(row[..., 1:5]) for row in rows]
        return (*scores, *distances, *(row[..., 5:] for row in rows))
