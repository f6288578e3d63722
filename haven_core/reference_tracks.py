"""The readable twin of `haven_core.tracks.TrackTable`: its specification, with an object for each track."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_core import reference
from haven_core.reference import Boxes, Reals

Scores = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float64]
ROW = np.zeros(1, np.intp)


@dataclass(eq=False)
class _Track:
    number: int
    score: np.float32
    first: int
    last: int
    confirmed: bool
    mean: Reals
    covariance: Reals
    shown: bool = False
    removed_as: int = 0
    look: Vector | None = None
    looked_at: int = 0


class ReferenceTable:
    """A `TrackTable` that is slow and plain; its ``.pyi`` describes the methods. No care for bad input."""

    def __init__(self, by_width: bool = False, *, near: float = 0.0, alike: float = 1.0, kept: float = 0.9) -> None:
        self.frame = 0
        self._by_width = by_width
        self._near, self._alike, self._kept = near, alike, kept
        self._next_id = 1
        self._removals = 0
        self._followed: list[_Track] = []
        self._lost: list[_Track] = []

    def advance(self, boxes: Boxes, scores: Scores, low: float, high: float, elapsed: float = 1.0) -> None:
        """Begin a frame."""
        self.frame += 1
        self._boxes, self._scores = boxes, scores
        self._looks: dict[int, Vector] = {}
        usable = reference.have_area(boxes) & (scores > low)
        self._confident = np.flatnonzero(usable & (scores >= high)).tolist()
        self._doubtful = np.flatnonzero(usable & (scores < high)).tolist()
        for track in self._followed + self._lost:
            if track.confirmed:
                reference.predict(track.mean, track.covariance, ROW, elapsed, self._by_width)

    def warp(self, motion: Reals) -> None:
        """Carry all tracks along with the picture: x = M x, P = M P M', of which the four blocks are kept."""
        turn = motion[:, :2]
        whole = np.kron(np.eye(4), turn)
        whole[2:4, 2:4] = whole[6:, 6:] = np.abs(turn)
        for track in self._followed + self._lost:
            track.mean[0] = whole @ track.mean[0] + np.pad(motion[:, 2], (0, 6))
            track.covariance[0] = reference.to_blocks(whole @ reference.to_matrix(track.covariance[0]) @ whole.T)

    def in_doubt(self, limit: float, looked_since: int) -> npt.NDArray[np.intp]:
        """Tell which confident boxes' looks may change who gets them, or are due to be remembered."""
        tracks = self._waiting(confirmed=True) + self._lost
        near = reference.iou_distance(self._boxes_of(tracks), self._boxes[self._confident]) < limit
        misses_one = any(track.look is not None for track in self._lost)
        wanted = []
        for column, place in enumerate(self._confident):
            rows = np.flatnonzero(near[:, column])
            is_clear = len(rows) == 1 and near[rows[0]].sum() == 1
            if misses_one if len(rows) == 0 else not is_clear or tracks[rows[0]].looked_at < looked_since:
                wanted.append(place)
        return np.array(wanted, np.intp)

    def describe(self, places: npt.NDArray[np.intp], vectors: npt.NDArray[np.float32]) -> None:
        """Say what some of the frame's boxes look like."""
        self._looks = dict(zip(places.tolist(), vectors.astype(np.float64), strict=True))

    def relink(self, alike: float, reach: float, margin: float) -> None:
        """Give confident boxes that are left to those lost, by looks alone."""
        pairs = {}
        for track in self._still_lost():
            centre, height = track.mean[0, :2], track.mean[0, 3]
            for place in self._confident:
                way = np.linalg.norm(centre - self._boxes[place].reshape(2, 2).mean(axis=0)) / height
                if track.look is not None and place in self._looks and way <= reach * (self.frame - track.last):
                    pairs[track, place] = float(track.look @ self._looks[place])
        for (track, place), similarity in pairs.items():
            rivals = [pairs[pair] for pair in pairs if (pair[0] is track) != (pair[1] == place)]
            if similarity >= alike and all(similarity - rival >= margin for rival in rivals):
                self._see(track, place)
                self._confident.remove(place)

    def associate_confident(self, limit: float, by_score: bool) -> None:
        """Give confident boxes to those followed and those lost."""
        self._associate(self._waiting(confirmed=True) + self._lost, self._confident, limit, by_score)

    def associate_doubtful(self, limit: float, find_lost: bool = False) -> None:
        """Give doubtful boxes to those who were followed, and to those lost if wanted."""
        lost = self._still_lost() if find_lost else []
        self._associate(self._waiting(confirmed=True) + lost, self._doubtful, limit, by_score=False)

    def associate_tentative(self, limit: float, by_score: bool) -> None:
        """Give confident boxes that are left to tentative tracks."""
        self._associate(self._waiting(confirmed=False), self._confident, limit, by_score)

    def begin(self, least_score: float) -> None:
        """Follow new people."""
        for place in self._confident:
            if self._scores[place] >= least_score:
                mean, covariance = np.zeros((1, 8)), np.zeros((1, 4, 3))
                reference.initiate(mean, covariance, ROW, self._boxes[place : place + 1], self._by_width)
                confirmed = self.frame == 1
                track = _Track(self._next_id, self._scores[place], self.frame, self.frame, confirmed, mean, covariance)
                self._remember(track, place)
                self._followed.append(track)
                self._next_id += 1

    def settle(self, remembered_from: int, duplicate_distance: float, remembered_removals: int) -> tuple[int, ...]:
        """Sort the tracks anew."""
        before = self._followed + self._lost
        missed = [track for track in self._followed if track.last < self.frame]
        found = [track for track in self._lost if track.last == self.frame]
        newly_lost = [track for track in missed if track.confirmed]
        discarded = [track for track in missed if not track.confirmed]
        stale = [track for track in self._lost if track.last < remembered_from]
        for track in newly_lost:
            track.mean[0, 6 if self._by_width else 7 :] = 0
        forgotten = max(0, self._removals - remembered_removals)
        lost = self._still_lost() + newly_lost
        self._lost = [track for track in lost if track.removed_as <= forgotten]
        self._followed = [track for track in self._followed if track.last == self.frame] + found
        for track in discarded + stale:
            self._removals += 1
            track.removed_as = self._removals
        self._drop_duplicates(duplicate_distance)
        return _told(set(before + self._followed) - set(self._followed + self._lost))

    def visible(self) -> tuple[Numbers, Boxes, Scores, Numbers]:
        """Tell of the confirmed tracks that have a box in this frame."""
        tracks = sorted((track for track in self._followed if track.confirmed), key=lambda track: track.number)
        for track in tracks:
            track.shown = True
        ids, ages = [track.number for track in tracks], [self.frame - track.first for track in tracks]
        scores = np.array([track.score for track in tracks], np.float32)
        return np.array(ids, np.int64), self._boxes_of(tracks), scores, np.array(ages, np.int64)

    def clear(self) -> tuple[int, ...]:
        """Forget all tracks and frames."""
        ended = _told(self._followed + self._lost)
        self._followed, self._lost = [], []
        self.frame = self._removals = 0
        return ended

    def _waiting(self, confirmed: bool) -> list[_Track]:
        """List those followed, confirmed or not, that have no box in this frame yet."""
        return [track for track in self._followed if track.confirmed == confirmed and track.last < self.frame]

    def _still_lost(self) -> list[_Track]:
        """List those lost that have no box in this frame yet."""
        return [track for track in self._lost if track.last < self.frame]

    def _associate(self, tracks: list[_Track], places: list[int], limit: float, by_score: bool) -> None:
        scores = self._scores[places] if by_score else None
        unlike = reference.iou_distance(self._boxes_of(tracks), self._boxes[places])
        cost = reference.iou_distance(self._boxes_of(tracks), self._boxes[places], scores)
        for row, column in np.argwhere(unlike <= self._near) if places is self._confident else ():
            look, seen = tracks[row].look, self._looks.get(places[column])
            if look is not None and seen is not None and look @ seen >= self._alike:
                cost[row, column] = min(cost[row, column], max(0, (1 - look @ seen) / 2))
        rows, columns, _, _ = reference.assign(cost, limit)
        given = [places[column] for column in columns]
        for row, place in zip(rows, given, strict=True):
            self._see(tracks[row], place)
            places.remove(place)

    def _see(self, track: _Track, place: int) -> None:
        reference.correct(track.mean, track.covariance, ROW, self._boxes[place : place + 1], self._by_width)
        track.score, track.last, track.confirmed = self._scores[place], self.frame, True
        self._remember(track, place)

    def _remember(self, track: _Track, place: int) -> None:
        """Blend the box's look, where it has one, into the track's."""
        if place in self._looks:
            seen = self._looks[place]
            blend = seen if track.look is None else self._kept * track.look + (1 - self._kept) * seen
            track.look, track.looked_at = blend / np.linalg.norm(blend), self.frame

    def _drop_duplicates(self, distance: float) -> None:
        close = reference.iou_distance(self._boxes_of(self._followed), self._boxes_of(self._lost)) < distance
        doomed = set()
        for row, column in np.argwhere(close):
            track, other = self._followed[row], self._lost[column]
            doomed.add(other if track.last - track.first > other.last - other.first else track)
        self._followed = [track for track in self._followed if track not in doomed]
        self._lost = [track for track in self._lost if track not in doomed]

    def _boxes_of(self, tracks: list[_Track]) -> Boxes:
        boxes = [reference.to_boxes(track.mean, ROW, self._by_width) for track in tracks]
        return np.vstack([np.empty((0, 4), np.float32), *boxes])


def _told(tracks: Iterable[_Track]) -> tuple[int, ...]:
    return tuple(sorted(track.number for track in tracks if track.shown))
