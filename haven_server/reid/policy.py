"""Who a tracklet is, or that nobody can tell yet: Comparison, Tracklet, Features -> Decision.

Every candidate is held against the rules, not only the one that looks best: a true face may rank second by the fused
score. The strongest rule that anybody passes decides (``claims``); who is vetoed is no candidate at all. Then

1. a claim on less than a face falls if all signals together are under ``unknown_threshold``: NEW;
2. a claim that does not lead every other identity by ``margin`` in the deciding signal waits for as long as the track
   lives, and is NEW at its end, with a hint to the operator that the two may be one;
3. a claim on somebody whom a lost track of the same camera still holds waits until that track has ended;
4. any other claim is a MATCH.

Without a claim the tracklet is NEW, unless there is doubt; doubt waits for better views, ``defer_max_s`` at most. Who
is NEW in doubt is so with low confidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from haven_server.reid.claims import CONFIDENCES, Claim, find_claim
from haven_server.reid.comparison import Comparison
from haven_server.reid.fusion import SIGNALS
from haven_server.settings import ReIDSettings, ThresholdSettings
from haven_server.types import NANOSECONDS, Confidence, Decision, Evidence, Features, Modality, Tracklet, Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """All a decision rests on, and nothing else: whoever has it can decide again.

    Attributes:
        comparison: of the usable features with the gallery.
        qualities: of all the tracklet's features, poor ones too.
        tracklet_quality: [0, 1].
        age_s: from the track's first sight to the tracklet's last.
        ended: True: there is nothing to wait for.
        min_quality: of a signal on which the decision may rest.
        defer_max_s: how long a track with good views may stay undecided.
        gait_alone: True: gait may decide where appearance cannot be compared.
        held: identities of other live tracks of the same camera that are out of sight just now.
    """

    comparison: Comparison
    qualities: Mapping[Modality, float]
    tracklet_quality: float
    age_s: float
    ended: bool
    thresholds: ThresholdSettings
    min_quality: float
    defer_max_s: float
    gait_alone: bool = False
    held: Set[int] = frozenset()

    @classmethod
    def of(
        cls,
        comparison: Comparison,
        tracklet: Tracklet,
        features: Features,
        settings: ReIDSettings,
        gait_alone: bool,
        held: Set[int],
    ) -> Case:
        """Gather what a decision on a tracklet rests on."""
        return cls(
            comparison=comparison,
            qualities={modality: float(feature.quality) for modality, feature in features.items()},
            tracklet_quality=tracklet.quality,
            age_s=(tracklet.last_seen - tracklet.first_seen) / NANOSECONDS,
            ended=tracklet.ended,
            thresholds=settings.thresholds,
            min_quality=settings.quality.min_quality,
            defer_max_s=settings.defer_max_s,
            gait_alone=gait_alone,
            held=held,
        )

    @property
    def signals(self) -> Set[Modality]:
        """Signals good enough to decide by."""
        return {modality for modality, quality in self.qualities.items() if quality >= self.min_quality}


def usable(features: Features, settings: ReIDSettings) -> Features:
    """Return the features good enough to decide by, to veto by and to remember."""
    return {modality: one for modality, one in features.items() if one.quality >= settings.quality.min_quality}


def decide(case: Case) -> Decision:
    """Match a known person, take a new one, or wait for better views.

    Args:
        case: of a tracklet with at least ``min_tracklet_frames``.
    Returns:
        NEW comes without a global id, which is for the gallery to give.
    """
    claim = find_claim(case.comparison, case.thresholds, case.gait_alone)
    return _decide_unclaimed(case) if claim is None else _decide_claimed(case, claim)


def possible_duplicates(decision: Decision, thresholds: ThresholdSettings) -> tuple[int, ...]:
    """Return the identities a NEW person could not be told apart from: one of them may well be the same."""
    evidence = decision.evidence
    close = decision.margin is not None and decision.margin < thresholds.margin
    if decision.verdict is not Verdict.NEW or not close or _is_unknown(evidence.gate, evidence.fused, thresholds):
        return ()
    return tuple(sorted(one for one in (evidence.candidate, evidence.runner_up) if one is not None))


def _decide_claimed(case: Case, claim: Claim) -> Decision:
    """Somebody passes a rule: the same person, unless other signs speak against it."""
    thresholds, ended = case.thresholds, case.ended
    known = f"identity {claim.candidate.global_id}"
    if _is_unknown(claim.signal, claim.candidate.fused, thresholds):
        reason = f"Resembles {known}, but all signals together give {claim.candidate.fused:.2f} only."
        return _answer(case, Verdict.NEW, reason, claim)
    if claim.margin is not None and claim.rival is not None and claim.margin < thresholds.margin:
        lead = f"{known} leads identity {claim.rival.global_id} by {claim.margin:.2f} in {claim.signal.value}"
        return _answer(case, Verdict.NEW if ended else Verdict.DEFER, f"Too close to call: {lead}.", claim, doubt=True)
    if claim.candidate.global_id in case.held and not ended:
        return _answer(case, Verdict.DEFER, f"Another track of this camera still holds {known}: {claim.why}.", claim)
    return _answer(case, Verdict.MATCH, f"Is {known}: {claim.why}.", claim)


def _decide_unclaimed(case: Case) -> Decision:
    """Nobody passes any rule: a new person, unless that is too early to say."""
    doubt = _find_doubt(case)
    if doubt is None:
        return _answer(case, Verdict.NEW, "Nobody known is like this person.")
    if case.ended:
        return _answer(case, Verdict.NEW, f"Over, and {doubt}.", doubt=True)
    is_good = max(case.tracklet_quality, *case.qualities.values(), 0.0) >= case.min_quality
    if is_good and case.age_s >= case.defer_max_s:
        return _answer(case, Verdict.NEW, f"After {case.age_s:.1f} s still {doubt}.", doubt=True)
    return _answer(case, Verdict.DEFER, f"Waits for better views: {doubt}.")


def _find_doubt(case: Case) -> str | None:
    """Say why it is too early to call somebody new; None when the evidence is good."""
    comparison, thresholds, signals = case.comparison, case.thresholds, case.signals
    if not signals:
        return "no signal is good enough"
    if Modality.FACE in comparison.known and Modality.FACE not in signals:
        return "no face is seen, and others are known by theirs"
    doubtful_from = {
        Modality.FACE: thresholds.face_disagrees,
        Modality.GAIT: thresholds.gait_similarity,
        Modality.APPEARANCE: thresholds.appearance_similarity,
    }
    for signal in SIGNALS:
        best = comparison.gates[signal].best
        if best is not None and best.similarities[signal] >= doubtful_from[signal]:
            return (
                f"{signal.value} {best.similarities[signal]:.2f} leaves it open whether it is identity {best.global_id}"
            )
    if comparison.hand_over is not None:
        return f"identity {comparison.hand_over.global_id} left near here shortly before"
    return None


def _is_unknown(signal: Modality | None, fused: float | None, thresholds: ThresholdSettings) -> bool:
    """Tell whether the signals together overrule a rule that rests on less than a face."""
    return signal is not Modality.FACE and fused is not None and fused < thresholds.unknown_threshold


def _answer(case: Case, verdict: Verdict, reason: str, claim: Claim | None = None, *, doubt: bool = False) -> Decision:
    """Put a decision together; whoever is new in ``doubt`` is so on a word as weak as can be."""
    signals = frozenset[Modality]() if doubt else case.signals
    confidence = {
        Verdict.MATCH: claim.confidence if claim else None,
        Verdict.NEW: next((CONFIDENCES[signal] for signal in SIGNALS if signal in signals), Confidence.LOW),
        Verdict.DEFER: None,
    }
    return Decision(
        verdict=verdict,
        global_id=claim.candidate.global_id if claim and verdict is Verdict.MATCH else None,
        confidence=confidence[verdict],
        score=claim.similarity if claim else 0.0,
        margin=claim.margin if claim else None,
        evidence=_gather_evidence(case, claim),
        reason=reason,
    )


def _gather_evidence(case: Case, claim: Claim | None) -> Evidence:
    comparison = case.comparison
    bests = (comparison.gates[signal].best for signal in SIGNALS)
    candidate = claim.candidate if claim else next((best for best in bests if best is not None), None)
    rival = claim.rival if claim else None
    return Evidence(
        gate=claim.signal if claim else None,
        similarities=candidate.similarities if candidate else {},
        qualities=case.qualities,
        fused=candidate.fused if candidate else None,
        candidate=candidate.global_id if candidate else None,
        runner_up=rival.global_id if rival else None,
        runner_up_similarity=rival.similarities[claim.signal] if claim and rival else None,
        vetoed=comparison.vetoed,
        tracklet_quality=case.tracklet_quality,
        considered=comparison.considered,
        hand_over=comparison.hand_over.global_id if comparison.hand_over else None,
    )
