from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from haven_server.perception.features import FeatureExtractor
from haven_server.ports import Engine
from haven_server.settings import AppearanceSettings, FaceSettings, ReIDSettings
from haven_server.types import BGRImage, Feature, Modality, ModelRole, Sample, Tracklet

Calls = dict[ModelRole, list[int]]
MakePicture = Callable[..., BGRImage]
MakeSample = Callable[..., Sample]
FACE = (40, 20, 104, 84)
MIDDLE = (72.0, 52.0)


def settings(face: bool = True, appearance: bool = True, min_face_size: int = 40) -> ReIDSettings:
    return ReIDSettings(
        face=FaceSettings(enabled=face, min_face_size=min_face_size), appearance=AppearanceSettings(enabled=appearance)
    )


def tracklet(*samples: Sample) -> Tracklet:
    return Tracklet("door", 1, 0, 0, 9, samples, quality=0.55, ended=False)


@pytest.fixture
def view(make_picture: MakePicture, make_sample: MakeSample) -> Callable[..., Sample]:
    """A crop of 300x140 px with faces at given boxes."""

    def make(*faces: tuple[int, int, int, int], face_at: tuple[float, float] | None = MIDDLE) -> Sample:
        picture = make_picture(*((box, "green") for box in faces), height=300, width=140)
        return make_sample(picture, face_at=face_at)

    return make


async def test_faces_of_all_views_make_one_feature_in_two_calls(
    engine: Engine, calls: Calls, view: Callable[..., Sample]
) -> None:
    extractor = FeatureExtractor(engine, settings(appearance=False))
    features = (await extractor.extract(tracklet(view(FACE), view(FACE), view()))).features
    assert set(features) == {Modality.FACE}
    face = features[Modality.FACE]
    assert face.vector[1] > 0.95
    assert 0.7 < face.quality <= 1
    assert face.model_hash == "hash of face_embedder"
    assert (calls[ModelRole.FACE_DETECTOR], calls[ModelRole.FACE_EMBEDDER]) == ([3], [2])


async def test_appearance_is_one_call_and_has_the_tracklets_quality(
    engine: Engine, calls: Calls, make_picture: MakePicture, make_sample: MakeSample
) -> None:
    blue, red = (make_picture(((0, 0, 40, 90), colour), height=90, width=40) for colour in ("blue", "red"))
    samples = (make_sample(blue, quality=0.9), make_sample(red, quality=0.3))
    seen = await FeatureExtractor(engine, settings(face=False)).extract(tracklet(*samples))
    feature = seen.features[Modality.APPEARANCE]
    np.testing.assert_allclose(feature.vector, np.array([3, 0, 1]) / 10**0.5, atol=0.02)
    assert feature.quality == 0.55
    assert feature.model_hash == "hash of appearance_embedder"
    assert calls[ModelRole.APPEARANCE_EMBEDDER] == [2]


@pytest.mark.parametrize(
    ("face", "appearance", "signals"),
    [
        (True, True, {Modality.FACE, Modality.APPEARANCE}),
        (True, False, {Modality.FACE}),
        (False, True, {Modality.APPEARANCE}),
        (False, False, set()),
    ],
)
async def test_signals_that_are_off_are_not_computed(
    engine: Engine, view: Callable[..., Sample], face: bool, appearance: bool, signals: set[Modality]
) -> None:
    seen = await FeatureExtractor(engine, settings(face, appearance)).extract(tracklet(view(FACE)))
    assert (set(seen.features), set(seen.missing)) == (signals, set())


async def test_a_tracklet_without_samples_has_no_features(engine: Engine, calls: Calls) -> None:
    seen = await FeatureExtractor(engine, settings()).extract(tracklet())
    assert not seen.features and not seen.missing
    assert not any(calls.values())


@pytest.mark.parametrize(
    ("away", "missing"),
    [
        (ModelRole.FACE_DETECTOR, Modality.FACE),
        (ModelRole.FACE_EMBEDDER, Modality.FACE),
        (ModelRole.APPEARANCE_EMBEDDER, Modality.APPEARANCE),
    ],
)
async def test_a_network_that_is_away_costs_its_own_signal_alone(
    colours: Any, engine: Engine, view: Callable[..., Sample], away: ModelRole, missing: Modality
) -> None:
    colours.away.add(away)
    seen = await FeatureExtractor(engine, settings()).extract(tracklet(view(FACE)))
    assert (set(seen.features), set(seen.missing)) == ({Modality.FACE, Modality.APPEARANCE} - {missing}, {missing})


async def test_whose_face_a_view_shows_is_not_guessed_while_the_pose_estimator_is_away(
    engine: Engine, calls: Calls, view: Callable[..., Sample]
) -> None:
    unposed = replace(view(FACE), keypoints=None, unposed=True)
    seen = await FeatureExtractor(engine, settings()).extract(tracklet(unposed))
    assert (set(seen.features), set(seen.missing)) == ({Modality.APPEARANCE}, {Modality.FACE})
    assert calls[ModelRole.FACE_DETECTOR] == []
    seen = await FeatureExtractor(engine, settings()).extract(tracklet(unposed, view(FACE)))
    assert (set(seen.features), set(seen.missing)) == ({Modality.FACE, Modality.APPEARANCE}, set())
    assert calls[ModelRole.FACE_DETECTOR] == [1]


async def face_of(engine: Engine, sample: Sample, min_face_size: int = 40) -> Feature | None:
    extractor = FeatureExtractor(engine, settings(appearance=False, min_face_size=min_face_size))
    return (await extractor.extract(tracklet(sample))).features.get(Modality.FACE)


async def test_a_face_under_the_least_size_is_not_used(engine: Engine, view: Callable[..., Sample]) -> None:
    assert await face_of(engine, view(FACE), min_face_size=60) is not None
    assert await face_of(engine, view(FACE), min_face_size=70) is None


async def test_a_person_seen_from_behind_costs_no_call(
    engine: Engine, calls: Calls, make_picture: MakePicture, make_sample: MakeSample
) -> None:
    sample = make_sample(make_picture((FACE, "green"), height=300, width=140), face_at=MIDDLE, face_score=0.1)
    assert await face_of(engine, sample) is None
    assert calls[ModelRole.FACE_DETECTOR] == []


async def test_a_face_that_is_not_where_the_pose_has_it_is_not_used(
    engine: Engine, view: Callable[..., Sample]
) -> None:
    assert await face_of(engine, view(FACE, face_at=(120.0, 50.0))) is None
    assert await face_of(engine, view(FACE, face_at=None)) is not None


async def test_a_blurred_face_is_not_used(engine: Engine, make_picture: MakePicture, make_sample: MakeSample) -> None:
    picture = make_picture(height=300, width=140)
    picture[FACE[1] : FACE[3], FACE[0] : FACE[2]] = (0, 230, 0)
    assert await face_of(engine, make_sample(picture, face_at=MIDDLE)) is None
