"""What operators have put right and not taken back: ledger -> corrections in force, identities kept apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from haven_server.types import Action, Correction, IdentityChange, TrackSpan


class CorrectionBook:
    """All corrections, by number. The ledger is the truth; this is what it says, ready to be asked.

    Args:
        lines: of the ledger, oldest first; a later line of the same number counts.
    """

    def __init__(self, lines: Iterable[IdentityChange] = ()) -> None:
        self._corrections: dict[int, Correction] = {}
        self._undone: set[int] = set()
        self._parted: set[int] = set()
        for line in lines:
            self.enter(read_correction(line))

    @property
    def next_number(self) -> int:
        """The first number never used."""
        return max(self._corrections, default=0) + 1

    def enter(self, correction: Correction) -> None:
        """Note a correction, or what has become known of one since."""
        self._corrections[correction.number] = correction
        if correction.undoes is not None:
            self._undone.add(correction.undoes)
            undone = self._corrections.get(correction.undoes)
            if undone is not None and undone.action is Action.MERGED and undone.other is not None:
                self._parted.add(undone.other)

    def was_parted(self, global_id: int) -> bool:
        """Tell whether an identity was merged into another one, by whomever, and that was taken back."""
        return global_id in self._parted

    def settle(self, number: int, other: int) -> Correction:
        """Note who a track turned out to be that was rejected before: two identities are kept apart from now on.

        The track is left out. It was never split off, so that undoing this has nothing to join.
        """
        self.enter(settled := replace(self._corrections[number], other=other, tracks=()))
        return settled

    def newest(self, global_id: int) -> Correction | None:
        """Return the newest correction of an identity that can be undone; None without."""
        return next((one for one in self._in_force() if global_id in (one.global_id, one.other)), None)

    def rejections(self, members: Collection[int]) -> dict[int, Correction]:
        """Return the identities that an operator said a person is not, each with the newest correction that says so.

        Args:
            members: the person, with all that were merged into it.
        """
        found: dict[int, Correction] = {}
        for one in self._in_force():
            if one.action is Action.REJECTED and one.other is not None:
                for this, that in ((one.global_id, one.other), (one.other, one.global_id)):
                    if this in members and that not in members:
                        found.setdefault(that, one)
        return found

    def _in_force(self) -> Iterable[Correction]:
        """Give out the corrections that can be undone, newest first."""
        for number in sorted(self._corrections, reverse=True):
            correction = self._corrections[number]
            if number not in self._undone and correction.action is not Action.UNDONE:
                yield correction


def write_correction(correction: Correction) -> IdentityChange:
    """Write a correction as a line of the ledger."""
    track = correction.tracks[0] if len(correction.tracks) == 1 else None
    return IdentityChange(
        global_id=correction.global_id,
        at=correction.at,
        action=correction.action.value,
        actor=correction.actor,
        camera_id=track.camera_id if track else None,
        track_id=track.track_id if track else None,
        detail=correction_detail(correction),
    )


def read_correction(line: IdentityChange) -> Correction:
    """Read what ``write_correction`` wrote.

    Raises:
        KeyError, ValueError: it is not that.
    """
    detail: Mapping[str, Any] = line.detail
    return Correction(
        number=detail["correction"],
        action=Action(line.action),
        global_id=line.global_id,
        other=detail["other"],
        actor=line.actor,
        at=line.at,
        tracks=tuple(TrackSpan(**track) for track in detail["tracks"]),
        undoes=detail["undoes"],
    )


def correction_detail(correction: Correction) -> dict[str, Any]:
    """Write what the ledger and the event tell of a correction, as JSON values."""
    return {
        "action": correction.action.value,
        "correction": correction.number,
        "other": correction.other,
        "undoes": correction.undoes,
        "actor": correction.actor,
        "tracks": [asdict(track) for track in correction.tracks],
    }
