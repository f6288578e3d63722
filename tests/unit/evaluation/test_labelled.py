"""Labelled pictures come as folders or as CSV; what contradicts itself is refused by name."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.evaluation.labelled import read_labels, tracklet_of


def draw(folder: Path, *names: str) -> None:
    """Write small pictures."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (120, 60, 3), np.uint8))


def table(folder: Path, text: str) -> Path:
    """Write a CSV beside the pictures."""
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_a_folder_per_person_names_everybody(tmp_path: Path) -> None:
    draw(tmp_path, "ann/1.png", "ann/2.jpg", "ben/1.png")
    (tmp_path / "ann" / "notes.txt").touch()
    labels = read_labels(tmp_path)
    assert [(one.person, one.path.name) for one in labels.pictures] == [
        ("ann", "1.png"),
        ("ann", "2.jpg"),
        ("ben", "1.png"),
    ]
    assert labels.apart is None


def test_a_table_of_pictures_names_everybody(tmp_path: Path) -> None:
    draw(tmp_path, "1.png", "2.png")
    labels = read_labels(table(tmp_path, "picture,person\n1.png,ann\n2.png,ben\n"))
    assert [(one.person, one.path) for one in labels.pictures] == [
        ("ann", tmp_path / "1.png"),
        ("ben", tmp_path / "2.png"),
    ]


def test_pairs_tell_of_no_others(tmp_path: Path) -> None:
    draw(tmp_path, "1.png", "2.png", "3.png", "4.png")
    labels = read_labels(table(tmp_path, "first,second,same\n1.png,2.png,1\n2.png,3.png,0\n4.png,3.png,1\n"))
    who = {one.path.name: one.person for one in labels.pictures}
    assert who["1.png"] == who["2.png"] != who["3.png"] == who["4.png"]
    assert labels.apart == {frozenset({who["1.png"], who["3.png"]})}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("picture,person\n1.png,ann\n", "no two different people"),
        ("first,second,same\n1.png,2.png,1\n", "no two different people"),
        ("first,second,same\n1.png,2.png,1\n2.png,1.png,0\n", "two people here, and one by other lines"),
        ("first,second,same\n1.png,2.png,yes\n", "wanted 1 or 0"),
        ("picture,who\n1.png,ann\n", "wanted the columns"),
        ("picture,person\n1.png,ann\n9.png,ben\n", "9.png, which does not exist"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    draw(tmp_path, "1.png", "2.png")
    with pytest.raises(InvalidInputError, match=complaint):
        read_labels(table(tmp_path, text))


def test_a_picture_stands_for_a_track_of_its_own_size_and_sharpness(tmp_path: Path) -> None:
    draw(tmp_path, "ann/1.png", "ben/1.png")
    pictures = read_labels(tmp_path).pictures
    tracklet = tracklet_of(pictures[0], 1)
    assert tracklet.samples[0].crop.shape == (120, 60, 3)
    assert 0.5 < tracklet.quality <= 1
    pictures[1].path.write_bytes(b"no picture")
    with pytest.raises(InvalidInputError, match="cannot be read as a picture"):
        tracklet_of(pictures[1], 2)
