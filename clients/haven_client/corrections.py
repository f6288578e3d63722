"""What operators put right and are asked: plain frozen values. Times are ns since the Unix epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackName:
    """A track as a person names it.

    Attributes:
        at: a time at which it was followed; None: the newest track of that number.
    """

    camera_id: str
    track_id: int
    at: int | None = None


@dataclass(frozen=True, slots=True)
class TrackSpan:
    """One track and its time.

    Attributes:
        last_seen: None while it lives.
    """

    camera_id: str
    track_id: int
    first_seen: int
    last_seen: int | None


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing that was put right.

    Attributes:
        action: merged | split | rejected | undone.
        global_id: the identity that stays: the merge's target, the one split, the one a track is not.
        other: the identity that was merged, split off or kept apart; None while a rejected track is undecided.
        actor: who ordered it; ``policy`` where a face merged two.
        tracks: those that were split off or rejected, or whose face merged two.
        undoes: number of the correction that was taken back.
    """

    number: int
    action: str
    global_id: int
    other: int | None
    actor: str
    at: int
    tracks: tuple[TrackSpan, ...]
    undoes: int | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two identities that may be one person.

    Attributes:
        origin: gallery | decision.
        similarities: cosine of their best views by signal (face, gait, appearance).
        fused: weighted score over those signals; None where they share none any more.
        review_id: the review that asks about them; None where only the gallery suspects them.
    """

    global_id: int
    other: int
    origin: str
    similarities: Mapping[str, float]
    fused: float | None
    reason: str
    review_id: int | None


@dataclass(frozen=True, slots=True)
class Review:
    """A decision that was close and waits to be confirmed or refused.

    Attributes:
        question: match: is the track ``global_id``, and not ``other``?  duplicate: is ``global_id``, which was made for
            the track, the same person as ``other``?
        margin: how far the decision was ahead of the other; None without another.
    """

    review_id: int
    question: str
    global_id: int
    other: int | None
    camera_id: str
    track_id: int
    at: int
    score: float
    margin: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The policy's word on a track, and what it rests on.

    Attributes:
        verdict: match | new.  confidence: low | medium | high.
        score: similarity in the deciding signal; 0 when none decided.
        margin: score minus the best other identity's; None when there is no other.
        gate: the signal that decided, None when none did.
        similarities, qualities: by signal; of the winner or best candidate, and of the track's own views.
        candidate, runner_up: global ids; None without.
        vetoes: identities kept out, with the reason.
        considered: how many identities were compared.
        hand_over: the only identity that may just have come by a linked way or be back.
    """

    verdict: str
    global_id: int | None
    confidence: str | None
    score: float
    margin: float | None
    reason: str
    gate: str | None
    similarities: Mapping[str, float]
    qualities: Mapping[str, float]
    fused: float | None
    candidate: int | None
    runner_up: int | None
    runner_up_similarity: float | None
    vetoes: Mapping[int, str]
    tracklet_quality: float
    considered: int
    hand_over: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, the thresholds in force then, and whether the policy decides the same again.

    Attributes:
        change_id: number of the ledger's line; None for a track that still waits.
        at: when it was decided, capture time.
        thresholds: by name; none for a decision of before they were stored.
        reproduced: None for a decision of before that was stored.
    """

    change_id: int | None
    camera_id: str
    track_id: int
    at: int
    decision: Decision
    thresholds: Mapping[str, float]
    reproduced: bool | None
