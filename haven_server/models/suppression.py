"""Writes non-maximum suppression and top-k into the graph: candidates -> at most K objects, best first, zeros after."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx

from haven_server.models.decode import Candidates
from haven_server.models.graph import PREFIX, GraphBuilder
from haven_server.perception.contract import BOXES, MIN_SCORE, NUM_DETECTIONS, SCORES

SCORE_THRESHOLD: Final = PREFIX + "score_threshold"
"""Name of the constant by which candidates are dropped; the check at import turns it into an input."""


def select_objects(
    builder: GraphBuilder, candidates: Candidates, count: int, iou_threshold: float, points_name: str | None
) -> None:
    """Add suppression and selection, ending in the contract's outputs.

    The operator set's suppression answers a list of (picture, class, candidate) over the whole batch. Its survivors'
    scores are scattered into zeros, so that one top-k per picture orders them and pads with zero scores.

    Args:
        count: K, at most the number of candidates.
        points_name: of the output that holds the points, None where there are none.
    """
    survivors = _survivor_scores(builder, candidates, count, iou_threshold)
    scores, order = builder.node_many("TopK", (survivors, builder.integers([count])), (SCORES, None), axis=1)
    present = builder.node("Cast", builder.node("Greater", scores, builder.floats(0)), to=onnx.TensorProto.FLOAT)
    column = builder.reshape(present, [0, count, 1])
    _pick(builder, candidates.boxes, order, column, (count, 4), BOXES)
    if candidates.points is not None and points_name is not None:
        _pick(builder, candidates.points, order, column, (count, *candidates.points_shape), points_name)
    # A product with ones counts the rows: ReduceSum takes its axes differently before and after operator set 13.
    counts = builder.node("MatMul", present, builder.floats(np.ones((count, 1))))
    builder.node("Cast", counts, to=onnx.TensorProto.INT32, name=NUM_DETECTIONS)


def _survivor_scores(builder: GraphBuilder, candidates: Candidates, count: int, iou_threshold: float) -> str:
    """(N, A): the score of every candidate that survives suppression, 0 elsewhere."""
    limits = (
        builder.integers([count]),
        builder.floats([iou_threshold]),
        builder.constant([MIN_SCORE], np.float32, SCORE_THRESHOLD),
    )
    survivors = builder.node("NonMaxSuppression", candidates.boxes, candidates.scores, *limits)
    places = builder.node("Gather", survivors, builder.integers([0, 2]), axis=1)
    scores = builder.reshape(candidates.scores, [0, -1])
    zeros = builder.node("Mul", scores, builder.floats(0))
    return builder.node("ScatterND", zeros, places, builder.node("GatherND", scores, places))


def _pick(builder: GraphBuilder, table: str, order: str, present: str, shape: tuple[int, ...], name: str) -> None:
    """(N, A, V) rows in the order of (N, K), rows of absent objects zeroed, as (N, *shape)."""
    count, values = shape[0], int(np.prod(shape[1:]))
    # GatherElements wants an index per value; multiplying by ones repeats the row's.
    index = builder.node("Mul", builder.reshape(order, [0, count, 1]), builder.integers(np.ones((1, 1, values))))
    rows = builder.node("Mul", builder.node("GatherElements", table, index, axis=1), present)
    builder.reshape(rows, [0, *shape], name=name)
