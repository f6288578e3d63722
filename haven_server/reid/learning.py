"""What a resolved track teaches of its identity: LiveTrack, Features -> memory, confidence, assurance."""

from __future__ import annotations

from haven_server.reid.draft import Draft
from haven_server.reid.fusion import make_rules
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import LiveTrack
from haven_server.settings import ThresholdSettings
from haven_server.types import Assurance, Confidence, Features, Modality

INDEPENDENT_MATCHES = 3
"""Tracks, each matched by itself, after which an identity is confirmed without a face."""


class Learner:
    """Adds what tracks show to the memory of who they are; never changes who they are."""

    def __init__(self, gallery: Gallery, thresholds: ThresholdSettings) -> None:
        self._gallery = gallery
        self._thresholds = thresholds
        self._rules = make_rules(thresholds, gait_alone=False)

    def learn(self, track: LiveTrack, global_id: int, features: Features, draft: Draft, matches: int = 0) -> None:
        """Remember one tracklet's features and rely more on the identity where they allow it.

        Args:
            features: the usable ones.
            matches: how many tracks have been matched to the identity, where this track has just been.
        """
        face = self._face_similarity(features, global_id)
        if face is not None and face > self._thresholds.face_similarity and self._knows_another_face(track, global_id):
            track.confidence = Confidence.HIGH
        features = self._select(features, face, track, global_id)
        if features:
            tracklet = draft.tracklet
            camera_id, track_id = tracklet.camera_id, tracklet.track_id
            remembered = self._gallery.remember(global_id, features, camera_id, tracklet.last_seen, track_id)
            track.taught |= {row.embedding_id for row in remembered.prototypes}
            track.taught -= set(remembered.forgotten)
            draft.learn(remembered)
        if self._gallery.identity(global_id).assurance is Assurance.TENTATIVE:
            self._confirm_if_earned(track, global_id, Modality.FACE in features, matches, draft)

    def _knows_another_face(self, track: LiveTrack, global_id: int) -> bool:
        """Tell whether an identity knows a face that this track has not taught it: its own proves nothing."""
        return self._gallery.remembers_own(global_id, Modality.FACE, but=track.taught)

    def _face_similarity(self, features: Features, global_id: int) -> float | None:
        if Modality.FACE not in features:
            return None
        face = {Modality.FACE: features[Modality.FACE]}
        candidate = self._gallery.score_own(face, global_id, self._rules)
        return None if candidate is None else candidate.similarities[Modality.FACE]

    def _select(self, features: Features, face: float | None, track: LiveTrack, global_id: int) -> Features:
        """Leave out what might be somebody else's."""
        if face is None:
            return features
        if face < self._thresholds.face_disagrees:
            # The tracker may have gone over to somebody else.
            return {}
        if not self._may_teach_faces(track, global_id):
            return {modality: one for modality, one in features.items() if modality is not Modality.FACE}
        return features

    def _may_teach_faces(self, track: LiveTrack, global_id: int) -> bool:
        """Tell whether a track's faces are its identity's: the face matched, or the identity is made of it."""
        own = track.founded and not self._knows_another_face(track, global_id)
        return own or track.confidence is Confidence.HIGH

    def _confirm_if_earned(
        self, track: LiveTrack, global_id: int, shows_face: bool, matches: int, draft: Draft
    ) -> None:
        """Rely on an identity once its face is known beyond doubt, or several tracks found it independently."""
        if shows_face and track.confidence is Confidence.HIGH:
            detail: dict[str, str | int] = {"by": "face"}
        elif matches >= INDEPENDENT_MATCHES:
            detail = {"by": "matches", "matches": matches}
        else:
            return
        self._gallery.confirm(global_id)
        draft.note(global_id, "confirmed", detail)
