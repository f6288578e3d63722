"""BoT-SORT's own: looks, somebody found again by them, and a camera that moves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.settings import TrackerSettings
from haven_server.tracking import Tracker, make_tracker
from haven_server.types import NANOSECONDS, BGRImage, Detections, TrackUpdate, Vectors

RATE = 10
ANNA, BEN = np.eye(4, dtype=np.float32)[:2]
TWIN_OF_ANNA = np.array([0.99, 0, 0, np.sqrt(1 - 0.99**2)], np.float32)
Person = tuple[float, npt.NDArray[np.float32]]


def tracker(relink_thresh: float = 0.75, buffer_s: float = 3) -> Tracker:
    settings = TrackerSettings(type="botsort", track_buffer_s=buffer_s, relink_thresh=relink_thresh)
    return make_tracker("hall", settings, 0.6)


class Camera:
    """Shows people 100 px high to a tracker, which asks how they look."""

    def __init__(self, tracker: Tracker) -> None:
        self.asked: list[list[int]] = []
        self._tracker = tracker
        self._frame = 0

    def show(self, *people: Person) -> TrackUpdate:
        """One frame of people, each by left edge and looks; the first ones score more."""
        boxes = np.array([[x, 50, x + 40, 150] for x, _ in people], np.float32).reshape(-1, 4)
        scores = np.linspace(0.9, 0.8, len(people), dtype=np.float32)
        detections = Detections(boxes, scores)
        places = self._tracker.begin_frame(detections, self._frame * NANOSECONDS // RATE)
        self._frame += 1
        self.asked.append(places.tolist())
        looks: Vectors = np.array([people[place][1] for place in places], np.float32).reshape(-1, 4)
        return self._tracker.end_frame(places, looks)


def hide(camera: Camera, frames: int = 12) -> None:
    """Let Anna be seen, then be out of sight for long."""
    for _ in range(4):
        assert camera.show((100, ANNA)).ids.tolist() == [1]
    for _ in range(frames):
        assert camera.show().ids.tolist() == []


def test_who_was_hidden_for_long_is_found_again_by_looks_where_no_box_overlaps() -> None:
    camera = Camera(tracker())
    hide(camera)
    assert camera.show((180, ANNA)).ids.tolist() == [1]


@pytest.mark.parametrize(
    ("people", "relink_thresh"),
    [
        ([(180, BEN)], 0.75),  # looks like somebody else
        ([(180, ANNA)], 1),  # looks alone must not find anybody
        ([(900, ANNA)], 0.75),  # too far away for the time
        ([(180, ANNA), (20, TWIN_OF_ANNA)], 0.75),  # two who might be the one
    ],
)
def test_whoever_else_may_be_meant_begins_a_new_track(people: list[Person], relink_thresh: float) -> None:
    camera = Camera(tracker(relink_thresh))
    hide(camera)
    camera.show(*people)
    assert min(camera.show(*people).ids) == 2


def test_of_two_lost_people_who_look_alike_neither_is_taken_up_by_looks() -> None:
    camera = Camera(tracker())
    for _ in range(4):
        camera.show((100, ANNA), (200, TWIN_OF_ANNA))
    for _ in range(12):
        camera.show()
    for _ in range(2):
        update = camera.show((260, ANNA))
    assert update.ids.tolist() == [3]


def test_nobody_is_looked_at_anew_while_there_is_no_doubt() -> None:
    camera = Camera(tracker(buffer_s=1))
    for _ in range(25):
        camera.show((100, ANNA), (300, BEN))
    # When first followed, and as often as the buffer is long.
    assert [frame for frame, places in enumerate(camera.asked) if places] == [1, 12, 23]


def test_people_who_overlap_and_newcomers_while_somebody_is_lost_are_looked_at() -> None:
    camera = Camera(tracker())
    for _ in range(3):
        camera.show((100, ANNA), (300, BEN))
    camera.show((100, ANNA), (120, BEN), (500, BEN))
    assert camera.asked[-1] == [0, 1]
    camera.show((100, ANNA), (700, BEN))
    assert camera.asked[-1] == [1]


def test_looks_settle_who_is_who_where_two_come_out_in_each_others_place() -> None:
    def after_crossing(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> list[int]:
        camera = Camera(tracker())
        for _ in range(4):
            camera.show((100, ANNA), (112, BEN))
        update = camera.show((104, first), (108, second))
        return [int(number) for number in update.ids[np.argsort(-update.scores)]]

    assert after_crossing(ANNA, BEN) == [1, 2]
    assert after_crossing(BEN, ANNA) == [2, 1]


def test_looks_of_another_length_are_refused() -> None:
    follower = tracker()
    boxes = Detections(np.array([[0, 0, 40, 100]], np.float32), np.full(1, 0.9, np.float32))
    for length, message in ((4, None), (5, r"^vectors: wanted 4 numbers each as before, got 5")):
        follower.begin_frame(boxes, length)
        looks = np.eye(length, dtype=np.float32)[:1]
        if message is None:
            follower.end_frame(np.zeros(1, np.intp), looks)
        else:
            with pytest.raises(ValueError, match=message):
                follower.end_frame(np.zeros(1, np.intp), looks)


def room() -> BGRImage:
    """A wide room full of things to hold on to."""
    random = np.random.default_rng(0)
    picture = np.full((240, 900, 3), 90, np.uint8)
    for x, y in random.integers((0, 0), (880, 220), (300, 2)):
        picture[y : y + 12, x : x + 12] = random.integers(0, 255, 3)
    return picture


@pytest.mark.parametrize(("camera_motion", "ids"), [(True, [1]), (False, [])])
def test_people_keep_their_ids_while_the_camera_jerks(camera_motion: bool, ids: list[int]) -> None:
    settings = TrackerSettings(type="botsort", camera_motion=camera_motion)
    follower, scenery = make_tracker("hall", settings, 0.6), room()
    for frame, shift in enumerate([0, 0, 0, 25]):
        picture = np.ascontiguousarray(scenery[:, shift : shift + 320])
        box = np.array([[200 - shift, 50, 220 - shift, 100]], np.float32)
        update = follower.update(Detections(box, np.full(1, 0.9, np.float32)), frame * NANOSECONDS // RATE, picture)
    assert update.ids.tolist() == ids
