"""Lay out who was where, when, for the timeline: Scorecard, or RunLog -> Lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from haven_server.evaluation.charts import Bar, Lane
from haven_server.evaluation.motchallenge import Numbers, TrueBoxes
from haven_server.evaluation.passages import FilmClock, Passage
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.scorecard import Scorecard
from haven_server.evaluation.verdict import called
from haven_server.evaluation.views import colour_name

PAUSE_S = 0.5
"""For so long somebody may be out of sight and the band of their presence go on."""


def lanes_of_people(
    truth: Mapping[str, TrueBoxes], scorecard: Scorecard, clocks: Mapping[str, FilmClock], names: Mapping[int, str]
) -> list[Lane]:
    """Give each true person a row: where they were to be seen, and the ids they were given there."""
    people = sorted({person for boxes in truth.values() for person in boxes.persons[boxes.counts].tolist()})
    listed = []
    for person in people:
        for camera_id in truth:
            boxes = truth[camera_id]
            frames = boxes.frames[boxes.counts & (boxes.persons == person)]
            own = [p for p in scorecard.passages if p.camera_id == camera_id and p.person == person]
            bars = [*_bands(frames, clocks[camera_id]), *(_bar(passage, scorecard) for passage in own)]
            if bars:
                listed.append(Lane(called(person, names), camera_id, bars))
    return listed + _lanes_of_nobody(scorecard)


def lanes_of_ids(log: RunLog, clocks: Mapping[str, FilmClock]) -> list[Lane]:
    """Give each id a row, where nobody knows who the people truly are."""
    listed = []
    for global_id in log.people():
        for camera_id in clocks:
            clock = clocks[camera_id]
            spans = [
                (clock.at(record.sightings[0].frame_index + 1), clock.at(record.sightings[-1].frame_index + 1))
                for record in log.tracks(camera_id)
                if record.global_id == global_id and record.sightings
            ]
            if spans:
                bars = [Bar(from_s, to_s, colour_name(global_id), str(global_id)) for from_s, to_s in spans]
                listed.append(Lane(f"id {global_id}", camera_id, bars))
    return listed


def _lanes_of_nobody(scorecard: Scorecard) -> list[Lane]:
    """Show the tracks that are on nobody."""
    strays = [passage for passage in scorecard.passages if passage.person is None]
    return [
        Lane("nobody", camera_id, [_bar(passage, scorecard) for passage in strays if passage.camera_id == camera_id])
        for camera_id in sorted({passage.camera_id for passage in strays})
    ]


def _bands(frames: Numbers, clock: FilmClock) -> Sequence[Bar]:
    """Join frames to spans."""
    if not len(frames):
        return []
    ordered = np.sort(frames)
    spans = np.split(ordered, np.flatnonzero(np.diff(ordered) * clock.frame_s > PAUSE_S) + 1)
    return [Bar(clock.at(int(span[0])), clock.at(int(span[-1]))) for span in spans]


def _bar(passage: Passage, scorecard: Scorecard) -> Bar:
    wrong = passage.person is None or scorecard.verdict.names.get(passage.person) != passage.global_id
    return Bar(passage.from_s, passage.to_s, colour_name(passage.global_id), str(passage.global_id), wrong)
