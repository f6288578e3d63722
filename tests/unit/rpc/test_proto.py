"""The messages say what the types say."""

from __future__ import annotations

from dataclasses import fields

import pytest
from google.protobuf.descriptor import Descriptor
from haven.v1 import correction_pb2, event_pb2, identity_pb2, tracking_pb2

from haven_server import types


@pytest.mark.parametrize(
    ("type_", "message", "renamed"),
    [
        (types.Frame, tracking_pb2.Frame.DESCRIPTOR, {"image": "jpeg raw"}),
        (types.Detections, tracking_pb2.Detections.DESCRIPTOR, {}),
        (types.Track, tracking_pb2.Track.DESCRIPTOR, {"camera_id": ""}),
        (types.Sample, tracking_pb2.TrackletSample.DESCRIPTOR, {"keypoints": "pose"}),
        (types.PoseWindow, tracking_pb2.PoseWindow.DESCRIPTOR, {}),
        (types.Tracklet, tracking_pb2.Tracklet.DESCRIPTOR, {}),
        (types.Feature, identity_pb2.Feature.DESCRIPTOR, {"model_hash": "vector"}),
        (types.Evidence, identity_pb2.Evidence.DESCRIPTOR, {"vetoed": "vetoes"}),
        (types.Decision, identity_pb2.Decision.DESCRIPTOR, {}),
        (types.Observation, identity_pb2.Observation.DESCRIPTOR, {"snapshot_path": "", "decided_id": ""}),
        (types.Correction, correction_pb2.Correction.DESCRIPTOR, {}),
        (types.TrackName, correction_pb2.TrackName.DESCRIPTOR, {}),
        (types.TrackSpan, correction_pb2.TrackSpan.DESCRIPTOR, {}),
        (types.Duplicate, correction_pb2.Duplicate.DESCRIPTOR, {}),
        (types.Review, correction_pb2.Review.DESCRIPTOR, {"first_seen": ""}),
        (types.Explanation, correction_pb2.Explanation.DESCRIPTOR, {}),
        (types.Event, event_pb2.Event.DESCRIPTOR, {}),
        (types.IdentityRow, identity_pb2.Identity.DESCRIPTOR, {}),
    ],
)
def test_every_field_of_what_flows_has_its_place_on_the_wire(
    type_: type, message: Descriptor, renamed: dict[str, str]
) -> None:
    wanted = {word for field in fields(type_) for word in renamed.get(field.name, field.name).split()}
    assert wanted <= set(message.fields_by_name)


@pytest.mark.parametrize(
    ("enum", "names", "prefix"),
    [
        (types.TrackState, tracking_pb2.TrackState.DESCRIPTOR, "TRACK_STATE_"),
        (types.Modality, identity_pb2.Modality.DESCRIPTOR, "MODALITY_"),
        (types.Verdict, identity_pb2.Verdict.DESCRIPTOR, "VERDICT_"),
        (types.Confidence, identity_pb2.Confidence.DESCRIPTOR, "CONFIDENCE_"),
        (types.Assurance, identity_pb2.Assurance.DESCRIPTOR, "ASSURANCE_"),
        (types.Posture, identity_pb2.Posture.DESCRIPTOR, "POSTURE_"),
        (types.Action, correction_pb2.CorrectionAction.DESCRIPTOR, "CORRECTION_ACTION_"),
        (types.Origin, correction_pb2.DuplicateOrigin.DESCRIPTOR, "DUPLICATE_ORIGIN_"),
        (types.Question, correction_pb2.Question.DESCRIPTOR, "QUESTION_"),
        (types.EventKind, event_pb2.EventKind.DESCRIPTOR, "EVENT_KIND_"),
    ],
)
def test_every_word_of_an_enum_has_its_number_on_the_wire(enum: type, names: object, prefix: str) -> None:
    numbers = {value.name: value.number for value in names.values}  # type: ignore[attr-defined]
    assert set(numbers) == {f"{prefix}{word.name}" for word in enum} | {f"{prefix}UNSPECIFIED"}  # type: ignore[attr-defined]
    assert numbers[f"{prefix}UNSPECIFIED"] == 0
