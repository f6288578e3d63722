"""Two rooms without a view in common: a man is followed from one to the other, and a stranger in his place is not he.

He crosses the first room, side and back to the camera, so that no face is known of him. A link of the topology makes it
likely that he comes next; his clothes settle it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.real_people.conftest import Decision, Stage

SEEN_FIRST = ("cam1", "created", 1, "low")


def watch(stage: Stage, comes: str) -> list[Decision]:
    """Let the man leave the first room and somebody come into the second."""
    stage.show("cam1", "twocam_room_cam1")
    stage.show("cam2", comes, starts_s=5)
    return stage.run(topology={"links": [{"from": "cam1", "to": "cam2", "min_s": 0, "max_s": 10}]}).decisions


def test_the_man_keeps_his_id_in_the_second_room(stage: Stage) -> None:
    assert watch(stage, "twocam_room_cam2") == [SEEN_FIRST, ("cam2", "matched", 1, "low")]


@pytest.mark.parametrize("stranger", ["adl_urfd_38", "face_short_hamilton_clip"])
def test_a_stranger_who_comes_in_his_place_does_not_get_his_id(stage: Stage, stranger: str) -> None:
    first, *others = watch(stage, stranger)
    assert first == SEEN_FIRST
    assert {(camera_id, action) for camera_id, action, *_ in others} == {("cam2", "created")}
