"""Decide who plays whom: Scenario -> Roles."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from haven_server.sources.synthetic.figures import casting
from haven_server.sources.synthetic.people import Outfit, Pattern, Person
from haven_server.sources.synthetic.scenarios.scenario import PersonPlan, Scenario
from haven_server.sources.synthetic.scenarios.script import Clothes, Range

FIRST_NUMBER = 100_000_000
"""People and outfits of scenarios have numbers from here on; networks are trained on lower ones alone."""
NUMBERS_A_SEED = 1000
"""A scenario's own numbers are below half of it; strangers and what is not given take the upper half."""
OWN_NUMBERS = 500

SHIRTS = {
    "white": (238, 240, 242),
    "black": (38, 34, 33),
    "red": (52, 48, 190),
    "blue": (168, 98, 52),
    "green": (78, 138, 66),
    "yellow": (70, 190, 232),
}
"""b, g, r of the shirts a scenario may ask for."""


@dataclass(frozen=True, slots=True)
class Role:
    """One of a scenario's people, as one run plays them.

    Attributes:
        global_id: 1-based, in the order of the file.
        clothes: what is worn at first.
        pace: factor on the speed of walking.
        aside: x, y, m; how far from the middle of a spot this person stands, so that two seldom stand in one another.
    """

    global_id: int
    plan: PersonPlan
    person: Person
    clothes: Clothes
    pace: float
    aside: tuple[float, float]


def roles(scenario: Scenario) -> tuple[Role, ...]:
    """Cast everybody; another seed casts other people."""
    cast: dict[str, Role] = {}
    for index, plan in enumerate(scenario.people):
        alike = cast.get(plan.look_alike_of or "")
        number = plan.person if isinstance(plan.person, int) else OWN_NUMBERS + index
        seed = _number(scenario, number)
        person = casting.person(seed) if alike is None else casting.look_alike(alike.person, seed)
        given = alike.clothes if alike is not None else Clothes(outfit=number)
        pace = draw(scenario, plan.pace, index + 1, 0)
        cast[plan.name] = Role(index + 1, plan, person, plan.outfit or given, pace, _aside(scenario, index + 1))
    return tuple(cast.values())


def outfit(scenario: Scenario, clothes: Clothes) -> Outfit:
    """Make the clothes that a number stands for in this run."""
    made = casting.outfit(_number(scenario, clothes.outfit))
    if clothes.shirt is None:
        return made
    colour = SHIRTS[clothes.shirt]
    return replace(made, top_pattern=Pattern.PLAIN, top_colours=(colour, colour), jacket=None)


def draw(scenario: Scenario, amount: Range, global_id: int, step: int) -> float:
    """Draw an amount from its span: one for each seed, person and step, whatever else is in the scenario."""
    random = np.random.default_rng((scenario.seed, global_id, step))
    return float(random.uniform(amount.from_, amount.to))


def _aside(scenario: Scenario, global_id: int) -> tuple[float, float]:
    """Draw how far from a spot's middle somebody stands, in a direction of their own."""
    random = np.random.default_rng((scenario.seed, global_id))
    angle, distance_m = random.uniform(0, 2 * math.pi), random.uniform(0.1, 0.3)
    return distance_m * math.cos(angle), distance_m * math.sin(angle)


def _number(scenario: Scenario, number: int) -> int:
    return FIRST_NUMBER + NUMBERS_A_SEED * scenario.seed + number
