"""Which decisions want a second look: Decision -> Review."""

from __future__ import annotations

from haven_server.reid.policy import possible_duplicates
from haven_server.settings import ThresholdSettings
from haven_server.types import Decision, Question, Review, Tracklet, Verdict

CLOSE = 2.0
"""A match is close whose lead is under so many times the least lead (``margin``)."""


def ask(decision: Decision, tracklet: Tracklet, thresholds: ThresholdSettings) -> Review | None:
    """Ask an operator about a decision that was close; None where it was clear.

    A match whose lead is under ``CLOSE`` times the least lead asks whether it is this person and not the runner-up. A
    new person who could not be told apart from somebody known asks whether the two are one.
    """
    if decision.global_id is None:
        return None
    evidence = decision.evidence
    if decision.verdict is Verdict.MATCH:
        if decision.margin is None or decision.margin >= CLOSE * thresholds.margin:
            return None
        question, other = Question.MATCH, evidence.runner_up
    else:
        if not possible_duplicates(decision, thresholds):
            return None
        question, other = Question.DUPLICATE, evidence.candidate
    return Review(
        question=question,
        global_id=decision.global_id,
        other=other,
        camera_id=tracklet.camera_id,
        track_id=tracklet.track_id,
        first_seen=tracklet.first_seen,
        at=tracklet.last_seen,
        score=decision.score,
        margin=decision.margin,
        reason=decision.reason,
    )
