from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.people import Pattern
from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.scenarios import roles
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.scenario_file import load
from haven_server.sources.synthetic.scenarios.script import Clothes
from haven_server.sources.synthetic.scenarios.staging import visits
from haven_server.sources.synthetic.scenarios.visits import Happening, Visit
from haven_server.sources.synthetic.skeleton import Joint, Stance

ROOT = Path(__file__).parents[5]
HOME = ROOMS["bedroom"]
DOOR = f"bedroom.{next(iter(HOME.doors))}"
BED, SPOT = next(iter(HOME.beds)), next(iter(HOME.spots))
SEAT = next(iter(ROOMS["living_room"].seats))
OTHER_DOOR = f"living_room.{next(iter(ROOMS['living_room'].doors))}"


def person(*script: Any, name: str = "Anna", **changes: Any) -> dict[str, Any]:
    who = {} if "look_alike_of" in changes else {"person": 1}
    return {"name": name, **who, **changes, "script": list(script)}


def scenario(*people: dict[str, Any], seed: int = 0, duration_s: float = 60) -> Scenario:
    mount = f"bedroom.{next(iter(HOME.mounts))}"
    cameras = [{"id": "cam", "mount": mount}]
    tree = {"name": "test", "about": "A test.", "seed": seed, "duration_s": duration_s, "cameras": cameras}
    return Scenario.model_validate({**tree, "people": list(people)})


def staged(*script: Any, seed: int = 0, duration_s: float = 60) -> tuple[Visit, ...]:
    world = scenario(person(*script), seed=seed, duration_s=duration_s)
    return visits(world, roles.roles(world)[0])


def happenings(visit: Visit) -> list[Happening]:
    return [mark.happening for mark in visit.marks]


def stance(visit: Visit, at_s: float) -> Stance:
    return visit.performance.posture(at_s - visit.start_s).stance


def test_a_visit_leads_from_outside_one_door_to_outside_another() -> None:
    (visit,) = staged({"enter": {"door": DOOR, "at_s": 3}}, {"walk": SPOT}, {"leave": DOOR})
    assert visit.start_s == 3
    outside = HOME.doors[DOOR.partition(".")[2]].outside
    for at_s in (0.0, visit.performance.duration_s):
        x, y, _ = visit.performance.posture(at_s).joints[Joint.PELVIS]
        np.testing.assert_allclose([x, y], [outside.x, outside.y], atol=0.15)
    assert happenings(visit) == [Happening.ENTER, Happening.LEAVE]


def test_steps_that_only_walk_are_one_walk_without_a_halt() -> None:
    (visit,) = staged({"enter": DOOR}, {"walk": SPOT}, {"leave": DOOR})
    assert [span.act.name for span in visit.performance.spans] == ["walk"]


def test_whoever_stands_looks_at_what_they_face() -> None:
    mount = next(iter(HOME.mounts))
    (visit,) = staged({"enter": DOOR}, {"stand": {"at": SPOT, "facing": mount, "for_s": 60}})
    posture = visit.performance.posture(visit.performance.duration_s)
    towards = HOME.mounts[mount].camera.position - posture.joints[Joint.PELVIS]
    assert posture.chest[:2, 0] @ towards[:2] / np.linalg.norm(towards[:2]) > 0.9


def test_a_fall_and_getting_up_are_told_with_their_times() -> None:
    (visit,) = staged({"enter": DOOR}, {"walk": SPOT}, {"fall": {"for_s": 3}}, "get_up")
    assert happenings(visit) == [Happening.ENTER, Happening.FALL_START, Happening.ON_FLOOR, Happening.FALL_END]
    start, floor, end = (mark.at_s for mark in visit.marks[1:])
    assert stance(visit, start - 0.1) is Stance.STANDING
    assert stance(visit, floor + 1) is Stance.LYING
    assert stance(visit, end + 0.1) is Stance.STANDING
    assert floor - start < 2.5
    assert end - floor > 3


def test_going_to_bed_and_leaving_it_are_told() -> None:
    (visit,) = staged({"enter": DOOR}, {"lie": {"bed": BED, "for_s": 4}}, "get_up", {"leave": DOOR})
    assert happenings(visit) == [Happening.ENTER, Happening.BED_ENTER, Happening.BED_EXIT, Happening.LEAVE]
    lies, rises = (mark.at_s for mark in visit.marks[1:3])
    assert stance(visit, lies + 2) is Stance.LYING
    assert stance(visit, rises + 0.1) is Stance.STANDING


def test_nobody_leaps_whatever_they_do() -> None:
    (visit,) = staged(
        *({"enter": DOOR}, {"stand": {"at": SPOT, "for_s": 1}}, "wave", "reach", {"kneel": 4.5}, "bend"),
        *({"fall": {"direction": "backward", "for_s": 1}}, "get_up", {"lie": {"bed": BED, "for_s": 1}}, "get_up"),
        *({"wait_s": 1}, {"leave": DOOR}),
    )
    times = np.arange(0, visit.performance.duration_s, 0.1)
    pelvis = np.array([visit.performance.posture(at_s).joints[Joint.PELVIS] for at_s in times])
    assert np.linalg.norm(np.diff(pelvis, axis=0), axis=1).max() < 0.45


def test_waiting_until_a_time_lasts_until_then_and_no_longer() -> None:
    (visit,) = staged({"enter": DOOR}, {"walk": SPOT}, {"wait_until_s": 20}, {"fall": {"for_s": 1}})
    assert visit.marks[1].at_s == pytest.approx(20)
    (late,) = staged({"enter": DOOR}, {"walk": SPOT}, {"wait_until_s": 0.5}, {"fall": {"for_s": 1}})
    assert late.marks[1].at_s > 1


def test_a_journey_takes_its_time_and_clothes_change_on_the_way() -> None:
    first, second = staged(
        {"enter": DOOR},
        {"leave": DOOR},
        {"wear": 7},
        {"travel": {"to": OTHER_DOOR, "takes_s": 5}},
        {"sit": {"seat": SEAT, "for_s": 2}},
    )
    assert (first.room, second.room) == ("bedroom", "living_room")
    assert second.start_s - first.end_s == pytest.approx(5)
    assert (first.clothes.outfit, second.clothes.outfit) == (1, 7)
    assert Happening.OUTFIT_CHANGE in happenings(second)
    assert Happening.OUTFIT_CHANGE not in happenings(first)


def test_who_does_not_leave_stays_to_the_end_of_the_film() -> None:
    (visit,) = staged({"enter": DOOR}, {"lie": {"bed": BED, "for_s": 1}}, duration_s=40)
    assert visit.end_s > 40
    assert stance(visit, 39.9) is Stance.LYING


def test_visits_after_the_end_of_the_film_are_left_out() -> None:
    script = ({"enter": DOOR}, {"leave": DOOR}, {"enter": {"door": DOOR, "at_s": 50}})
    assert [len(staged(*script, duration_s=length)) for length in (49, 51)] == [1, 2]


def test_the_same_seed_stages_the_same_and_another_other_people_at_other_times() -> None:
    script = ({"enter": {"door": DOOR, "at_s": {"from": 1, "to": 5}}}, {"walk": SPOT})
    first, again, other = staged(*script), staged(*script), staged(*script, seed=1)
    assert first[0].start_s == again[0].start_s != other[0].start_s
    assert 1 <= other[0].start_s <= 5
    people = [roles.roles(scenario(person(*script), seed=seed))[0].person for seed in (0, 0, 1)]
    assert people[0] == people[1] != people[2]


def test_a_look_alike_is_somebody_else_in_the_same_clothes() -> None:
    clothes = {"outfit": 3, "shirt": "white"}
    world = scenario(person({"enter": DOOR}, outfit=clothes), person({"enter": DOOR}, name="Bea", look_alike_of="Anna"))
    anna, bea = roles.roles(world)
    assert anna.person.face != bea.person.face
    assert anna.clothes == bea.clothes
    worn = roles.outfit(world, bea.clothes)
    assert (worn.top_pattern, worn.top_colours[0], worn.jacket) == (Pattern.PLAIN, roles.SHIRTS["white"], None)


def test_every_shirt_that_can_be_asked_for_has_a_colour() -> None:
    for shirt in roles.SHIRTS:
        assert Clothes.model_validate({"outfit": 1, "shirt": shirt}).shirt == shirt
    with pytest.raises(ValueError, match=" or ".join(map(repr, [*roles.SHIRTS][-2:]))):
        Clothes.model_validate({"outfit": 1, "shirt": "plaid"})


def test_strangers_are_nobody_that_has_a_number() -> None:
    world = scenario(person({"enter": DOOR}), person({"enter": DOOR}, name="Stranger", person="stranger"))
    assert len({role.person.seed for role in roles.roles(world)}) == 2


def test_people_of_scenarios_are_none_that_networks_are_trained_on() -> None:
    world = scenario(person({"enter": DOOR}))
    assert roles.roles(world)[0].person.seed >= roles.FIRST_NUMBER


CASES = ("two_people", "clothing_change", "look_alikes", "strangers")
"""Where ids are to be kept over clothes and look-alikes, so that faces must be there to tell."""


@pytest.mark.parametrize("name", CASES)
def test_everybody_shows_their_face_to_every_camera_they_come_to(name: str) -> None:
    world = load(ROOT / "config" / "scenarios" / f"{name}.yaml")
    mounts = {camera.room: ROOMS[camera.room].mounts[camera.mount.partition(".")[2]] for camera in world.cameras}
    for role in roles.roles(world):
        for visit in visits(world, role):
            assert shows_face(visit, mounts[visit.room].camera, world.duration_s), (role.plan.name, visit.room)


def shows_face(visit: Visit, camera: Camera, duration_s: float) -> bool:
    """Tell whether somebody ever looks a camera in the eye from nearby."""
    for at_s in np.arange(0, min(visit.end_s, duration_s) - visit.start_s, 0.25):
        posture = visit.performance.posture(at_s)
        x, y, depth = camera.project(posture.joints[Joint.HEAD])
        way = camera.position - posture.joints[Joint.HEAD]
        distance = np.linalg.norm(way)
        in_picture = 0 < x < camera.width and 0 < y < camera.height and depth > 0
        if in_picture and distance < 3.6 and posture.head[:, 0] @ way / distance > 0.8:
            return True
    return False
