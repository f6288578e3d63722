"""Which rule would match whom: Comparison -> Claim."""

from __future__ import annotations

from dataclasses import dataclass

from haven_server.reid.comparison import Candidate, Comparison
from haven_server.reid.fusion import SIGNALS
from haven_server.settings import ThresholdSettings
from haven_server.types import Confidence, Modality

CONFIDENCES = {
    Modality.FACE: Confidence.HIGH,
    Modality.GAIT: Confidence.MEDIUM,
    Modality.APPEARANCE: Confidence.LOW,
}
"""How sure a decision by each signal is."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A candidate that passes a rule.

    Attributes:
        rival: the best other identity in the deciding signal; None when nobody else is within the gate's reach.
        why: half a sentence a person can read.
    """

    signal: Modality
    candidate: Candidate
    rival: Candidate | None
    confidence: Confidence
    why: str

    @property
    def similarity(self) -> float:
        """The candidate's, in the deciding signal."""
        return self.candidate.similarities[self.signal]

    @property
    def margin(self) -> float | None:
        """How far the candidate leads its rival in the deciding signal; below 0 where the rival fails elsewhere."""
        return None if self.rival is None else self.similarity - self.rival.similarities[self.signal]


def find_claim(comparison: Comparison, thresholds: ThresholdSettings, gait_alone: bool) -> Claim | None:
    """Return the claim of the strongest rule that anybody passes, None when nobody passes any.

    In order: face over its threshold, gait over its threshold, appearance alone over its own. A likely hand-over
    passes the last two where they are near: a gait that appearance cannot confirm, or a middling appearance.

    Args:
        gait_alone: False: a match by gait is tentative, since the model's rate of false matches is too high or unknown.
    """
    levels = {
        Modality.FACE: thresholds.face_similarity,
        Modality.GAIT: thresholds.gait_similarity,
        Modality.APPEARANCE: thresholds.appearance_alone,
    }
    hand_over = comparison.hand_over
    for signal in SIGNALS:
        gate = comparison.gates[signal]
        if gate.passed and gate.best is not None:
            tentative = signal is Modality.GAIT and not gait_alone
            confidence = Confidence.LOW if tentative else CONFIDENCES[signal]
            why = f"{signal.value} {gate.best.similarities[signal]:.2f} is over {levels[signal]:.2f}"
            return Claim(signal, gate.best, gate.other, confidence, why)
        if hand_over is not None and _is_settled(signal, hand_over, thresholds):
            why = f"left near here shortly before, {signal.value} {hand_over.similarities[signal]:.2f}"
            return Claim(signal, hand_over, gate.rival_of(hand_over), Confidence.LOW, why)
    return None


def _is_settled(signal: Modality, hand_over: Candidate, thresholds: ThresholdSettings) -> bool:
    """Tell whether a likely hand-over turns what decides nothing alone into a tentative match."""
    similarity = hand_over.similarities.get(signal)
    if similarity is None:
        return False
    if signal is Modality.GAIT:
        return similarity > thresholds.gait_similarity and Modality.APPEARANCE not in hand_over.similarities
    return signal is Modality.APPEARANCE and similarity >= thresholds.appearance_similarity
