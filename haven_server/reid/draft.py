"""What one resolved tracklet writes, while it is being gathered: rows and events -> Changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from haven_server.reid.correction_book import write_correction
from haven_server.reid.memories import Remembered
from haven_server.types import (
    Changes,
    Correction,
    EventDraft,
    EventKind,
    IdentityChange,
    IdentityRow,
    MeanRow,
    Modality,
    PrototypeRow,
    Review,
    Tracklet,
    TrackletRow,
    TrackSpan,
    Transfer,
)

ACTOR = "policy"
"""Who stands in the ledger for what nobody ordered."""


@dataclass(slots=True)
class Draft:
    """Gathers the changes of one tracklet; all happen when it was last seen."""

    tracklet: Tracklet
    identities: dict[int, IdentityRow] = field(default_factory=dict)
    prototypes: list[PrototypeRow] = field(default_factory=list)
    means: list[MeanRow] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    forgotten_means: list[tuple[int, Modality]] = field(default_factory=list)
    tracklets: list[TrackletRow] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    events: list[EventDraft] = field(default_factory=list)
    ledger: list[IdentityChange] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)

    @property
    def span(self) -> TrackSpan:
        """The track so far."""
        return TrackSpan(self.tracklet.camera_id, self.tracklet.track_id, self.tracklet.first_seen)

    def keep(self, row: IdentityRow) -> None:
        """Write an identity as it is now."""
        self.identities[row.global_id] = row

    def learn(self, remembered: Remembered) -> None:
        """Write what an identity's memory gained and lost."""
        self.prototypes += remembered.prototypes
        self.means += remembered.means
        self.forgotten += remembered.forgotten
        self.forgotten_means += remembered.forgotten_means

    def note(self, global_id: int, action: str, detail: Mapping[str, Any]) -> None:
        """Write a line of the ledger."""
        tracklet = self.tracklet
        self.ledger.append(
            IdentityChange(global_id, tracklet.last_seen, action, ACTOR, tracklet.camera_id, tracklet.track_id, detail)
        )

    def correct(self, correction: Correction) -> None:
        """Write down a correction, or what has become known of one."""
        self.ledger.append(write_correction(correction))

    def tell(self, kind: EventKind, global_id: int | None, detail: Mapping[str, Any]) -> None:
        """Announce something."""
        tracklet = self.tracklet
        self.events.append(
            EventDraft(kind, tracklet.last_seen, tracklet.camera_id, tracklet.track_id, global_id, detail)
        )

    def close(self, global_id: int, decided_id: int | None, companions: tuple[int, ...]) -> None:
        """Write down how good the ended track was, and whom it was seen with."""
        tracklet = self.tracklet
        samples = tracklet.samples
        boxes = [sample.box for sample in samples]
        areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in boxes]
        self.tracklets.append(
            TrackletRow(
                global_id,
                tracklet.camera_id,
                tracklet.track_id,
                tracklet.first_seen,
                tracklet.last_seen,
                mean_box_area=sum(areas) / len(areas) if areas else 0.0,
                mean_sharpness=sum(sample.sharpness for sample in samples) / len(samples) if samples else 0.0,
                frame_count=tracklet.frame_count,
                companions=companions,
                decided_id=decided_id,
            )
        )

    def changes(self) -> Changes:
        """Return all that was gathered."""
        return Changes(
            identities=tuple(self.identities.values()),
            prototypes=tuple(self.prototypes),
            forgotten_prototypes=tuple(self.forgotten),
            means=tuple(self.means),
            forgotten_means=tuple(self.forgotten_means),
            tracklets=tuple(self.tracklets),
            transfers=tuple(self.transfers),
            events=tuple(self.events),
            ledger=tuple(self.ledger),
            reviews=tuple(self.reviews),
        )
