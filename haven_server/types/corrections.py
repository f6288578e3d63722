"""What operators correct and are asked: merges, splits, rejections, and decisions that want a second look."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from haven_server.types.recognition import Modality


@dataclass(frozen=True, slots=True)
class TrackSpan:
    """One track and its time: a camera's numbers begin anew when the server does.

    Attributes:
        first_seen: ns since the Unix epoch.
        last_seen: likewise; None while the track lives.
    """

    camera_id: str
    track_id: int
    first_seen: int
    last_seen: int | None = None


@dataclass(frozen=True, slots=True)
class TrackName:
    """A track as a person names it.

    Attributes:
        at: a time at which it was followed, ns since the Unix epoch; None: the newest track of that number.
    """

    camera_id: str
    track_id: int
    at: int | None = None

    def __str__(self) -> str:
        return f"track {self.track_id} of camera {self.camera_id!r}"


@dataclass(frozen=True, slots=True)
class MergedRows:
    """All rows of an identity go to another, and remember whom they were decided for."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class ReturnedRows:
    """Rows that were decided for some identities come back from the one these had been merged into.

    Attributes:
        members: the identity that is its own again, and those that were merged into it.
    """

    source: int
    target: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DividedRows:
    """All rows of some tracks go to another identity, as if they had been decided for it.

    Attributes:
        decided_id: whom they count as decided for, where that identity was merged into ``target``; None: the same.
    """

    source: int
    target: int
    tracks: tuple[TrackSpan, ...]
    decided_id: int | None = None


Transfer: TypeAlias = MergedRows | ReturnedRows | DividedRows
"""Rows that change hands."""


class Action(enum.Enum):
    """What was corrected; values as `identity_changes.action` spells them."""

    MERGED = "merged"
    SPLIT = "split"
    REJECTED = "rejected"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing put right, by an operator or by the policy.

    Attributes:
        number: 1-based and ascending over all corrections.
        global_id: the identity that stays: the merge's target, the one split, the one a track is not.
        other: the identity that was merged, split off or kept apart; None while a rejected track is undecided.
        tracks: those that were split off or rejected, or whose face merged two; not one that was rejected before
            anybody knew who it is, once that is known.
        undoes: number of the correction that this one took back.
        at: ns since the Unix epoch, by the server's clock; of the policy's, when the track was seen.
    """

    number: int
    action: Action
    global_id: int
    other: int | None
    actor: str
    at: int
    tracks: tuple[TrackSpan, ...] = ()
    undoes: int | None = None


class Question(enum.Enum):
    """What a review asks; values as `reviews.question` spells them."""

    MATCH = "match"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Review:
    """A row of `reviews`: a decision that was close, for an operator to confirm or refuse.

    Attributes:
        question: MATCH: is the track ``global_id``, or rather ``other``?  DUPLICATE: is ``global_id``, which was made
            for the track, ``other``?
        other: the runner-up of a match, None without; whom a new person may be.
        first_seen, at: of the track, ns since the Unix epoch; when it began and when it was decided.
        score, margin: of the decision; margin is None without a runner-up.
        review_id: given by the store; 0 before.
    """

    question: Question
    global_id: int
    other: int | None
    camera_id: str
    track_id: int
    first_seen: int
    at: int
    score: float
    margin: float | None
    reason: str
    review_id: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operator said to a review.

    Attributes:
        confirmed: True: yes, it is; False: no.
        at: ns since the Unix epoch, by the server's clock.
    """

    review_id: int
    confirmed: bool
    actor: str
    at: int


class Origin(enum.Enum):
    """Where the suspicion that two identities are one person comes from."""

    GALLERY = "gallery"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two identities that may be one person.

    Attributes:
        global_id, other: the lower number first.
        origin: GALLERY: what they are remembered by is alike.  DECISION: a new person could not be told apart.
        similarities: cosine of their best views per signal that both have.
        fused: weighted mean of those, moving averages included; None where they share no signal any more.
        review_id: of the question that waits for an answer; None with GALLERY.
    """

    global_id: int
    other: int
    origin: Origin
    similarities: Mapping[Modality, float]
    fused: float | None
    reason: str
    review_id: int | None = None
