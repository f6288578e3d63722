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
        if face is not None and face > self._thresholds.face_similarity and not track.taught_face:
            track.confidence = Confidence.HIGH
        features = self._select(features, face, track)
        if features:
            tracklet = draft.tracklet
            camera_id, track_id = tracklet.camera_id, tracklet.track_id
            draft.learn(self._gallery.remember(global_id, features, camera_id, tracklet.last_seen, track_id))
        if Modality.FACE in features and not _is_trusted(track):
            track.taught_face = True
        if self._gallery.identity(global_id).assurance is Assurance.TENTATIVE:
            self._confirm_if_earned(track, global_id, Modality.FACE in features, matches, draft)

    def _face_similarity(self, features: Features, global_id: int) -> float | None:
        if Modality.FACE not in features:
            return None
        face = {Modality.FACE: features[Modality.FACE]}
        candidate = self._gallery.score_own(face, global_id, self._rules)
        return None if candidate is None else candidate.similarities[Modality.FACE]

    def _select(self, features: Features, face: float | None, track: LiveTrack) -> Features:
        """Leave out what might be somebody else's."""
        if face is None:
            return features
        if face < self._thresholds.face_disagrees:
            # The tracker may have gone over to somebody else.
            return {}
        if not _is_trusted(track):
            return {modality: one for modality, one in features.items() if modality is not Modality.FACE}
        return features

    def _confirm_if_earned(
        self, track: LiveTrack, global_id: int, shows_face: bool, matches: int, draft: Draft
    ) -> None:
        """Rely on an identity once its face is known beyond doubt, or several tracks found it independently."""
        if shows_face and _is_trusted(track):
            detail: dict[str, str | int] = {"by": "face"}
        elif matches >= INDEPENDENT_MATCHES:
            detail = {"by": "matches", "matches": matches}
        else:
            return
        self._gallery.confirm(global_id)
        draft.note(global_id, "confirmed", detail)


def _is_trusted(track: LiveTrack) -> bool:
    """Tell whether a track's views surely show its identity: the identity was made of it, or the face matched."""
    return track.founded or track.confidence is Confidence.HIGH
