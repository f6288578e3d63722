"""What following the camera's movement is worth: people walk about a drawn room, the camera pans. -> Measures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from bench.common import ROOT
from haven_server.evaluation.comparison import compare
from haven_server.evaluation.measures import Measures, judge_frames
from haven_server.evaluation.motchallenge import FoundBoxes, TrueBoxes
from haven_server.settings import InferenceSettings, TrackerSettings
from haven_server.sources.synthetic.camera import Camera, turned
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.rooms import catalogue
from haven_server.sources.synthetic.rooms.appearance import Set
from haven_server.sources.synthetic.rooms.backdrop import Backdrop, build, photograph
from haven_server.sources.synthetic.scenarios import scenario_file
from haven_server.sources.synthetic.scenarios.director import Production
from haven_server.sources.synthetic.scenarios.truth import PersonTruth, person_truth
from haven_server.tracking import make_tracker
from haven_server.types import NANOSECONDS, BGRImage, BoxesXYXY, Detections

SCENARIO, ROOM, MOUNT = ROOT / "config" / "scenarios" / "crowd.yaml", "living_room", "a"
START_S = 14.0
"""When the film begins: people are in the room by then, and some walk."""
FRAME_RATE = 10
SCALE = 0.25
"""Of the camera's picture: 320 x 180 px, as large as the movement is measured on."""
SWING_RAD, PERIOD_FRAMES = np.radians(8), 20
"""How far to either side it pans, and in how many frames there and back: at most 25 degrees a second."""
JITTER, MISSED = 0.02, 0.1
"""Noise of a box's edges as a share of its height, and share of people not detected."""
FRAMES, SEEDS = 70, range(5)
"""Length of the film, and seeds of the noise over which it is judged."""


@dataclass(frozen=True, slots=True, eq=False)
class PannedFilm:
    """A film and who truly is in it.

    Attributes:
        pictures, people: by frame.
    """

    pictures: list[BGRImage]
    people: list[list[PersonTruth]]

    @property
    def truth(self) -> TrueBoxes:
        """Everybody, row by row."""
        rows = [(frame, person) for frame, there in enumerate(self.people, 1) for person in there]
        height = self.pictures[0].shape[0]
        return TrueBoxes(
            np.array([frame for frame, _ in rows], np.int64),
            np.array([person.global_id for _, person in rows], np.int64),
            np.array([person.box for _, person in rows], np.float32),
            np.array([person.is_asked_for(height) for _, person in rows], np.bool_),
        )


def judge_camera_motion() -> list[dict[str, Any]]:
    """Follow the film with the camera's movement followed and not; return the measures of both, noise by noise."""
    film = film_panning(FRAMES)
    return [
        {"algorithm": "BoT-SORT", "tracker": "HAVEN", "film": "panning camera", "camera_motion": followed, "seed": seed}
        | follow_panning(film, seed, followed).as_dict()
        for seed in SEEDS
        for followed in (True, False)
    ]


def film_panning(frames: int) -> PannedFilm:
    """Draw the first frames of the film; the same ones every time."""
    production = Production(scenario_file.load(SCENARIO))
    pictures, people = [], []
    for index in range(frames):
        # There and back through the same directions, so that a room is drawn once for each.
        swing = round(float(SWING_RAD * np.cos(2 * np.pi * index / PERIOD_FRAMES)), 6)
        camera, backdrop = _view(swing)
        canvas = Canvas.over(backdrop.colour, backdrop.depth)
        actors = production.on_stage(ROOM, START_S + index / FRAME_RATE)
        for actor in actors:
            actor.figure.draw(canvas, camera, actor.posture, catalogue.ROOMS[ROOM].light, actor.global_id)
        pictures.append(canvas.colour)
        truths = (person_truth(actor, camera, canvas) for actor in actors)
        people.append([person for person in truths if person is not None])
    return PannedFilm(pictures, people)


def follow_panning(film: PannedFilm, seed: int, camera_motion: bool) -> Measures:
    """Judge BoT-SORT, as for a live camera, on the film.

    Args:
        seed: of the detector's noise.
        camera_motion: follow the camera's movement.
    """
    settings = TrackerSettings(type="botsort", camera_motion=camera_motion)
    tracker = make_tracker("panning", settings, InferenceSettings().new_track_thresh, live=True)
    random = np.random.default_rng(seed)
    rows: list[tuple[int, int, int, BoxesXYXY]] = []
    for frame, (picture, people) in enumerate(zip(film.pictures, film.people, strict=True), 1):
        detections = _detect(people, picture.shape[0], random)
        update = tracker.update(detections, frame * NANOSECONDS // FRAME_RATE, picture)
        rows += [(frame, track.track_id, track.track_id, track.box) for track in update.visible]
    measures = judge_frames(compare(film.truth, FoundBoxes.of(rows)).frames).measures
    assert measures is not None, "somebody is in the film"
    return measures


@cache
def _view(swing_rad: float) -> tuple[Camera, Backdrop]:
    """Turn the camera to the left, and draw the room without people as it is seen then."""
    room = catalogue.ROOMS[ROOM]
    camera = room.mounts[MOUNT].camera.scaled(SCALE)
    camera = replace(camera, rotation=turned(swing_rad) @ camera.rotation)
    return camera, photograph(_stage(), camera)


@cache
def _stage() -> Set:
    return build(catalogue.ROOMS[ROOM], texel_m=0.15)


def _detect(people: list[PersonTruth], picture_height: int, random: np.random.Generator) -> Detections:
    """Find most of those who can be seen, not quite where they are."""
    boxes = np.array([one.box for one in people if one.is_asked_for(picture_height)], np.float32).reshape(-1, 4)
    boxes = boxes[random.random(len(boxes)) >= MISSED]
    heights = boxes[:, 3:] - boxes[:, 1:2]
    noisy = boxes + JITTER * heights * random.normal(size=boxes.shape)
    corners = np.hstack((np.minimum(noisy[:, :2], noisy[:, 2:]), np.maximum(noisy[:, :2], noisy[:, 2:])))
    return Detections(corners.astype(np.float32), random.uniform(0.6, 0.95, len(boxes)).astype(np.float32))
