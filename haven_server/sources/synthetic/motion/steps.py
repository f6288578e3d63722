"""Where feet are set down on the way: Person, path -> steps of a Walk."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.motion.footwork import Side, Step
from haven_server.sources.synthetic.motion.upright import footprints, tempo_of
from haven_server.sources.synthetic.motion.walking import Walk
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place

Path = npt.NDArray[np.float64]
"""(P, 2) float64: x, y, m."""

_SPACING_M: Final = 0.02
_CORNER_M: Final = 0.35  # over which length corners are rounded
_SLOWEST, _FASTEST = 0.3, 1.8
_PACE_IN_CADENCE: Final = 0.65  # who hurries steps faster rather than wider
_TRACK_WIDTH: Final = 0.5  # distance of the feet while walking, in widths of the hips
_SHUFFLE_M: Final = 0.34  # and how far and how much they go in one step on the spot
_SHUFFLE_RAD: Final = 0.85
_SHUFFLE_KNEE_RAD: Final = 0.55


def walk(person: Person, path: npt.ArrayLike, pace: float = 1.0) -> Walk:
    """Walk along a path from standing to standing, in the person's gait.

    Args:
        path: (P, 2) x, y, m; corners are rounded. The first step follows its first stretch: turn there before.
        pace: factor on the speed, in [0.3, 1.8].
    Raises:
        InvalidInputError: a path without points or length, or a pace out of bounds.
    """
    if not _SLOWEST <= pace <= _FASTEST:
        raise InvalidInputError(f"walk: pace {pace:g}; give one in [{_SLOWEST}, {_FASTEST}]")
    points, headings = _rounded(_checked(path))
    length = _SPACING_M * (len(points) - 1)
    gait = person.gait
    stride = 0.5 * gait.stride_ratio * person.physique.height_m * pace ** (1.0 - _PACE_IN_CADENCE)
    half_cycle_s = 0.5 / (gait.cadence_hz * pace**_PACE_IN_CADENCE)
    count = max(math.ceil(length / stride - 0.3), 1)
    side = Side.LEFT if gait.phase_rad % (2 * math.pi) < math.pi else Side.RIGHT
    stands = footprints(person, _at(points, headings, 0.0))
    steps = []
    for number in range(1, count + 2):
        standing = number >= count
        place = _at(points, headings, length if standing else number * stride)
        foot = footprints(person, place, 0.9 if standing else _TRACK_WIDTH)[side]
        limp = 1.0 + (gait.asymmetry if side is Side.LEFT else -gait.asymmetry)
        steps.append(Step(side, foot, half_cycle_s * limp, gait.knee_lift_rad))
        side = side.other
    return Walk("walk", person, stands, steps)


def turn(person: Person, place: Place, heading_rad: float) -> Walk:
    """Turn on the spot, the shorter way, in small steps."""
    return move_over(person, place, Place(place.x, place.y, heading_rad), "turn")


def move_over(person: Person, start: Place, stop: Place, name: str = "step") -> Walk:
    """Get from one place to another nearby in small steps, forward, aside or back, turning the shorter way."""
    angle = math.remainder(stop.heading_rad - start.heading_rad, 2 * math.pi)
    distance = math.hypot(stop.x - start.x, stop.y - start.y)
    rounds = max(math.ceil(distance / _SHUFFLE_M), math.ceil(abs(angle) / _SHUFFLE_RAD), 1)
    first = _leading(start, stop, angle)
    takes_s = 0.4 / tempo_of(person)
    steps = []
    for number in range(1, rounds + 1):
        share = number / rounds
        place = Place(
            start.x + share * (stop.x - start.x),
            start.y + share * (stop.y - start.y),
            start.heading_rad + share * angle,
        )
        feet = footprints(person, place)
        steps += [Step(side, feet[side], takes_s, _SHUFFLE_KNEE_RAD) for side in (first, first.other)]
    return Walk(name, person, footprints(person, start), steps)


def _leading(start: Place, stop: Place, angle: float) -> Side:
    """Choose the foot that goes first: the one on the side of the way or of the turn."""
    left = -math.sin(start.heading_rad) * (stop.x - start.x) + math.cos(start.heading_rad) * (stop.y - start.y)
    return Side.LEFT if left + 0.3 * angle > 0.0 else Side.RIGHT


def _checked(path: npt.ArrayLike) -> Path:
    points = np.asarray(path, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise InvalidInputError(f"walk: a path needs rows of x and y in m, got shape {points.shape}")
    kept = np.r_[True, np.abs(np.diff(points, axis=0)).sum(axis=1) > 1e-6] if len(points) else np.zeros(0, bool)
    points = points[kept]
    if len(points) < 2 or np.hypot(*np.diff(points, axis=0).T).sum() < 2 * _SPACING_M:
        raise InvalidInputError(f"walk: a path of {len(points)} point(s) leads nowhere; give two that are apart")
    return points


def _resampled(points: Path) -> Path:
    """Space points evenly along a polyline, ends included; the spacing is about 2 cm."""
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    even = np.linspace(0.0, along[-1], max(round(along[-1] / _SPACING_M), 1) + 1)
    return np.column_stack([np.interp(even, along, points[:, axis]) for axis in (0, 1)])


def _rounded(points: Path) -> tuple[Path, npt.NDArray[np.float64]]:
    """Round the corners; give points 2 cm apart and the heading at each, without jumps of a whole turn."""
    dense = _resampled(points)
    reach = min(round(_CORNER_M / _SPACING_M), len(dense) - 1)
    weights = np.bartlett(2 * reach + 3)[1:-1]
    # Mirrored in its ends, so that they stay where they are.
    padded = np.concatenate([2 * dense[0] - dense[reach:0:-1], dense, 2 * dense[-1] - dense[-2 : -reach - 2 : -1]])
    smooth = [np.convolve(padded[:, axis], weights / weights.sum(), "valid") for axis in (0, 1)]
    dense = _resampled(np.column_stack(smooth))
    ways = np.gradient(dense, axis=0)
    return dense, np.unwrap(np.arctan2(ways[:, 1], ways[:, 0]))


def _at(points: Path, headings: npt.NDArray[np.float64], along_m: float) -> Place:
    row = min(along_m / _SPACING_M, len(points) - 1.0)
    rows = np.arange(len(points))
    x, y = (float(np.interp(row, rows, points[:, axis])) for axis in (0, 1))
    return Place(x, y, float(np.interp(row, rows, headings)))
