"""Decide who each track is and learn from it: Tracklet, Features -> Resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace

from haven_server.reid.comparison import CANNOT_LINK, TRAVEL_TIME
from haven_server.reid.draft import Draft
from haven_server.reid.evidence import decision_to_json
from haven_server.reid.fusion import make_rules
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import LiveTrack, LiveTracks
from haven_server.reid.policy import Case, decide, possible_duplicates, usable
from haven_server.reid.topology import Topology
from haven_server.settings import ReIDSettings, TopologySettings
from haven_server.types import (
    NANOSECONDS,
    Assurance,
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

INDEPENDENT_MATCHES = 3
"""Tracks, each matched by itself, after which an identity is confirmed without a face."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is now known of a track, and what has to be written.

    Attributes:
        decision: None when nothing was decided: the track was resolved before, or it ended too short to count.
        identification: for viewers; without a global id while nobody knows.
        changes: to be committed whole; observations are for the caller to add.
    """

    decision: Decision | None
    identification: Identification
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
    """

    def __init__(
        self,
        gallery: Gallery,
        settings: ReIDSettings,
        topology: TopologySettings,
        gait_false_match_rate: float | None = None,
    ) -> None:
        self._gallery = gallery
        self._settings = settings
        self._topology = Topology(topology)
        self._gait_false_match_rate = gait_false_match_rate
        self._tracks = LiveTracks()
        self._matches: dict[int, int] = {}
        self._active_window = round(settings.active_window * NANOSECONDS)

    def observe(self, outcome: FrameOutcome) -> None:
        """Note who is in view together, and where. Comes before ``resolve`` of the same frame's tracklets."""
        for global_id in self._tracks.observe(outcome):
            self._see(global_id, outcome.camera_id, outcome.captured_at)

    def resolve(self, tracklet: Tracklet, features: Features) -> Resolution:
        """Say who a tracklet is and learn its features; a track once resolved keeps its identity.

        Raises:
            ValueError: a feature of a signal or model the gallery does not use.
        """
        self._gallery.advance(tracklet.last_seen, self._active_window)
        draft = Draft(tracklet)
        track = self._tracks.get(tracklet.camera_id, tracklet.track_id)
        decision = None
        if track.global_id is not None:
            self._strengthen(track, track.global_id, features, draft)
        elif tracklet.frame_count >= self._settings.quality.min_tracklet_frames:
            decision = self._carry_out(self._decide(tracklet, features), track, features, draft)
        if tracklet.ended:
            self._close(track, draft)
        identification = Identification(
            tracklet.camera_id, tracklet.track_id, track.global_id, track.confidence, final=tracklet.ended
        )
        return Resolution(decision, identification, draft.changes())

    def _decide(self, tracklet: Tracklet, features: Features) -> Decision:
        camera_id, track_id = tracklet.camera_id, tracklet.track_id
        excluded = dict.fromkeys(self._topology.impossible(tracklet), TRAVEL_TIME)
        excluded |= dict.fromkeys(self._tracks.barred(camera_id, track_id), CANNOT_LINK)
        likely = self._topology.likely(tracklet) - excluded.keys()
        gait_alone = self._may_gait_decide()
        comparison = self._gallery.compare(
            usable(features, self._settings),
            make_rules(self._settings.thresholds, gait_alone),
            excluded,
            # Two who may have walked over make neither of them likely.
            hand_over=next(iter(likely)) if len(likely) == 1 else None,
        )
        held = self._tracks.held(camera_id, track_id)
        return decide(Case(comparison, tracklet, features, self._settings, gait_alone, held))

    def _may_gait_decide(self) -> bool:
        rate = self._gait_false_match_rate
        return rate is not None and rate * len(self._gallery) < self._settings.thresholds.gait_alone_risk

    def _carry_out(self, decision: Decision, track: LiveTrack, features: Features, draft: Draft) -> Decision:
        """Give a track its identity, unless the decision is to wait."""
        tracklet = draft.tracklet
        if decision.verdict is Verdict.DEFER:
            return decision
        if decision.verdict is Verdict.NEW:
            row = self._gallery.create(tracklet.first_seen, tracklet.last_seen)
            decision = replace(decision, global_id=row.global_id)
            track.founded = True
        global_id = decision.global_id
        assert global_id is not None, "a MATCH names its identity"
        track.global_id, track.confidence = global_id, decision.confidence
        action, kind = (
            ("created", EventKind.IDENTITY_CREATED) if track.founded else ("matched", EventKind.IDENTITY_MATCHED)
        )
        detail = decision_to_json(decision)
        if duplicates := possible_duplicates(decision, self._settings.thresholds):
            detail["possible_duplicates"] = list(duplicates)
        draft.note(global_id, action, detail)
        draft.tell(kind, global_id, {key: detail[key] for key in ("confidence", "score", "reason")})
        if not track.founded:
            self._matches[global_id] = self._matches.get(global_id, 0) + 1
        self._learn(track, global_id, features, draft)
        return decision

    def _strengthen(self, track: LiveTrack, global_id: int, features: Features, draft: Draft) -> None:
        """Learn more of somebody already known; new views never change who it is."""
        if global_id in self._gallery:
            self._learn(track, global_id, features, draft)

    def _learn(self, track: LiveTrack, global_id: int, features: Features, draft: Draft) -> None:
        tracklet = draft.tracklet
        self._see(global_id, tracklet.camera_id, tracklet.last_seen)
        signals = usable(features, self._settings)
        face = self._face_similarity(signals, global_id)
        thresholds = self._settings.thresholds
        if face is not None and face > thresholds.face_similarity:
            track.confidence = Confidence.HIGH
        if face is not None and face < thresholds.face_disagrees:
            # The tracker may have gone over to somebody else: nothing of this view may enter the memory.
            signals = {}
        elif face is not None and not _is_trusted(track):
            signals = {modality: one for modality, one in signals.items() if modality is not Modality.FACE}
        if signals:
            draft.learn(self._gallery.remember(global_id, signals, tracklet.camera_id, tracklet.last_seen))
        self._confirm_if_earned(track, global_id, Modality.FACE in signals, draft)
        draft.keep(self._gallery.identity(global_id))

    def _face_similarity(self, features: Features, global_id: int) -> float | None:
        if Modality.FACE not in features:
            return None
        face = {Modality.FACE: features[Modality.FACE]}
        rules = make_rules(self._settings.thresholds, gait_alone=False)
        candidate = self._gallery.score(face, global_id, rules)
        return None if candidate is None else candidate.similarities[Modality.FACE]

    def _confirm_if_earned(self, track: LiveTrack, global_id: int, shows_face: bool, draft: Draft) -> None:
        """Rely on an identity once its face is known beyond doubt, or several tracks found it independently."""
        if self._gallery.identity(global_id).assurance is Assurance.CONFIRMED:
            self._matches.pop(global_id, None)
            return
        matches = self._matches.get(global_id, 0)
        if shows_face and _is_trusted(track):
            self._gallery.confirm(global_id)
            draft.note(global_id, "confirmed", {"by": "face"})
        elif matches >= INDEPENDENT_MATCHES:
            self._gallery.confirm(global_id)
            draft.note(global_id, "confirmed", {"by": "matches", "matches": matches})

    def _close(self, track: LiveTrack, draft: Draft) -> None:
        tracklet = draft.tracklet
        if track.global_id is not None:
            draft.close(track.global_id)
        confidence = None if track.confidence is None else track.confidence.value
        detail = {"frame_count": tracklet.frame_count, "confidence": confidence}
        draft.tell(EventKind.TRACK_ENDED, track.global_id, detail)
        self._tracks.end(tracklet.camera_id, tracklet.track_id)

    def _see(self, global_id: int, camera_id: str, at: int) -> None:
        if global_id in self._gallery:
            self._gallery.see(global_id, at)
            self._topology.see(global_id, camera_id, at)


def _is_trusted(track: LiveTrack) -> bool:
    """Tell whether a track's views surely show its identity: the identity was made of it, or the face matched."""
    return track.founded or track.confidence is Confidence.HIGH
