"""Perception with real networks on real pictures."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.perception.detector import PersonDetector
from haven_server.perception.features import FeatureExtractor
from haven_server.perception.pose import PoseEstimator
from haven_server.settings import AppearanceSettings, FaceSettings, ReIDSettings
from haven_server.sources.video import VideoSource
from haven_server.types import BGRImage, Features, Frame, Modality, Sample, Track, Tracklet, TrackState, Vector


@pytest.fixture
async def engine(real_repository: Path) -> AsyncIterator[EmbeddedEngine]:
    engine = EmbeddedEngine(real_repository, "cpu", 2)
    yield engine
    await engine.close()


def picture(path: Path) -> BGRImage:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def photo(test_data: Path, name: str) -> Frame:
    return Frame("door", 0, 0, picture(test_data / "photos" / name))


async def people(engine: EmbeddedEngine, frame: Frame) -> list[Track]:
    found = await PersonDetector(engine, 640, 0.5).detect(frame)
    return [
        Track("door", number, box, float(score), TrackState.CONFIRMED, 0)
        for number, (box, score) in enumerate(zip(found.boxes, found.scores, strict=True), 1)
    ]


@pytest.mark.parametrize(("name", "least", "most"), [("bus.jpg", 3, 4), ("zidane.jpg", 2, 2)])
async def test_the_people_in_a_photo_are_found_whole(
    engine: EmbeddedEngine, test_data: Path, name: str, least: int, most: int
) -> None:
    frame = photo(test_data, name)
    tracks = await people(engine, frame)
    assert least <= len(tracks) <= most
    assert all(track.box[3] - track.box[1] > 0.3 * frame.image.shape[0] for track in tracks[:least])


async def test_each_person_in_a_photo_gets_a_pose_within_the_box(engine: EmbeddedEngine, test_data: Path) -> None:
    frame = photo(test_data, "zidane.jpg")
    tracks = await people(engine, frame)
    poses = await PoseEstimator(engine, 640, 0.3).estimate(frame, tracks)
    assert set(poses) == {1, 2}
    for track in tracks:
        x1, y1, x2, y2 = track.box
        nose_x, nose_y, score = poses[track.track_id].keypoints[0]
        assert score > 0.8
        assert x1 < nose_x < x2
        assert y1 < nose_y < (y1 + y2) / 2


def whole(image: BGRImage) -> Sample:
    height, width = image.shape[:2]
    return Sample(0, 0, image, np.array([0, 0, width, height], np.float32), None, 0.9, 500.0, 0.9)


def extractor_of(engine: EmbeddedEngine, face: FaceSettings, appearance: bool) -> FeatureExtractor:
    return FeatureExtractor(engine, ReIDSettings(face=face, appearance=AppearanceSettings(enabled=appearance)))


async def extract(extractor: FeatureExtractor, image: BGRImage) -> Features:
    seen = await extractor.extract(Tracklet("door", 1, 0, 0, 9, (whole(image),), 0.9, ended=False))
    return seen.features


def similarities(described: list[tuple[str, Vector]]) -> tuple[list[float], list[float]]:
    """Cosines of all pairs of (person, vector): of one person, and of two."""
    same: list[float] = []
    different: list[float] = []
    for (first, one), (second, other) in itertools.combinations(described, 2):
        (same if first == second else different).append(float(one @ other))
    return same, different


async def test_faces_of_one_person_are_alike_and_of_two_people_are_not(engine: EmbeddedEngine, test_data: Path) -> None:
    extractor = extractor_of(engine, FaceSettings(quality_threshold=0.3), appearance=False)
    vectors = []
    for path in sorted((test_data / "faces").glob("*[0-9].png")):
        features = await extract(extractor, picture(path))
        if Modality.FACE in features:
            vectors.append((path.stem.rstrip("0123456789"), features[Modality.FACE].vector))
    assert len(vectors) >= 38
    same, different = similarities(vectors)
    assert np.median(same) > 0.5
    assert max(different) < 0.35
    assert np.mean(np.array(same) > max(different)) > 0.95


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [("none", 0.7, 1.0), ("half the size", 0.7, 1.0), ("blurred", 0.0, 0.7), ("a third of the size", 0.0, 0.7)],
)
async def test_a_good_face_passes_the_default_threshold_and_a_blurred_or_tiny_one_does_not(
    engine: EmbeddedEngine, test_data: Path, fault: str, least: float, most: float
) -> None:
    extractor = extractor_of(engine, FaceSettings(quality_threshold=0.0, min_face_size=30), appearance=False)
    good = picture(test_data / "faces" / "penny1.png")
    damage = {
        "none": good,
        "half the size": cv2.resize(good, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "blurred": cv2.GaussianBlur(good, (0, 0), 4),
        "a third of the size": cv2.resize(good, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA),
    }
    face = (await extract(extractor, np.asarray(damage[fault], np.uint8)))[Modality.FACE]
    assert least <= face.quality <= most


@pytest.mark.parametrize(("blur_px", "embedding_kept", "passes"), [(1.0, True, True), (4.0, False, False)])
async def test_blur_fails_the_threshold_once_it_changes_the_embedding(
    engine: EmbeddedEngine, test_data: Path, blur_px: float, embedding_kept: bool, passes: bool
) -> None:
    extractor = extractor_of(engine, FaceSettings(quality_threshold=0.0), appearance=False)
    kept, passed = [], []
    for name in ("penny1", "raj1", "leonard1", "amy4", "sheldon4", "stuart3"):
        sharp = picture(test_data / "faces" / f"{name}.png")
        blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), blur_px), np.uint8)
        before, after = [(await extract(extractor, image))[Modality.FACE] for image in (sharp, blurred)]
        kept.append(float(before.vector @ after.vector) > 0.9)
        passed.append(after.quality >= FaceSettings().quality_threshold)
    assert set(kept) == {embedding_kept}
    assert set(passed) == {passes}


async def test_crops_of_one_person_look_more_alike_than_of_two(engine: EmbeddedEngine, test_data: Path) -> None:
    extractor = extractor_of(engine, FaceSettings(enabled=False), appearance=True)
    vectors = []
    for path in sorted((test_data / "crops" / "clips").glob("*.jpg"))[::4]:
        features = await extract(extractor, picture(path))
        vectors.append((path.stem.split("_")[0], features[Modality.APPEARANCE].vector))
    same, different = similarities(vectors)
    assert np.median(same) > np.percentile(different, 95)


async def seen_at(engine: EmbeddedEngine, path: Path, index: int) -> Sample:
    """The most certain person in one frame of a video, as a sample with its pose."""
    source = VideoSource("door", path, 0, 0.0, 240.0)
    frame = await anext(frame async for frame in source.frames() if isinstance(frame, Frame) and frame.index == index)
    await source.close()
    track = (await people(engine, frame))[0]
    poses = await PoseEstimator(engine, 640, 0.3).estimate(frame, [track])
    x1, y1, x2, y2 = track.box.astype(int)
    crop = frame.image[y1:y2, x1:x2]
    return Sample(index, frame.captured_at, crop, track.box, poses[1].keypoints, track.score, 500.0, 0.9)


async def test_a_man_in_a_video_shows_his_face_when_he_comes_and_none_when_he_goes(
    engine: EmbeddedEngine, test_data: Path
) -> None:
    extractor = extractor_of(engine, FaceSettings(), appearance=False)
    for clip, index, signals in (
        ("twocam_room_cam2.mp4", 15, {Modality.FACE}),
        ("twocam_room_cam2.mp4", 24, {Modality.FACE}),
        ("twocam_room_cam2.mp4", 54, set()),
        ("twocam_room_cam1.mp4", 72, set()),
    ):
        sample = await seen_at(engine, test_data / "videos" / clip, index)
        seen = await extractor.extract(Tracklet("door", 1, 0, 0, 9, (sample,), 0.9, ended=False))
        features = seen.features
        assert set(features) == signals, (clip, index)
