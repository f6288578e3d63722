"""Going to bed, lying there, getting out: Person, Bed -> acts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from haven_server.sources.synthetic.camera import Points
from haven_server.sources.synthetic.motion.controls import BEND, GAZE, SURFACE, Controls, changed, quaternion
from haven_server.sources.synthetic.motion.keyed import Key, Keyed, timed
from haven_server.sources.synthetic.motion.kinematics import with_hands_at
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.lying import Lie, lying, with_legs
from haven_server.sources.synthetic.motion.measures import measures_of
from haven_server.sources.synthetic.motion.sitting import seated, sit_down, stand_up
from haven_server.sources.synthetic.motion.upright import beside, tempo_of, way_to
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Bed, Place, Seat
from haven_server.sources.synthetic.skeleton import Stance

_PILLOW_M: Final = 0.08
_INSIDE_M: Final = 0.19  # how far from the edge the pelvis of somebody is who sits on it


def edge_of(bed: Bed) -> Seat:
    """Give the edge of a bed, on the side of its approach, as a seat."""
    along, aside = way_to(bed.place, bed.approach)
    out = math.copysign(1.0, aside)
    edge_m = max(out * way_to(bed.place, Place(x, y))[1] for x, y in bed.zone)
    place = beside(bed.place, along, out * (edge_m - _INSIDE_M))
    outward = replace(place, heading_rad=bed.place.heading_rad + out * math.pi / 2)
    return Seat(outward, bed.height_m, bed.approach)


def lie_down(person: Person, bed: Bed) -> Keyed:
    """Sit down on the edge of a bed and lie down, from standing before it with the back to it."""
    down = sit_down(person, edge_of(bed)).keys
    edge, swing, reclined, flat = _poses(person, bed)
    rest = lying(person, bed.place, usual_lie(person), bed.height_m, _PILLOW_M)
    poses = [(0.0, edge), (0.9, swing), (0.8, reclined), (0.9, flat), (0.9, rest)]
    up = timed(poses, Stance.MOVING, (Stance.MOVING, Stance.LYING), tempo_of(person))
    return Keyed("lie_down", person, [*down, *(key.later(down[-1].at_s) for key in up[1:])])


def get_out_of_bed(person: Person, bed: Bed) -> Keyed:
    """Sit up in bed, put the legs over the edge, stand up."""
    edge, swing, reclined, flat = _poses(person, bed)
    rest = lying(person, bed.place, usual_lie(person), bed.height_m, _PILLOW_M)
    poses = [(0.0, rest), (0.8, flat), (0.9, reclined), (0.9, swing), (0.8, edge), (0.7, edge)]
    out = timed(poses, Stance.MOVING, (Stance.LYING, Stance.SITTING), tempo_of(person))
    up = stand_up(person, edge_of(bed)).keys
    return Keyed("get_out_of_bed", person, [*out, *(key.later(out[-1].at_s) for key in up[1:])])


def lie(person: Person, bed: Bed, duration_s: float) -> Keyed:
    """Lie in bed and breathe; the head turns, the legs move a little every now and then."""
    rng = np.random.default_rng((person.seed, 41, round(duration_s * 1000)))
    rest = lying(person, bed.place, usual_lie(person), bed.height_m, _PILLOW_M)
    keys, at_s = [Key(0.0, rest, Stance.LYING)], 0.0
    while at_s < duration_s:
        held_s = float(rng.uniform(3.0, 8.0))
        keys.append(Key(at_s + held_s, keys[-1].controls, Stance.LYING))
        at_s += held_s + 1.4
        moved = changed(rest, bend=rest[BEND] + rng.normal(0.0, 0.03, 3), gaze=rest[GAZE] + rng.normal(0.0, 0.12, 3))
        keys.append(Key(at_s, moved, Stance.LYING))
    alive = Liveliness((person.seed, 42), duration_s, glance_rad=0.25, sway_m=0.0)
    return Keyed("lie", person, keys, alive, duration_s)


def usual_lie(person: Person) -> Lie:
    """Give how a person likes to lie."""
    return (Lie.BACK, Lie.BACK, Lie.LEFT, Lie.RIGHT)[int(np.random.default_rng((person.seed, 43)).integers(4))]


def _poses(person: Person, bed: Bed) -> tuple[Controls, Controls, Controls, Controls]:
    """Give the way from the edge to lying: on the edge, legs swung up, reclined, flat on the back."""
    measures = measures_of(person.physique)
    side = edge_of(bed)
    edge = seated(person, side)
    out, feet = side.place.heading_rad, bed.place.heading_rad + math.pi
    half_turn = out + 0.5 * math.remainder(feet - out, 2 * math.pi)
    seat = bed.height_m + 0.9 * measures.trunk_depth
    behind = np.array([math.cos(bed.place.heading_rad), math.sin(bed.place.heading_rad), 0.0])
    flat = lying(person, bed.place, Lie.BACK, bed.height_m, _PILLOW_M)
    middle = 0.5 * (edge[0:2] + flat[0:2])
    swing = _propped(person, changed(edge, surface=bed.height_m), (*middle, seat + 0.01), half_turn, 0.5, behind)
    swing = with_legs(measures, swing, (0.62, 0.0, -0.32), (0.6, 0.0, -0.34), ((0.7, 0.1, -0.6), (0.7, -0.1, -0.6)))
    reclined = _propped(person, flat, (*flat[0:2], seat), feet, 0.75, behind)
    toes = (0.5, 0.1, 0.9)
    reclined = with_legs(measures, reclined, (0.7, 0.03, -0.62), (0.66, -0.03, -0.58), (toes, toes))
    return edge, swing, reclined, flat


def _propped(
    person: Person, body: Controls, pelvis: tuple[float, ...], yaw: float, recline: float, behind: Points
) -> Controls:
    """Lean the trunk back, on the hands behind it.

    Args:
        recline: from upright, rad.
        behind: (3,) unit vector to the pillow.
    """
    measures = measures_of(person.physique)
    body = changed(
        body,
        pelvis=pelvis,
        facing=quaternion(yaw, 0.8 * recline),
        bend=(0.0, 0.0, 0.0),
        gaze=(0.0, -0.5 * recline, 0.0),
    )
    left = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
    reach = np.array([0.0, 0.0, float(body[SURFACE]) + 0.03 - pelvis[2]]) + 0.28 * behind
    wrists = np.array(pelvis) + reach + np.array([[0.24], [-0.24]]) * left
    return with_hands_at(measures, body, wrists)
