"""Pictures of people who are known by name, or known to be one or two: folder or CSV -> Labels."""

from __future__ import annotations

import csv
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from haven_core.quality import laplacian_variance
from haven_server.errors import InvalidInputError
from haven_server.reid.quality import view_quality
from haven_server.types import Sample, Tracklet

PICTURES: Final = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
"""Endings of files that are taken for pictures."""
CERTAIN: Final = 1.0
"""Score of a detection that a person made."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One person, cut out: the whole body, or the head."""

    path: Path
    person: str


@dataclass(frozen=True, slots=True)
class Labels:
    """Pictures, and what is known of who is on them.

    Attributes:
        apart: pairs of people who are known to be two; None: all are.
    """

    pictures: Sequence[LabelledPicture]
    apart: Set[frozenset[str]] | None = None


def read_labels(path: Path) -> Labels:
    """Read who is on which picture.

    Args:
        path: a folder with a folder of pictures per person, or a CSV with the columns `picture,person`, or with
            `first,second,same`: two pictures and whether (1 or 0) they show one person. Paths in it are relative to it.
    Raises:
        InvalidInputError: it is neither, a picture is missing, or no two people are known to be two.
    """
    if path.is_dir():
        labels = Labels(
            [
                LabelledPicture(picture, folder.name)
                for folder in sorted(path.iterdir())
                if folder.is_dir()
                for picture in sorted(folder.iterdir())
                if picture.suffix.lower() in PICTURES
            ]
        )
    elif path.is_file():
        labels = _read_csv(path)
    else:
        raise InvalidInputError(f"{path} does not exist; give a folder with a folder of pictures per person, or a CSV")
    people = {picture.person for picture in labels.pictures}
    if len(people) < 2 or (labels.apart is not None and not labels.apart):
        raise InvalidInputError(
            f"{path}: nothing to calibrate by, no two different people are known: wanted a folder of pictures for each "
            "person, or a CSV with the columns picture,person or first,second,same"
        )
    for picture in labels.pictures:
        if not picture.path.is_file():
            raise InvalidInputError(f"{path}: names {picture.path}, which does not exist")
    return labels


def tracklet_of(picture: LabelledPicture, number: int) -> Tracklet:
    """Take a picture for a track that was seen once, as large and sharp as it is.

    Raises:
        InvalidInputError: it cannot be read as a picture.
    """
    read = cv2.imread(str(picture.path))
    if read is None:
        raise InvalidInputError(f"{picture.path} cannot be read as a picture")
    image = np.ascontiguousarray(read, np.uint8)
    height, width = image.shape[:2]
    sharpness = laplacian_variance(image)
    quality = view_quality(CERTAIN, height * width, sharpness)
    box = np.array([0, 0, width, height], np.float32)
    sample = Sample(0, 0, image, box, None, CERTAIN, sharpness, quality)
    return Tracklet("pictures", number, 0, 0, 1, (sample,), quality, ended=True)


def _read_csv(path: Path) -> Labels:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = set(rows.fieldnames or ())
            lines = [{key: value or "" for key, value in row.items()} for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError(f"{path} cannot be read as CSV: {error}") from error
    if {"picture", "person"} <= columns:
        if nameless := [line["picture"] for line in lines if not line["person"]]:
            raise InvalidInputError(f"{path}: {nameless[0]} has no person: say who it is, or leave the line out")
        return Labels([LabelledPicture(path.parent / line["picture"], line["person"]) for line in lines])
    if {"first", "second", "same"} <= columns:
        return _join(path, [(line["first"], line["second"], line["same"]) for line in lines])
    raise InvalidInputError(f"{path}: wanted the columns picture,person or first,second,same, got {sorted(columns)}")


def _join(path: Path, pairs: Sequence[tuple[str, str, str]]) -> Labels:
    """Make people of pairs: pictures that are of the same person as a third one are of one person.

    Raises:
        InvalidInputError: a pair is neither same nor different, or both.
    """
    leader: dict[str, str] = {}

    def find(picture: str) -> str:
        while (above := leader.setdefault(picture, picture)) != picture:
            picture = above
        return picture

    for first, second, same in pairs:
        if same not in {"0", "1"}:
            raise InvalidInputError(f"{path}: {first},{second}: wanted 1 or 0 for same, got {same!r}")
        one, other = find(first), find(second)
        if same == "1":
            leader[max(one, other)] = min(one, other)
    apart = set()
    for first, second, same in pairs:
        if same == "0":
            if find(first) == find(second):
                raise InvalidInputError(f"{path}: {first} and {second} are two people here, and one by other lines")
            apart.add(frozenset({find(first), find(second)}))
    return Labels([LabelledPicture(path.parent / picture, find(picture)) for picture in leader], apart)
