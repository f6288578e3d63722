"""Corrections, reviews and explanations -> a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from haven_client import Correction, Duplicate, Explanation, Review
from rich.table import Table

from haven_server.terminal.names import write_time
from haven_server.terminal.tables import rows_table

SAID = {
    "merged": "identity {other} is identity {global_id} from now on",
    "split": "identity {other} was split off identity {global_id}",
    "rejected": "identity {other} is kept apart from identity {global_id}",
    "undone": "correction {undoes} was taken back, of identities {global_id} and {other}",
}
"""What each action means, in words."""


def correction_line(correction: Correction) -> str:
    """Say what was put right."""
    if correction.other is None:
        track = correction.tracks[0]
        name = f"track {track.track_id} of camera {track.camera_id!r}"
        verb = "may be" if correction.action == "undone" else "will not be taken for"
        return f"correction {correction.number}: {name} {verb} identity {correction.global_id}"
    said = SAID.get(correction.action, correction.action + ": identities {global_id} and {other}")
    words = said.format(global_id=correction.global_id, other=correction.other, undoes=correction.undoes)
    return f"correction {correction.number}: {words}"


def duplicates_table(pairs: Sequence[Duplicate]) -> Table:
    """Identities that may be one person; the review is what `haven identities review` answers."""
    rows = [
        (
            f"{pair.global_id}, {pair.other}",
            _scores(pair.similarities),
            "-" if pair.fused is None else f"{pair.fused:.2f}",
            "-" if pair.review_id is None else str(pair.review_id),
            pair.reason,
        )
        for pair in pairs
    ]
    return rows_table("Possible duplicates", ("identities", "similarities", "fused", "review", "reason"), rows)


def reviews_table(reviews: Sequence[Review]) -> Table:
    """Decisions that wait for an answer."""
    rows = [
        (
            str(review.review_id),
            _question(review),
            "-" if review.margin is None else f"{review.margin:.3f}",
            review.reason,
        )
        for review in reviews
    ]
    return rows_table("Reviews", ("number", "question", "margin", "reason"), rows)


def explanation_tables(explanation: Explanation) -> tuple[Table, ...]:
    """A decision, its evidence, and the thresholds in force then."""
    decision = explanation.decision
    reproduced = {True: "yes", False: "NO", None: "unknown: decided before that was stored"}
    number = explanation.change_id
    title = "Waits to be decided" if number is None else f"Decision {number} of the ledger"
    facts = [
        ("track", f"{explanation.track_id} of camera {explanation.camera_id!r}"),
        ("at", write_time(explanation.at)),
        ("verdict", decision.verdict),
        ("identity", _number(decision.global_id)),
        ("confidence", decision.confidence or "-"),
        ("reason", decision.reason),
        ("gate", decision.gate or "none"),
        ("similarities", _scores(decision.similarities)),
        ("qualities", _scores(decision.qualities)),
        ("fused", "-" if decision.fused is None else f"{decision.fused:.4f}"),
        ("candidate", _number(decision.candidate)),
        ("runner-up", _runner_up(decision.runner_up, decision.runner_up_similarity)),
        ("margin", "-" if decision.margin is None else f"{decision.margin:.4f}"),
        ("vetoes", ", ".join(f"{one}: {reason}" for one, reason in sorted(decision.vetoes.items())) or "none"),
        ("hand-over", _number(decision.hand_over)),
        ("identities compared", str(decision.considered)),
        ("tracklet quality", f"{decision.tracklet_quality:.4f}"),
        ("same verdict from this evidence", reproduced[explanation.reproduced]),
    ]
    thresholds = [(name, f"{value:g}") for name, value in sorted(explanation.thresholds.items())]
    return (
        rows_table(title, ("what", "value"), facts),
        rows_table("Thresholds then", ("threshold", "value"), thresholds),
    )


def _question(review: Review) -> str:
    track = f"track {review.track_id} of camera {review.camera_id!r}"
    if review.question == "duplicate":
        return f"is identity {review.global_id}, made for {track}, identity {review.other}?"
    other = "" if review.other is None else f", and not {review.other}"
    return f"is {track} identity {review.global_id}{other}?"


def _scores(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{signal} {score:.4f}" for signal, score in scores.items()) or "none"


def _number(global_id: int | None) -> str:
    return "-" if global_id is None else str(global_id)


def _runner_up(global_id: int | None, similarity: float | None) -> str:
    return "-" if global_id is None or similarity is None else f"{global_id}, {similarity:.4f}"
