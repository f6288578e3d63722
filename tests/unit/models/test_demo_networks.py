"""The shipped networks of the demo world: what the server loads is what was trained, and it knows the demo world."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.repository import model_path, read_model
from haven_server.models.graph import NETWORK_PREFIX
from haven_server.perception.detector import PersonDetector
from haven_server.perception.face import FaceRecogniser
from haven_server.perception.pose import PoseEstimator
from haven_server.settings import FaceSettings
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.figures import casting, keypoints
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.rooms import sensor
from haven_server.sources.synthetic.rooms.backdrop import Backdrop, draw_backdrop
from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.scene import Place
from haven_server.types import (
    BGRImage,
    BoxXYXY,
    Feature,
    Frame,
    Keypoints,
    ModelRole,
    Sample,
    Track,
    TrackState,
    visible_part,
)

ROOT = Path(__file__).parents[3]
REPOSITORY = ROOT / "triton_models" / "demo"
ROOM = ROOMS["hall"]
MOUNT = ROOM.mounts["a"]
FIRST_SEED = 9_700_000
"""Of people who were neither trained on nor used to calibrate."""
AWAY_M = 2.4


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """Somebody before a camera: the picture, and where the person and the body's points really are."""

    picture: BGRImage
    box: BoxXYXY
    body: npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def backdrop() -> Backdrop:
    return draw_backdrop(ROOM, MOUNT.camera)


def portrait(backdrop: Backdrop, seed: int, turned_rad: float = 0.0, aside_m: float = 0.0) -> Portrait:
    """Let somebody stand before the camera; at 0 rad they look at it."""
    camera = MOUNT.camera
    ahead, left = camera.rotation[:2, 0] / np.linalg.norm(camera.rotation[:2, 0]), camera.rotation[:2, 1]
    x, y = camera.position[:2] + AWAY_M * ahead + aside_m * left
    towards = math.atan2(camera.position[1] - y, camera.position[0] - x)
    person = casting.person(seed)
    posture = acts.stand(person, Place(float(x), float(y), towards + turned_rad), 5.0).posture(1.0)
    figure = Figure(person, casting.outfit(seed))
    canvas = Canvas.over(backdrop.colour, backdrop.depth)
    figure.draw(canvas, camera, posture, ROOM.light, 1)
    picture = sensor.expose(canvas.colour, MOUNT.sensor, np.random.default_rng(seed))
    box = np.clip(figure.silhouette_box(camera, posture), 0, [1280, 720, 1280, 720]).astype(np.float32)
    return Portrait(picture, box, camera.project(keypoints.body_points(person, posture)))


def overlap(first: BoxXYXY, second: BoxXYXY) -> float:
    shared = np.clip(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0, None).prod()
    return float(shared / ((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod() - shared))


def look(pictures: Sequence[BGRImage]) -> list[tuple[BoxXYXY, Keypoints]]:
    """Find the one person in each picture, as the server does."""

    async def answer() -> list[tuple[BoxXYXY, Keypoints]]:
        engine = EmbeddedEngine(REPOSITORY, "cpu")
        detector, estimator = PersonDetector(engine, 640, 0.5), PoseEstimator(engine, 640, 0.3)
        found = []
        for index, picture in enumerate(pictures):
            frame = Frame("a", index, 0, picture)
            people = await detector.detect(frame)
            assert len(people.boxes) == 1
            track = Track("a", 1, people.boxes[0], float(people.scores[0]), TrackState.CONFIRMED, 0)
            found.append((people.boxes[0], (await estimator.estimate(frame, [track]))[1].keypoints))
        await engine.close()
        return found

    return asyncio.run(answer())


def face_of(portraits: Sequence[Portrait]) -> Feature | None:
    """Recognise the face in views of one person, as the server does."""
    samples = [
        Sample(0, 0, visible_part(one.picture, box), box, points, 1.0, 1000.0, 1.0)
        for one, (box, points) in zip(portraits, look([one.picture for one in portraits]), strict=True)
    ]

    async def answer() -> Feature | None:
        engine = EmbeddedEngine(REPOSITORY, "cpu")
        feature = await FaceRecogniser(engine, FaceSettings()).recognise(samples)
        await engine.close()
        return feature

    return asyncio.run(answer())


@pytest.mark.parametrize("role", ModelRole)
def test_a_shipped_network_is_the_one_whose_making_is_on_record(role: ModelRole) -> None:
    info, _ = read_model(REPOSITORY, role)  # refuses a file that is not the one it says it is
    record = json.loads((ROOT / "docs" / "training" / f"{role.value}.json").read_text())
    assert (info.name, info.model_hash) == (record["name"], record["hash"])
    assert dict(info.thresholds) == record["thresholds"]


@pytest.mark.parametrize("role", ModelRole)
def test_a_shipped_network_says_that_it_knows_the_demo_world_alone(role: ModelRole) -> None:
    assert EmbeddedEngine(REPOSITORY, "cpu").describe(role).domain == "demo"


@pytest.mark.parametrize("role", ModelRole)
def test_a_shipped_network_is_small_and_stored_as_float16(role: ModelRole) -> None:
    assert model_path(REPOSITORY, role).stat().st_size < 2_000_000
    _, model = read_model(REPOSITORY, role)
    weights = [weight for weight in model.graph.initializer if weight.name.startswith(NETWORK_PREFIX)]
    halves, floats = (
        sum(math.prod(weight.dims) for weight in weights if weight.data_type == kind)
        for kind in (onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT)
    )
    assert 100_000 < halves <= 900_000
    assert floats < 0.05 * halves


def test_somebody_before_a_camera_is_found_with_all_their_points(backdrop: Backdrop) -> None:
    seen = portrait(backdrop, FIRST_SEED)
    ((box, points),) = look([seen.picture])
    assert overlap(box, seen.box) > 0.7
    inside = ((seen.body[:, :2] >= 0) & (seen.body[:, :2] < [1280, 720])).all(axis=1)
    away = np.hypot(*(points[:, :2] - seen.body[:, :2]).T)[inside]
    assert (away < 0.1 * (seen.box[3] - seen.box[1])).mean() > 0.85


def test_nobody_is_found_in_an_empty_room(backdrop: Backdrop) -> None:
    frame = Frame("a", 0, 0, backdrop.colour)

    async def detect() -> int:
        engine = EmbeddedEngine(REPOSITORY, "cpu")
        people = await PersonDetector(engine, 640, 0.5).detect(frame)
        await engine.close()
        return len(people.boxes)

    assert asyncio.run(detect()) == 0


def test_nose_and_eyes_tell_a_face_from_the_back_of_a_head(backdrop: Backdrop) -> None:
    front, back = portrait(backdrop, FIRST_SEED), portrait(backdrop, FIRST_SEED, turned_rad=math.pi)
    (_, from_the_front), (_, from_behind) = look([front.picture, back.picture])
    assert (from_the_front[:3, 2] >= 0.5).all()
    assert not (from_behind[:3, 2] >= 0.5).all()


def test_faces_of_one_person_are_alike_and_those_of_others_are_not(backdrop: Backdrop) -> None:
    vectors = []
    for seed in (FIRST_SEED, FIRST_SEED + 1):
        for aside in (-0.3, 0.3):
            feature = face_of([portrait(backdrop, seed, turned, aside) for turned in (-0.15, 0.15)])
            assert feature is not None
            vectors.append(feature.vector)
    cosines = np.array(vectors) @ np.array(vectors).T
    same, different = [cosines[0, 1], cosines[2, 3]], cosines[:2, 2:]
    threshold = EmbeddedEngine(REPOSITORY, "cpu").describe(ModelRole.FACE_EMBEDDER).thresholds["face_similarity"]
    assert min(same) > threshold > different.max()
