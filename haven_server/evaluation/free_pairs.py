"""Free examples of a finished run: views and tracks of a database -> Likeness by signal.

Two tracks that one picture showed are two people, whoever the run took them for, and the views of one track are one
person's. Nobody has to label anything. Views of one track are more alike than those of one person on different days, so
they say little of who is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from haven_server.evaluation.likeness import Floats, Likeness, gather, upper
from haven_server.types import Modality, PrototypeRow, TrackletRow

Views = Mapping[Modality, Floats]
"""Of one track, (N, D) by signal."""


def free_likenesses(views: Sequence[PrototypeRow], tracks: Sequence[TrackletRow]) -> dict[Modality, Likeness]:
    """Compare the views of tracks that were seen together, and those of each track.

    Tracks of the same two people count as one pair of people. A track that is nobody's counts for nothing.

    Args:
        views: of one network per signal.
    """
    shown = _by_track(views, tracks)
    together = [pair for pair in _seen_together(tracks) if all(row in shown for row in pair)]
    found = {}
    for signal in Modality:
        between: dict[tuple[int, int], list[Floats]] = defaultdict(list)
        for first, second in together:
            if signal in shown[first] and signal in shown[second]:
                people = sorted((tracks[first].global_id, tracks[second].global_id))
                between[people[0], people[1]].append((shown[first][signal] @ shown[second][signal].T).ravel())
        within: dict[int, list[Floats]] = defaultdict(list)
        for row, own in shown.items():
            if signal in own and len(own[signal]) > 1:
                within[tracks[row].global_id].append(upper(own[signal] @ own[signal].T))
        if between:
            found[signal] = gather(map(np.concatenate, between.values()), map(np.concatenate, within.values()))
    return found


def _by_track(views: Sequence[PrototypeRow], tracks: Sequence[TrackletRow]) -> dict[int, Views]:
    """Say which views each track showed, by the track's place among all."""
    named = _by_name(tracks)
    vectors: dict[int, dict[Modality, list[Floats]]] = defaultdict(lambda: defaultdict(list))
    for view in views:
        for row in named.get((view.camera_id, view.track_id), ()) if view.track_id is not None else ():
            # Time tells which of the tracks of one number it was.
            if tracks[row].first_seen <= view.captured_at <= tracks[row].last_seen:
                vectors[row][view.modality].append(view.vector)
    return {row: {signal: np.stack(own) for signal, own in shown.items()} for row, shown in vectors.items()}


def _seen_together(tracks: Sequence[TrackletRow]) -> Iterator[tuple[int, int]]:
    """Give out places of tracks that one picture showed, each pair once."""
    named = _by_name(tracks)
    pairs = set()
    for row, track in enumerate(tracks):
        for companion in track.companions:
            for other in named.get((track.camera_id, companion), ()):
                if tracks[other].first_seen <= track.last_seen and track.first_seen <= tracks[other].last_seen:
                    pairs.add((min(row, other), max(row, other)))
    yield from sorted(pairs)


def _by_name(tracks: Sequence[TrackletRow]) -> dict[tuple[str, int], list[int]]:
    """List by camera and number where its tracks stand; numbers begin anew with the server."""
    named: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row, track in enumerate(tracks):
        named[track.camera_id, track.track_id].append(row)
    return named
