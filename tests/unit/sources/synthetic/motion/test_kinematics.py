from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_server.sources.synthetic.camera import turned
from haven_server.sources.synthetic.figures.casting import person
from haven_server.sources.synthetic.motion.controls import (
    FACING,
    Controls,
    blended,
    changed,
    heading_of,
    product,
    quaternion,
    rotation,
)
from haven_server.sources.synthetic.motion.kinematics import pose, with_hands_at
from haven_server.sources.synthetic.motion.measures import measures_of
from haven_server.sources.synthetic.motion.splines import Track
from haven_server.sources.synthetic.motion.upright import upright
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Joint, Stance

ANGLES = st.floats(-math.pi, math.pi)
SOMEBODY = person(1)
MEASURES = measures_of(SOMEBODY.physique)


@given(ANGLES, ANGLES, ANGLES)
def test_a_quaternion_turns_as_the_camera_s_rotation_does(yaw: float, pitch: float, roll: float) -> None:
    np.testing.assert_allclose(rotation(np.array(quaternion(yaw, pitch, roll))), turned(yaw, pitch, roll), atol=1e-12)


@given(ANGLES, ANGLES, ANGLES, ANGLES)
def test_the_product_of_turns_is_one_after_the_other(yaw: float, pitch: float, inner: float, roll: float) -> None:
    whole = rotation(np.array(product(quaternion(yaw, pitch), quaternion(inner, 0.0, roll))))
    np.testing.assert_allclose(whole, turned(yaw, pitch) @ turned(inner, 0.0, roll), atol=1e-12)


def test_blending_takes_the_shorter_turn_whatever_the_signs() -> None:
    left, right = (upright(SOMEBODY, Place(0, 0, heading)) for heading in (3.0, -3.0))
    flipped = changed(right, facing=-right[FACING])
    for other in (right, flipped):
        assert abs(heading_of(blended(left, other, 0.5))) == pytest.approx(math.pi, abs=1e-6)


def standing() -> Controls:
    return upright(SOMEBODY, Place(1.0, 2.0, 0.5))


def test_who_stands_is_as_tall_as_they_are() -> None:
    joints = pose(MEASURES, standing(), Stance.STANDING).joints
    crown = joints[Joint.HEAD, 2] + 0.5 * SOMEBODY.physique.head_ratio * SOMEBODY.physique.height_m
    assert crown == pytest.approx(SOMEBODY.physique.height_m, rel=0.015)


def test_left_is_the_person_s_own_left() -> None:
    posture = pose(MEASURES, standing(), Stance.STANDING)
    for part in ("SHOULDER", "WRIST", "HIP", "ANKLE"):
        left, right = posture.joints[Joint[f"LEFT_{part}"]], posture.joints[Joint[f"RIGHT_{part}"]]
        assert (left - right) @ posture.pelvis[:, 1] > 0.1


def test_hands_come_to_where_they_are_told_within_reach() -> None:
    wrists = np.array([[1.35, 2.4, 1.2], [1.4, 2.0, 1.0]])
    joints = pose(MEASURES, with_hands_at(MEASURES, standing(), wrists), Stance.STANDING).joints
    np.testing.assert_allclose(joints[[Joint.LEFT_WRIST, Joint.RIGHT_WRIST]], wrists, atol=1e-6)


def test_an_arm_stretches_towards_what_is_out_of_reach() -> None:
    far = np.array([[9.0, 2.0, 1.0], [9.0, 2.0, 1.0]])
    joints = pose(MEASURES, with_hands_at(MEASURES, standing(), far), Stance.STANDING).joints
    arm = joints[Joint.LEFT_WRIST] - joints[Joint.LEFT_SHOULDER]
    assert np.linalg.norm(arm) == pytest.approx(MEASURES.arm, rel=0.01)
    assert arm[0] > 0.9 * MEASURES.arm


def test_hands_lie_flat_on_the_surface_they_would_sink_into() -> None:
    low = changed(standing(), pelvis=(1.0, 2.0, 0.5), surface=0.3)
    joints = pose(MEASURES, low, Stance.SITTING).joints
    assert joints[[Joint.LEFT_HAND, Joint.RIGHT_HAND, Joint.LEFT_ELBOW, Joint.RIGHT_ELBOW], 2].min() > 0.3


def test_knees_that_would_sink_into_the_floor_carry_the_body() -> None:
    kneeling = changed(standing(), pelvis=(1.3, 2.2, 0.35), left_ankle=(0.9, 2.2, 0.08), right_ankle=(1.0, 2.0, 0.08))
    joints = pose(MEASURES, kneeling, Stance.MOVING).joints
    assert joints[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE], 2].min() > 0.02
    assert joints[Joint.PELVIS, 2] > 0.35


def test_a_track_passes_through_its_keys_and_holds_its_ends() -> None:
    track = Track([0.0, 1.0, 3.0], [[0.0, 5.0], [2.0, 5.0], [3.0, 4.0]])
    for at_s, values in ((-1.0, [0, 5]), (0.0, [0, 5]), (1.0, [2, 5]), (3.0, [3, 4]), (9.0, [3, 4])):
        np.testing.assert_allclose(track.at(at_s), values)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8))
def test_a_track_never_overshoots(values: list[float]) -> None:
    track = Track(np.arange(len(values)), np.array(values)[:, None])
    for row, (start, stop) in enumerate(itertools.pairwise(values)):
        read = [float(track.at(row + share)[0]) for share in np.linspace(0, 1, 9).tolist()]
        assert min(start, stop) - 1e-9 <= min(read)
        assert max(read) <= max(start, stop) + 1e-9


@pytest.mark.parametrize(("times", "rows"), [([0.0, 0.0], 2), ([1.0, 0.0], 2), ([0.0, 1.0], 3)])
def test_a_track_refuses_keys_that_do_not_follow_one_another(times: list[float], rows: int) -> None:
    with pytest.raises(ValueError, match="ascending"):
        Track(times, np.zeros((rows, 1)))
