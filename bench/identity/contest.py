"""Several policies on the same tracklets: Step -> identities, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bench.identity.seed_policy import SeedPolicy, SeedThresholds
from haven_server.evaluation.passages import Passage
from haven_server.evaluation.verdict import Verdict, judge
from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolver
from haven_server.settings import ReIDSettings, TopologySettings
from haven_server.types import (
    NANOSECONDS,
    Feature,
    Features,
    FrameOutcome,
    GalleryState,
    Modality,
    Track,
    Tracklet,
    TrackState,
    Vector,
)

MODELS = {modality: f"bench-{modality.value}" for modality in Modality}
"""Names under which vectors of the benchmark are compared."""
QUALITY = 0.9
"""Of a feature that nothing speaks against."""
FRAMES = 30
BOX = np.array([0, 0, 60, 160], np.float32)
TrackKey: TypeAlias = tuple[str, int]
Answers: TypeAlias = dict[TrackKey, int]
"""The identity of each track in the end; those that were given none are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One tracklet on its way to the policy.

    Attributes:
        together: what the camera saw since the last step, in order.
    """

    together: Sequence[FrameOutcome]
    tracklet: Tracklet
    features: Features


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """Somebody passes a camera, in a world that consists of tracklets.

    Attributes:
        looks: what the tracklets of the track show, evenly spread over the visit, the last one at its end: vectors of
            unit norm by signal that shows.
    """

    person: int
    camera_id: str
    from_s: float
    to_s: float
    looks: Sequence[Mapping[Modality, Vector]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What HAVEN goes by.

    Attributes:
        gait_false_match_rate: of one comparison at `gait_similarity`; None: unknown.
        models: hash of each signal's network.
    """

    reid: ReIDSettings
    topology: TopologySettings
    gait_false_match_rate: float | None
    models: Mapping[Modality, str]


def steps_of(visits: Sequence[Visit]) -> list[Step]:
    """Make the tracklets of all visits, in the order of their times; who is there at once is seen together."""
    looks = sorted(
        (visit.from_s + (visit.to_s - visit.from_s) * look / len(visit.looks), number, look)
        for number, visit in enumerate(visits)
        for look in range(1, len(visit.looks) + 1)
    )
    steps = []
    there: set[int] = set()
    arrivals = sorted(range(len(visits)), key=lambda one: -visits[one].from_s)
    for at_s, number, look in looks:
        while arrivals and visits[arrivals[-1]].from_s <= at_s:
            there.add(arrivals.pop())
        visit, at = visits[number], round(at_s * NANOSECONDS)
        beside = sorted(one for one in there if visits[one].camera_id == visit.camera_id)
        visible = tuple(Track(visit.camera_id, one + 1, BOX, QUALITY, TrackState.CONFIRMED, FRAMES) for one in beside)
        vectors, ended = visit.looks[look - 1], look == len(visit.looks)
        features = {signal: Feature(vector, QUALITY, MODELS[signal]) for signal, vector in vectors.items()}
        from_ns = round(visit.from_s * NANOSECONDS)
        tracklet = Tracklet(visit.camera_id, number + 1, from_ns, at, FRAMES, (), QUALITY, ended)
        steps.append(Step((FrameOutcome(visit.camera_id, 0, at, visible, ()),), tracklet, features))
        if ended:
            there.remove(number)
    return steps


def passages_of(visits: Sequence[Visit]) -> list[Passage]:
    """Write down who each track truly is; its identity is for ``verdict`` to fill in."""
    listed = [
        Passage(visit.camera_id, number, 0, visit.person, 1, FRAMES, FRAMES, None, visit.from_s, visit.to_s)
        for number, visit in enumerate(visits, 1)
    ]
    return sorted(listed, key=lambda passage: (passage.from_s, passage.camera_id, passage.track))


def play_haven(steps: Iterable[Step], rules: Rules) -> Answers:
    """Let HAVEN's own resolver decide, on an empty gallery."""
    gallery = Gallery(GalleryState((), 1, 1), rules.reid.multi_prototype, rules.models)
    resolver = Resolver(gallery, rules.reid, rules.topology, rules.gait_false_match_rate)
    decided: Answers = {}
    for step in steps:
        for outcome in step.together:
            resolver.observe(outcome)
        resolution = resolver.resolve(step.tracklet, step.features)
        if resolution.decided_id is not None:
            decided[step.tracklet.camera_id, step.tracklet.track_id] = resolution.decided_id
    return {track: gallery.root(one) for track, one in decided.items()}


def play_seed(
    steps: Iterable[Step],
    thresholds: SeedThresholds | None = None,
    *,
    averages: bool = True,
    whole: bool = False,
) -> Answers:
    """Let the seed's policy decide.

    Args:
        averages: True: by what is remembered as 5.4 has it; False: as 7.2 has it.
        whole: True: on each track once, when it is over; False: as soon as a tracklet is good enough.
    """
    policy = SeedPolicy(thresholds, averages=averages)
    decided: Answers = {}
    for step in steps:
        if step.tracklet.ended or not whole:
            answer = policy.process_tracklet(step.tracklet, step.features)
            if answer is not None:
                decided[step.tracklet.camera_id, step.tracklet.track_id] = answer
    return decided


def verdict(passages: Iterable[Passage], answers: Answers) -> Verdict:
    """Judge identities; tracks that were given none are no mistake and no success."""
    return judge(
        [
            replace(passage, global_id=answers[passage.camera_id, passage.track])
            for passage in passages
            if (passage.camera_id, passage.track) in answers
        ]
    )
