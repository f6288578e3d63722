"""Aligned faces to learn people by: person's seed -> (P, 112, 112, 3).

Each is a head drawn at the size it has in a film, seen through some camera's sensor, and cut out by the very alignment
that the server uses, from landmarks as inexact as a detector's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from haven_server.perception.alignment import align_face
from haven_server.perception.face_quality import face_quality
from haven_server.sources.synthetic.camera import Camera, turned
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.figures import casting, keypoints
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.motion.acts import stand
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.rooms import sensor
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Joint, Posture
from haven_server.types import BGRImage
from triton_models.training.seeds import Split
from triton_models.training.shards import Arrays
from triton_models.training.stages import Stage, stages

FACES: Final = 7
"""First number of the seed tuples, so that no other chance is shared."""
OUTFITS: Final = 2
SIDES_PX: Final = (36.0, 130.0)
"""Width of a face in the film: from what the server just refuses up to a face close before the camera."""
FACE_M: Final = 0.16
"""Width of a face, about."""
INEXACT: Final = (0.01, 0.03, 0.06)
"""Error of the landmarks, shares of the distance of the eyes, one of them for each picture."""
BACKGROUND_M: Final = 30.0


def faces_of(part: int, split: Split, people: int, views: int, data: Path, alike: bool = False) -> Arrays:
    """Render one part: ``people`` people with ``views`` pictures each.

    Args:
        alike: render a look-alike of everybody instead, under the same number.
    Returns:
        `pictures` (people * views, 112, 112, 3) uint8 BGR; `people` (people * views,) int64, counted from 0;
        `qualities` (people * views,) float32: the server's, of a face that its detector is sure of.
    """
    sets = stages(split, data)
    pictures, qualities = [], []
    numbers = range(part * people, (part + 1) * people)
    for number in numbers:
        person = casting.person(split.first + number)
        chance = np.random.default_rng((FACES, person.seed, alike))
        if alike:
            person = casting.look_alike(person, split.first + number)
        for picture, quality in _portraits(person, views, sets, chance):
            pictures.append(picture)
            qualities.append(quality)
    return {
        "pictures": np.stack(pictures),
        "people": np.repeat(np.array(numbers), views),
        "qualities": np.array(qualities, np.float32),
    }


def _portraits(
    person: Person, views: int, sets: list[Stage], chance: np.random.Generator
) -> Iterator[tuple[BGRImage, float]]:
    figures = [Figure(person, casting.outfit(int(chance.integers(1 << 40)))) for _ in range(OUTFITS)]
    act = stand(person, Place(0.0, 0.0), 60.0)
    for view in range(views):
        posture = act.posture(float(chance.uniform(0, 60)))
        yield _portrait(figures[view % OUTFITS], posture, sets[chance.integers(len(sets))], chance)


def _portrait(figure: Figure, posture: Posture, stage: Stage, chance: np.random.Generator) -> tuple[BGRImage, float]:
    """Draw one head, and judge the aligned face as the server does."""
    side_px = float(np.exp(chance.uniform(*np.log(SIDES_PX))))
    camera = _camera(posture, side_px, chance)
    side = camera.width
    left, top = (int(chance.integers(0, limit - side)) for limit in (stage.camera.width, stage.camera.height))
    colour, _ = stage.cut(left, top, side, side)
    canvas = Canvas.over(colour, np.full((side, side), BACKGROUND_M, np.float32))
    figure.draw(canvas, camera, posture, stage.light(chance), 1)
    picture = sensor.expose(canvas.colour, stage.sensor, chance)
    points = camera.project(keypoints.face_points(figure.person, posture))[:, :2]
    eyes_px = float(np.hypot(*(points[1] - points[0])))
    inexact = points + chance.normal(0, chance.choice(INEXACT) * max(eyes_px, 8.0), points.shape)
    aligned = align_face(picture, inexact.astype(np.float32))
    return aligned, face_quality(side_px, aligned, inexact.astype(np.float32), 1.0)


def _camera(posture: Posture, side_px: float, chance: np.random.Generator) -> Camera:
    """Look at the head from before it, mostly a little from above as cameras on walls do, tightly framed."""
    yaw = float(np.clip(chance.normal(0, 0.35), -0.85, 0.85))
    pitch = float(np.clip(chance.normal(0.15, 0.2), -0.35, 0.7))
    direction = posture.head @ turned(yaw, pitch)[:, 0]
    head = posture.joints[Joint.HEAD]
    distance = float(chance.uniform(1.5, 6.0))
    side = int(2.6 * side_px)
    field_of_view = 2 * np.arctan(0.5 * side / side_px * FACE_M / distance)
    return Camera.looking(head + distance * direction, head, float(field_of_view), side, side)
