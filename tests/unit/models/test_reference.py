"""The NumPy decoder on cases worked out by hand."""

from __future__ import annotations

import numpy as np

from haven_server.models.network import Head, Network, NetworkKind, Preparation
from haven_server.models.reference import Predictions, decode, prepare, suppress

PLAIN = Preparation(rgb=True, mean=(10.0, 20.0, 30.0), std=(2.0, 2.0, 2.0))


def network(kind: NetworkKind, heads: tuple[Head, ...], size: int = 32, person_class: int = 0) -> Network:
    return Network(kind, "input", size, size, heads, True, PLAIN, person_class)


def test_pixels_are_reordered_shifted_and_scaled() -> None:
    blue_green_red = np.array([[[[30, 24, 12]]]], np.uint8)
    prepared = prepare(network(NetworkKind.OSNET, ()), blue_green_red)
    assert prepared[0, :, 0, 0].tolist() == [1.0, 2.0, 0.0]


def test_a_yolo_box_is_centre_and_size_and_its_score_is_the_persons() -> None:
    column = np.array([[50, 40, 20, 10, 0.9, 0.3]], np.float32).T
    found = decode(network(NetworkKind.YOLO_DETECT, (Head("o", (6, 1)),), person_class=1), [column])
    assert found.boxes.tolist() == [[40, 35, 60, 45]]
    assert found.scores.tolist() == [np.float32(0.3)]


def test_scrfd_measures_from_its_cells_corner_in_strides() -> None:
    cells = [(32, 1), (8, 1), (2, 1)]
    heads = [np.zeros((count, values), np.float32) for values in (1, 4, 10) for count, _ in cells]
    heads[3][2] = [1, 1, 2, 3]  # first anchor of the second cell of the finest grid, corner (8, 0)
    heads[6][2, :2] = [0.5, 0.25]
    found = decode(network(NetworkKind.SCRFD, ()), heads)
    assert found.boxes[2].tolist() == [0, -8, 24, 24]
    assert found.points[2].tolist() == [12, 2, *[8, 0] * 4]


def test_yunet_scores_by_both_probabilities_and_sizes_by_exponent() -> None:
    heads = [np.zeros((count, values), np.float32) for values in (1, 1, 4, 10) for count in (16, 4, 1)]
    heads[2][0], heads[5][0] = 0.5, 0.5
    heads[8][0] = [0.5, 0.5, 0, np.log(2)]
    found = decode(network(NetworkKind.YUNET, ()), heads)
    assert found.scores[-1] == np.float32(0.5)
    np.testing.assert_allclose(found.boxes[-1], [0, -16, 32, 48], atol=1e-5)


def test_the_weaker_of_two_overlapping_boxes_is_dropped() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [20, 0, 30, 10], [0, 0, 10, 2]], np.float32)
    scores = np.array([0.6, 0.9, 0.7, 0.04], np.float32)
    predictions = Predictions(boxes, scores, np.zeros((4, 0), np.float32))
    assert suppress(predictions, iou_threshold=0.7, score_threshold=0.05, count=300).tolist() == [1, 2]
    assert suppress(predictions, iou_threshold=0.8, score_threshold=0.05, count=300).tolist() == [1, 2, 0]
    assert suppress(predictions, iou_threshold=0.8, score_threshold=0.05, count=1).tolist() == [1]
