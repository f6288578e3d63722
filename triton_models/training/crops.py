"""One person cut out of a film as the tracker would: part -> crops to learn clothes by, regions to find faces in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from haven_server.models.network import FACE_POINTS
from haven_server.perception.contract import APPEARANCE_INPUT
from haven_server.perception.letterbox import Letterbox
from haven_server.perception.own_face import upper_body
from haven_server.perception.scaling import scale_onto
from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Depth
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.rooms.sensor import expose
from haven_server.sources.synthetic.scenarios.director import Actor
from haven_server.sources.synthetic.scenarios.truth import PersonTruth
from haven_server.sources.synthetic.scene import Place, Sensor
from haven_server.sources.synthetic.skeleton import Joint
from haven_server.types import BGRImage, BoxXYXY, Sample, visible_part
from triton_models.training.seeds import Split
from triton_models.training.shards import Arrays
from triton_models.training.stages import HALF, Stage, stages
from triton_models.training.troupe import Photograph, dressed, photograph, posture_at

CROPS: Final = 13
"""First number of the seed tuples."""
LEAST_PX: Final = (80, 24)
"""Height and width of a person whom the server looks at."""
LEAST_VISIBILITY: Final = 0.4
LARGE_PX: Final = 400
"""Height in the film from which on somebody is drawn at half size."""
NEAREST_M: Final = 0.3
COMPANY: Final = 0.25
"""Share of the pictures in which somebody else is near."""
FACE_INPUT: Final = 320
WIDEST: Final = FACE_INPUT // 2
"""Of a region in the face detector's input, as ``FaceRecogniser`` draws it."""
COLUMNS: Final = slice(64, 256)
"""Columns of the input that hold a region, cut to whole cells of the coarsest grid; beside them all is grey."""
MOST_FACES: Final = 2
LEAST_FACE_PX: Final = 10.0
"""Of a face in the film; smaller ones are neither asked for nor wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Somebody in a cut-out of a film's picture.

    Attributes:
        photograph: of the cut-out; who is meant comes first.
        box: as a tracker would have it, px of the cut-out.
        stage: row of the stage.
    """

    photograph: Photograph
    box: BoxXYXY
    stage: int

    @property
    def person(self) -> PersonTruth:
        """Who is meant."""
        return self.photograph.people[0]


def crops_of(part: int, split: Split, people: int, views: int, data: Path, cameras: int = 0) -> Arrays:
    """Render one part of ``people`` people in one outfit each, ``views`` crops of everybody.

    Args:
        cameras: that see each person, one after another; 0: any camera sees any view.
    Returns:
        `pictures` (people * views, 256, 128, 3) uint8 BGR; `people`, `stages` (people * views,) int64.
    """
    sets = stages(split, data)
    pictures = np.empty((people * views, *APPEARANCE_INPUT, 3), np.uint8)
    taken_by = np.empty(people * views, np.int64)
    first = part * people
    for row in range(people * views):
        seed, number = split.first + first + row // views, row % views
        chance = np.random.default_rng((CROPS, seed, number))
        seen_by: Sequence[int] = range(len(sets))
        if cameras:
            chosen = np.random.default_rng((CROPS, seed)).choice(len(sets), cameras, replace=False)
            seen_by = [int(chosen[number * cameras // views])]
        view = look(sets, seen_by, dressed(seed, seed), LEAST_VISIBILITY, chance)
        scale_onto(visible_part(view.photograph.picture, view.box), pictures[row])
        taken_by[row] = view.stage
    return {"pictures": pictures, "people": np.repeat(np.arange(first, first + people), views), "stages": taken_by}


def regions_of(part: int, split: Split, people: int, views: int, data: Path) -> Arrays:
    """Render one part of regions to find faces in.

    Returns:
        `pictures` (people * views, 320, 192, 3) uint8 BGR; `boxes` (…, 2, 4) float32 xyxy px of them, rows without
        area being padding; `ignored` (…, 2) bool; `points` (…, 2, 5, 3) float32 x, y, score 0 or 1.
    """
    sets = stages(split, data)
    count = people * views
    arrays: dict[str, npt.NDArray[Any]] = {
        "pictures": np.empty((count, FACE_INPUT, COLUMNS.stop - COLUMNS.start, 3), np.uint8),
        "boxes": np.zeros((count, MOST_FACES, 4), np.float32),
        "ignored": np.zeros((count, MOST_FACES), np.bool_),
        "points": np.zeros((count, MOST_FACES, FACE_POINTS, 3), np.float32),
    }
    for row in range(count):
        seed = split.first + part * people + row // views
        chance = np.random.default_rng((CROPS, seed, row % views, 1))
        _fill(arrays, row, look(sets, range(len(sets)), dressed(seed, seed), 0.3, chance))
    return arrays


def look(
    sets: list[Stage], seen_by: Sequence[int], figure: Figure, least_visibility: float, chance: np.random.Generator
) -> View:
    """Photograph somebody on one of the stages ``seen_by``, so often that the result is worth looking at."""
    while True:
        number = seen_by[int(chance.integers(len(seen_by)))]
        stage = sets[number]
        place = stage.place(chance)
        if chance.random() < 0.5:
            place = _facing(place, stage, chance)
        somebody = Actor(1, figure, posture_at(figure.person, place, stage.room, chance))
        frame = _frame(stage, somebody)
        if frame is None:
            continue
        actors = [somebody]
        if chance.random() < COMPANY:
            actors.append(_companion(somebody, stage, chance))
        exposed = partial(expose, sensor=frame.sensor, rng=chance)
        view = photograph(stage, Canvas.over(frame.colour, frame.depth), frame.camera, actors, chance, exposed)
        if view.people and view.people[0].global_id == 1 and view.people[0].visibility >= least_visibility:
            return View(view, _tracked(view.people[0].box, chance), number)


def _facing(place: Place, stage: Stage, chance: np.random.Generator) -> Place:
    """Turn somebody towards the camera, roughly."""
    towards = np.arctan2(stage.camera.position[1] - place.y, stage.camera.position[0] - place.x)
    return replace(place, heading_rad=float(towards + chance.normal(0, 0.6)))


def _companion(somebody: Actor, stage: Stage, chance: np.random.Generator) -> Actor:
    """Put somebody else beside, before or behind."""
    angle, distance = chance.uniform(-np.pi, np.pi), chance.uniform(0.45, 1.3)
    x, y, _ = somebody.posture.joints[Joint.PELVIS] + distance * np.array([np.cos(angle), np.sin(angle), 0])
    seed = somebody.figure.person.seed + int(chance.integers(1, 40))
    figure = dressed(seed, seed)
    beside = Place(float(x), float(y), float(chance.uniform(-np.pi, np.pi)))
    return Actor(2, figure, posture_at(figure.person, beside, stage.room, chance))


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """A part of a stage's picture, and what takes it."""

    camera: Camera
    sensor: Sensor
    colour: BGRImage
    depth: Depth


def _frame(stage: Stage, somebody: Actor) -> _Frame | None:
    """Cut out the part of the picture round somebody; None where too little would be seen of them.

    Who is large in the picture is drawn at half size: the networks' inputs are smaller still.
    """
    camera, sensor, cut = stage.camera, stage.sensor, stage.cut
    if camera.to_view(somebody.posture.joints)[:, 2].min() < NEAREST_M:
        return None
    whole = somebody.figure.silhouette_box(camera, somebody.posture)
    limits = np.array([camera.width, camera.height])
    seen = np.clip(whole[2:], 0, limits) - np.clip(whole[:2], 0, limits)
    if seen[1] < LEAST_PX[0] or seen[0] < LEAST_PX[1] or seen.prod() < 0.5 * (whole[2:] - whole[:2]).prod():
        return None
    if seen[1] > LARGE_PX:
        camera, cut, whole, limits = camera.scaled(HALF), stage.cut_half, whole * HALF, limits // 2
        sensor = replace(sensor, noise=sensor.noise * HALF, blur_px=sensor.blur_px * HALF)
    margin = 0.12 * (whole[2:] - whole[:2])
    left, top = np.clip(np.floor(whole[:2] - margin), 0, limits).astype(int).tolist()
    right, bottom = np.clip(np.ceil(whole[2:] + margin), 0, limits).astype(int).tolist()
    colour, depth = cut(left, top, right - left, bottom - top)
    return _Frame(camera.window(left, top, right - left, bottom - top), sensor, colour, depth)


def _tracked(box: BoxXYXY, chance: np.random.Generator) -> BoxXYXY:
    """Give the box as inexactly as a tracker does."""
    sides = np.tile(box[2:] - box[:2], 2)
    return (box + chance.normal(0, 0.025, 4) * sides).astype(np.float32)


def _fill(arrays: dict[str, npt.NDArray[Any]], row: int, view: View) -> None:
    """Draw a view's region into the face detector's input, and carry the faces there."""
    sample = _sample(view)
    region = upper_body(sample)
    place = Letterbox.fit(region.shape, FACE_INPUT, FACE_INPUT, WIDEST)
    whole = np.empty((FACE_INPUT, FACE_INPUT, 3), np.uint8)
    place.draw(region, whole)
    arrays["pictures"][row] = whole[:, COLUMNS]
    scale = place.content_width / place.source_width
    corner = np.floor(np.maximum(view.box[:2], 0))
    offset = np.array([place.left - COLUMNS.start, place.top], np.float32) - corner * scale
    faces = [person for person in view.photograph.people if person.face_box is not None]
    for number, person in enumerate(faces[:MOST_FACES]):
        box = np.asarray(person.face_box, np.float32)
        corners = np.clip(box.reshape(2, 2) * scale + offset, [0, place.top], _limits(place)).ravel()
        if (corners[2:] <= corners[:2]).any():
            continue
        seen = person.face[:, 2] == 2
        arrays["boxes"][row, number] = corners
        arrays["points"][row, number] = np.column_stack([person.face[:, :2] * scale + offset, seen])
        arrays["ignored"][row, number] = seen.sum() < 4 or float((box[2:] - box[:2]).min()) < LEAST_FACE_PX


def _limits(place: Letterbox) -> npt.NDArray[np.float32]:
    """Give the lower right corner of the region in the cut-out of the input."""
    right = place.left - COLUMNS.start + place.content_width
    return np.array([right, place.top + place.content_height], np.float32)


def _sample(view: View) -> Sample:
    """Make what the server would keep of the view; its pose sees a face wherever one is to be seen."""
    crop = visible_part(view.photograph.picture, view.box)
    body = view.person.body.copy()
    body[:, 2] = body[:, 2] == 2
    return Sample(0, 0, crop, view.box, body, 1.0, 1000.0, 1.0)
