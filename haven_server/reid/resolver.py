"""Decide who each track is and learn from it: Tracklet, Features -> Resolution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from haven_server.reid.comparison import CANNOT_LINK, TRAVEL_TIME
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.draft import Draft
from haven_server.reid.evidence import decision_to_json
from haven_server.reid.faceless import Faceless
from haven_server.reid.fusion import make_rules
from haven_server.reid.gallery import Gallery
from haven_server.reid.learning import Learner
from haven_server.reid.live_tracks import Deferred, LiveTrack, LiveTracks
from haven_server.reid.policy import Case, decide, possible_duplicates, usable
from haven_server.reid.replay import case_to_json
from haven_server.reid.reviews import ask
from haven_server.reid.settling import Settler
from haven_server.reid.topology import Topology
from haven_server.settings import ReIDSettings, TopologySettings
from haven_server.types import (
    NANOSECONDS,
    BoxXYXY,
    Changes,
    Confidence,
    Decision,
    EventKind,
    Features,
    FrameOutcome,
    Identification,
    Modality,
    Tracklet,
    Verdict,
)

ANNOUNCEMENTS = {
    Verdict.NEW: ("created", EventKind.IDENTITY_CREATED),
    Verdict.MATCH: ("matched", EventKind.IDENTITY_MATCHED),
}
"""How each verdict that gives an identity is called in the ledger and among events."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is now known of a track, and what has to be written.

    Attributes:
        decision: None when nothing was decided: the track stays who it was, or it ended too short to count.
        identification: for viewers; without a global id while nobody knows.
        decided_id: whom the track was decided for; a merge may have made that somebody else since.
        changes: to be committed whole; observations are for the caller to add.
    """

    decision: Decision | None
    identification: Identification
    decided_id: int | None
    changes: Changes

    @property
    def global_id(self) -> int | None:
        """Who the track is, None while nobody knows."""
        return self.identification.global_id


class Resolver:
    """The one who changes the gallery. Same calls, same results; one caller at a time, in capture order.

    Args:
        settings: with thresholds that fit the installed models.
        gait_false_match_rate: of one comparison at ``gait_similarity``, as calibrated for the gait model; None: nobody
            measured it, so that gait never decides alone.
        book: of corrections; those that keep identities apart are obeyed, and merges by a face entered.

    Attributes:
        tracks, topology: who is live, and where people were last; changed by nobody else but ``Corrector``.
    """

    def __init__(
        self,
        gallery: Gallery,
        settings: ReIDSettings,
        topology: TopologySettings,
        gait_false_match_rate: float | None = None,
        book: CorrectionBook | None = None,
    ) -> None:
        self.tracks = LiveTracks()
        self._gallery = gallery
        self._settings = settings
        self._book = book or CorrectionBook()
        self.topology = Topology(topology, gallery.root)
        self._gait_false_match_rate = gait_false_match_rate
        self._learner = Learner(gallery, settings.thresholds)
        self._settler = Settler(gallery, self.topology, self._book, settings.thresholds)
        self._faceless = Faceless(gallery, self.tracks, self._book, settings)
        self._active_window = round(settings.active_window * NANOSECONDS)

    def observe(self, outcome: FrameOutcome) -> None:
        """Note who is in view together, and where. Comes before ``resolve`` of the same frame's tracklets."""
        for global_id, box in self.tracks.observe(outcome):
            self._see(global_id, outcome.camera_id, outcome.captured_at, box)

    def resolve(self, tracklet: Tracklet, features: Features, missing: frozenset[Modality] = frozenset()) -> Resolution:
        """Say who a tracklet is and learn its features.

        A track once resolved keeps its identity, unless it has it on less than a face's word and then shows another's.
        Where nothing usable was seen because networks were away, nobody is new for that.

        Args:
            missing: signals that could not be looked for.
        Raises:
            ValueError: a feature of a signal or model the gallery does not use.
        """
        self._gallery.advance(tracklet.last_seen, self._active_window)
        draft = Draft(tracklet)
        track = self.tracks.get(tracklet.camera_id, tracklet.track_id)
        decision = None
        if track.global_id is not None:
            # A track that outlives its identity's place in the gallery has nothing to teach any more.
            if track.global_id in self._gallery:
                decision = self._review(track, track.global_id, features, draft)
        elif self._may_decide(tracklet, features, missing):
            case = self._gather(tracklet, features, {})
            decision = self._carry_out(decide(case), case, track, features, draft)
        self._reunite(track, features, draft)
        if tracklet.ended:
            self._close(track, draft)
        identification = Identification(
            tracklet.camera_id, tracklet.track_id, self._who(track), track.confidence, final=tracklet.ended
        )
        return Resolution(decision, identification, track.global_id, draft.changes())

    def _may_decide(self, tracklet: Tracklet, features: Features, missing: frozenset[Modality]) -> bool:
        """Tell whether there is anything to decide on."""
        if not self._settings.enabled or tracklet.frame_count < self._settings.quality.min_tracklet_frames:
            return False
        return not missing or bool(usable(features, self._settings))

    def _review(self, track: LiveTrack, global_id: int, features: Features, draft: Draft) -> Decision | None:
        """Learn more of a track's identity, or correct it; returns the decision that corrects it."""
        signals = usable(features, self._settings)
        if self._settler.is_open(track, signals):
            case = self._gather(draft.tracklet, features, self._settler.vetoed(track, global_id, signals))
            decision = decide(case)
            if self._settler.is_correction(decision, global_id):
                return self._carry_out(decision, case, track, features, draft)
            if track.founded and decision.verdict is Verdict.NEW and decision.confidence is Confidence.HIGH:
                track.confidence = Confidence.HIGH
        self._learn(track, global_id, features, draft)
        return None

    def _gather(self, tracklet: Tracklet, features: Features, vetoed: Mapping[int, str]) -> Case:
        """Hold a tracklet against everybody but those whom the place, its companions or ``vetoed`` rule out."""
        camera_id, track_id = tracklet.camera_id, tracklet.track_id
        gait_alone = self._may_gait_decide()
        comparison = self._gallery.compare(
            usable(features, self._settings),
            make_rules(self._settings.thresholds, gait_alone),
            self._exclude(tracklet, vetoed),
            self.topology.likely(tracklet, self.tracks.get(camera_id, track_id).began),
        )
        held = self._roots(self.tracks.held(camera_id, track_id))
        return Case.of(comparison, tracklet, features, self._settings, gait_alone, held)

    def _exclude(self, tracklet: Tracklet, vetoed: Mapping[int, str]) -> dict[int, str]:
        """Return whom a tracklet cannot be, with the reason: by the place, by its companions, and those ``vetoed``."""
        excluded = dict.fromkeys(self.topology.impossible(tracklet), TRAVEL_TIME) | dict(vetoed)
        beside = self._roots(self.tracks.barred(tracklet.camera_id, tracklet.track_id))
        return excluded | dict.fromkeys(beside, CANNOT_LINK)

    def _reunite(self, track: LiveTrack, features: Features, draft: Draft) -> None:
        """Merge into a person whose face is known whoever turns out to be the same person, met without a face."""
        person = self._who(track)
        if person is None or person not in self._gallery:
            return
        excluded = self._exclude(draft.tracklet, {})
        self._faceless.keep_apart(person, excluded)
        if track.confidence is not Confidence.HIGH:
            return
        features = usable(features, self._settings)
        while found := self._faceless.find(person, draft.tracklet, features, excluded):
            decision, case = found
            assert decision.global_id is not None
            self._settler.merge(decision.global_id, person, self._describe(decision, case), draft, noted="reunited")

    def _roots(self, global_ids: Iterable[int]) -> frozenset[int]:
        """Say whom some identities are taken for."""
        return frozenset(self._gallery.root(one) for one in global_ids)

    def _who(self, track: LiveTrack) -> int | None:
        """Say who a track is taken for, None while undecided."""
        return None if track.global_id is None else self._gallery.root(track.global_id)

    def _may_gait_decide(self) -> bool:
        rate = self._gait_false_match_rate
        return rate is not None and rate * len(self._gallery) < self._settings.thresholds.gait_alone_risk

    def _carry_out(
        self, decision: Decision, case: Case, track: LiveTrack, features: Features, draft: Draft
    ) -> Decision:
        """Give a track its identity, unless the decision is to wait; returns the decision with that identity."""
        tracklet, formerly = draft.tracklet, track.global_id
        if decision.verdict is Verdict.NEW:
            row = self._gallery.create(tracklet.first_seen, tracklet.last_seen)
            decision = replace(decision, global_id=row.global_id)
            if Modality.FACE not in usable(features, self._settings):
                self._faceless.add(row.global_id)
        detail = self._describe(decision, case)
        if decision.global_id is None:
            track.deferred = Deferred(tracklet.last_seen, detail)
            return decision
        if review := ask(decision, tracklet, self._settings.thresholds):
            draft.reviews.append(review)
        if formerly is not None and self._settler.is_all_of(track, formerly):
            self._settler.merge(formerly, decision.global_id, detail, draft)
            track.confidence = decision.confidence
            self._learn(track, formerly, features, draft)
        else:
            self._decide_for(decision.global_id, decision, detail, track, features, draft)
        return decision

    def _decide_for(
        self,
        global_id: int,
        decision: Decision,
        detail: Mapping[str, Any],
        track: LiveTrack,
        features: Features,
        draft: Draft,
    ) -> None:
        """Have a track be decided for somebody, for the first time or otherwise than before."""
        is_match, matches, decided_id = decision.verdict is Verdict.MATCH, 0, global_id
        if is_match:
            decided_id = self._gallery.closest(global_id, usable(features, self._settings))
            matches = self._gallery.count_match(decided_id)
        if track.global_id is None:
            self._announce(decision.verdict, global_id, detail, draft)
        else:
            self._settler.move(track, track.global_id, decided_id, detail, draft)
        track.become(decided_id, decision.confidence, founded=not is_match)
        self._keep_apart(track, global_id, draft)
        self._learn(track, decided_id, features, draft, matches)

    def _describe(self, decision: Decision, case: Case) -> dict[str, Any]:
        """Write a decision as the ledger keeps it."""
        detail = decision_to_json(decision) | {"case": case_to_json(case)}
        if duplicates := possible_duplicates(decision, self._settings.thresholds):
            detail["possible_duplicates"] = list(duplicates)
        return detail

    def _announce(self, verdict: Verdict, global_id: int, detail: Mapping[str, Any], draft: Draft) -> None:
        action, kind = ANNOUNCEMENTS[verdict]
        draft.note(global_id, action, detail)
        draft.tell(kind, global_id, {key: detail[key] for key in ("confidence", "score", "reason")})

    def _keep_apart(self, track: LiveTrack, global_id: int, draft: Draft) -> None:
        """Write down who a track turned out to be that an operator had said who it is not."""
        for number in track.rejected.values():
            draft.correct(self._book.settle(number, global_id))

    def _learn(self, track: LiveTrack, global_id: int, features: Features, draft: Draft, matches: int = 0) -> None:
        self._see(global_id, draft.tracklet.camera_id, draft.tracklet.last_seen)
        self._learner.learn(track, global_id, usable(features, self._settings), draft, matches)
        draft.keep(self._gallery.identity(global_id))

    def _close(self, track: LiveTrack, draft: Draft) -> None:
        tracklet = draft.tracklet
        who = self._who(track)
        companions = self.tracks.end(tracklet.camera_id, tracklet.track_id)
        if who is not None:
            draft.close(who, None if who == track.global_id else track.global_id, companions)
        confidence = None if track.confidence is None else track.confidence.value
        detail = {"frame_count": tracklet.frame_count, "confidence": confidence}
        draft.tell(EventKind.TRACK_ENDED, who, detail)

    def _see(self, global_id: int, camera_id: str, at: int, box: BoxXYXY | None = None) -> None:
        if global_id in self._gallery:
            self._gallery.see(global_id, at)
            self.topology.see(global_id, camera_id, at, box)
