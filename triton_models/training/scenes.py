"""Whole pictures to find people and their poses in: part -> pictures as the networks get them, with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from haven_server.models.network import POSE_POINTS
from haven_server.perception.letterbox import Letterbox
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.rooms.sensor import Exposure
from haven_server.sources.synthetic.scenarios.director import Actor
from haven_server.sources.synthetic.scenarios.truth import PersonTruth
from triton_models.training.seeds import Split
from triton_models.training.shards import Arrays
from triton_models.training.stages import HALF, Stage, stages
from triton_models.training.troupe import KINDS, Kinds, Photograph, dressed, photograph, posture_at

SCENES: Final = 11
"""First number of the seed tuples."""
INPUT: Final = 320
ROWS: Final = slice(64, 256)
"""Rows of the input that hold a 16:9 picture, cut to whole cells of the coarsest grid; above and below all is grey."""
MOST_PEOPLE: Final = 6
CROWDS: Final = (0.04, 0.14, 0.22, 0.24, 0.18, 0.11, 0.07)
"""How often so many people are on stage."""
TROUPE: Final = 40
"""People who play all scenes of a part."""
SETS: Final = 25
"""Stages on which the scenes of a part are played."""
FACE_ROWS: Final = slice(0, 5)
"""COCO rows of nose, eyes and ears, which count only while they are seen; limbs count where they are hidden, too."""


def scenes_of(part: int, split: Split, count: int, data: Path, kinds: Kinds = KINDS) -> Arrays:
    """Render one part, in which people do what ``kinds`` says.

    Returns:
        `pictures` (count, 192, 320, 3) uint8 BGR; `boxes` (count, 6, 4) float32 xyxy px of them, rows without area
        being padding; `ignored` (count, 6) bool; `points` (count, 6, 17, 3) float32 x, y, score: 1 seen, 0.5 hidden
        in the picture (0 for points of the face), 0 out of it.
    """
    chance = np.random.default_rng((SCENES, split.first, part))
    every = stages(split, data)
    sets = [_Set.of(every[row], chance) for row in chance.choice(len(every), min(SETS, len(every)), replace=False)]
    arrays: dict[str, npt.NDArray[Any]] = {
        "pictures": np.empty((count, ROWS.stop - ROWS.start, INPUT, 3), np.uint8),
        "boxes": np.zeros((count, MOST_PEOPLE, 4), np.float32),
        "ignored": np.zeros((count, MOST_PEOPLE), np.bool_),
        "points": np.zeros((count, MOST_PEOPLE, POSE_POINTS, 3), np.float32),
    }
    for row in range(count):
        scene = _scene(sets[chance.integers(len(sets))], split.first + part * TROUPE, kinds, chance)
        place = Letterbox.fit(scene.picture.shape, INPUT, INPUT)
        whole = np.empty((INPUT, INPUT, 3), np.uint8)
        place.draw(scene.picture, whole)
        arrays["pictures"][row] = whole[ROWS]
        for number, person in enumerate(scene.people):
            boxes, points = _in_input(person, place)
            arrays["boxes"][row, number], arrays["points"][row, number] = boxes, points
            arrays["ignored"][row, number] = not person.is_asked_for(scene.picture.shape[0])
    return arrays


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """A stage with its sensor, worked out once for many pictures."""

    stage: Stage
    exposure: Exposure

    @classmethod
    def of(cls, stage: Stage, chance: np.random.Generator) -> Self:
        height, width = stage.depth.shape
        return cls(stage, Exposure(stage.sensor, width, height, int(chance.integers(1 << 31))))


def _scene(where: _Set, first: int, kinds: Kinds, chance: np.random.Generator) -> Photograph:
    """Put some of the troupe on a stage; ``first`` is the seed of the first of them."""
    stage = where.stage
    actors = []
    for number in range(int(chance.choice(len(CROWDS), p=CROWDS))):
        seed = first + int(chance.integers(TROUPE))
        figure = dressed(seed, seed)
        posture = posture_at(figure.person, stage.place(chance), stage.room, chance, kinds)
        actors.append(Actor(number + 1, figure, posture))
    canvas, shot = Canvas.over(stage.colour, stage.depth), int(chance.integers(1 << 31))
    exposed = partial(where.exposure.frame, number=shot)
    return photograph(stage, canvas, stage.camera.scaled(HALF), actors, chance, exposed)


def _in_input(person: PersonTruth, place: Letterbox) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Carry a box and the body's points to the cut-out of the input."""
    scale = place.content_width / place.source_width
    offset = np.array([place.left, place.top - ROWS.start], np.float32)
    box = (person.box.reshape(2, 2) * scale + offset).ravel()
    seen = person.body[:, 2] / 2
    seen[FACE_ROWS] = np.floor(seen[FACE_ROWS])
    return box, np.column_stack([person.body[:, :2] * scale + offset, seen])
