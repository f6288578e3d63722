"""Put right what was decided: an operator's order -> Outcome.

What every order does to who is who:

* **merge** makes one identity another. Its rows go over and remember whom they were decided for; its memory is kept by
  itself (``Gallery``). Tracks that were decided for it go on teaching it, and a track that is matched with the two as
  one person is decided for the one it resembles more. So undoing the merge gives back what there would be without it.
* **split** makes some tracks of an identity a new one, with the views by which they are remembered.
* **reject** says that a track is not the person it was taken for, or that two identities are two people. The track is
  split off, and the two are kept apart for good: they are never suggested, matched or merged.
* **undo** takes back the newest of these that concerns an identity. Undoing a split merges what was split off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from haven_server.errors import CorrectionRefusedError, InvalidInputError, NotFoundError
from haven_server.ports import Ledger
from haven_server.reid.apart import Obstacles
from haven_server.reid.correction_book import CorrectionBook, correction_detail, write_correction
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import LiveTracks
from haven_server.reid.subjects import Subject, Subjects
from haven_server.reid.topology import Topology
from haven_server.types import (
    Action,
    Changes,
    Confidence,
    Correction,
    DividedRows,
    EventDraft,
    EventKind,
    Identification,
    IdentityRow,
    MergedRows,
    ReturnedRows,
    TakeBank,
    TrackName,
    TrackSpan,
)

ReadBanks = Callable[[TakeBank, Collection[int]], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order changed.

    Attributes:
        correction: None where nothing had to be corrected.
        changes: to be committed whole.
        identifications: of live tracks that are somebody else now, for viewers.
        redecided: live tracks that count as decided for another identity now.
    """

    correction: Correction | None
    changes: Changes
    identifications: tuple[Identification, ...] = ()
    redecided: tuple[tuple[TrackSpan, int], ...] = ()


class Corrector:
    """Changes who is who by order. One caller at a time, and no decision meanwhile; the store is up to date.

    Every method raises NotFoundError for an identity or track that does not exist, and CorrectionRefusedError, which
    names the mend, where an order contradicts what is known.

    Args:
        tracks, topology: the resolver's.
        read_banks: hands on what some identities are remembered by, see ``Store.read_banks``.
        now: the wall clock, ns since the Unix epoch.

    Attributes:
        obstacles: why two identities cannot be one person.
        subjects: which tracks names mean.
    """

    def __init__(
        self,
        gallery: Gallery,
        tracks: LiveTracks,
        topology: Topology,
        book: CorrectionBook,
        ledger: Ledger,
        read_banks: ReadBanks,
        now: Callable[[], int],
    ) -> None:
        self._gallery = gallery
        self._tracks = tracks
        self._topology = topology
        self._book = book
        self._ledger = ledger
        self._read_banks = read_banks
        self._now = now
        self.subjects = Subjects(gallery, tracks, ledger)
        self.obstacles = Obstacles(gallery, tracks, book, ledger)

    def merge(self, target: int, source: int, actor: str) -> Outcome:
        """Let one identity be another from now on."""
        self._require_two_who_may_be_one(target, source)
        correction = self._correction(Action.MERGED, target, source, actor)
        return self._join(correction, target, source)

    def split(self, global_id: int, names: Sequence[TrackName], actor: str) -> Outcome:
        """Make some tracks of an identity a new one.

        Raises:
            InvalidInputError: no track is named, or one twice.
        """
        self._require_active(global_id)
        subjects = [self.subjects.find(name) for name in names]
        spans = tuple(subject.span for subject in subjects)
        if not spans or len(set(spans)) < len(spans):
            raise InvalidInputError("tracks: name one or more to split off, each once")
        for name, subject in zip(names, subjects, strict=True):
            if self.subjects.who(subject) != global_id:
                raise NotFoundError(
                    f"{name} is not of identity {global_id}: {self.subjects.namesakes(name, global_id)}"
                )
        return self._divide(self._correction(Action.SPLIT, global_id, None, actor, spans), subjects)

    def reject_track(self, name: TrackName, global_id: int | None, actor: str) -> Outcome:
        """Say that a track is not some person; it is split off where it was taken for that one.

        Args:
            global_id: who it is not; None: whoever it is taken for.
        """
        subject = self.subjects.find(name)
        who = self.subjects.who(subject)
        wrong = who if global_id is None else self._gallery.root(self._require(global_id).global_id)
        if wrong is None:
            raise InvalidInputError(f"{name} is not decided yet: say which identity it is not")
        if who is None and subject.track is not None:
            correction = self._correction(Action.REJECTED, wrong, None, actor, (subject.span,))
            subject.track.rejected[wrong] = correction.number
            return self._outcome(correction)
        if who != wrong and who is not None:
            return self.reject_identity(wrong, who, actor)
        return self._divide(self._correction(Action.REJECTED, wrong, None, actor, (subject.span,)), [subject])

    def reject_identity(self, first: int, second: int, actor: str) -> Outcome:
        """Say that two identities are two people."""
        for one in (first, second):
            self._require_active(one)
        if first == second:
            raise CorrectionRefusedError(f"identity {first} is itself: name the track that is somebody else")
        if known := self.obstacles.rejection(first, second):
            raise CorrectionRefusedError(f"identities {first} and {second} are kept apart already, by {known.actor}")
        return self._outcome(self._correction(Action.REJECTED, first, second, actor))

    def undo(self, global_id: int, actor: str) -> Outcome:
        """Take back the newest correction that concerns an identity."""
        self._require(global_id)
        undone = self._book.newest(global_id)
        if undone is None:
            raise CorrectionRefusedError(f"identity {global_id} was never corrected: there is nothing to undo")
        for one in (undone.global_id, undone.other):
            newer = None if one is None else self._book.newest(one)
            if newer is not None and newer != undone:
                raise CorrectionRefusedError(
                    f"identity {one} was corrected since ({newer.action.value}): undo that first, by identity {one}"
                )
        correction = replace(
            self._correction(Action.UNDONE, undone.global_id, undone.other, actor, undone.tracks), undoes=undone.number
        )
        self._forget_rejection(undone)
        if undone.other is None:
            return self._outcome(correction)
        if undone.action is Action.MERGED:
            return self._part(correction, undone.other)
        if undone.tracks:
            return self._join(correction, undone.global_id, undone.other)
        return self._outcome(correction)

    def _require_two_who_may_be_one(self, target: int, source: int) -> None:
        for one in (target, source):
            self._require_active(one)
        if target == source:
            raise CorrectionRefusedError(f"identity {target} cannot be merged with itself: name another")
        if reason := self.obstacles.between(target, source):
            raise CorrectionRefusedError(f"identities {target} and {source} are not merged: {reason}")

    def _join(self, correction: Correction, target: int, source: int) -> Outcome:
        self._take_back(target, source)
        before = self.subjects.who_is_who()
        row = self._gallery.join(target, source)
        changes = Changes(identities=(row,), transfers=(MergedRows(source, target),))
        return self._outcome(correction, changes, before)

    def _part(self, correction: Correction, source: int) -> Outcome:
        target = self._gallery.root(source)
        self._take_back(target)
        before = self.subjects.who_is_who()
        row = self._gallery.part(source)
        returned = ReturnedRows(source, target, self._gallery.members(source))
        return self._outcome(correction, Changes(identities=(row,), transfers=(returned,)), before)

    def _divide(self, correction: Correction, subjects: Sequence[Subject]) -> Outcome:
        """Make tracks of one identity a new one."""
        global_id = correction.global_id
        self._take_back(global_id)
        if len(subjects) >= self.subjects.count_tracks(global_id):
            raise CorrectionRefusedError(
                f"identity {global_id} was seen in no other track: nothing would be left of it; to have it be "
                "somebody else, merge it"
            )
        before = self.subjects.who_is_who()
        embedding_ids = self._ledger.embeddings_of(global_id, correction.tracks)
        row = self._found(subjects)
        remembered = self._gallery.divide(global_id, embedding_ids, row.global_id)
        for subject in subjects:
            self._redecide(subject, row.global_id)
        changes = Changes(
            identities=(row,),
            transfers=(DividedRows(global_id, row.global_id, correction.tracks),),
            means=tuple(remembered.means),
            forgotten_means=tuple(remembered.forgotten_means),
        )
        redecided = tuple((one.span, row.global_id) for one in subjects if one.track is not None)
        return replace(self._outcome(replace(correction, other=row.global_id), changes, before), redecided=redecided)

    def _found(self, subjects: Sequence[Subject]) -> IdentityRow:
        """Make an identity for some tracks."""
        spans = [subject.span for subject in subjects]
        live = [subject.decided_id for subject in subjects if subject.track is not None]
        last_seen = [span.last_seen for span in spans if span.last_seen is not None]
        last_seen += [self._gallery.identity(decided).last_seen_at for decided in live if decided is not None]
        return self._gallery.create(min(span.first_seen for span in spans), max(last_seen))

    def _redecide(self, subject: Subject, global_id: int) -> None:
        """Have a track count as decided for another identity."""
        span = subject.span
        if subject.decided_id is not None:
            self._topology.hand_on(subject.decided_id, span, global_id)
        self._tracks.hand_on(span, global_id)
        if subject.track is not None:
            # An operator's word stands, whatever face the track shows later.
            subject.track.global_id, subject.track.founded = global_id, False
            subject.track.confidence = Confidence.HIGH

    def _forget_rejection(self, rejection: Correction) -> None:
        """Let a live track be the person again that it was said not to be, before anybody knew who it is."""
        for _, _, track in self._tracks.each():
            if track.rejected.get(rejection.global_id) == rejection.number:
                del track.rejected[rejection.global_id]

    def _require(self, global_id: int) -> IdentityRow:
        found = self._ledger.identities((global_id,))
        if not found:
            raise NotFoundError(f"identity {global_id} does not exist: list identities to see which do")
        return found[0]

    def _require_active(self, global_id: int) -> None:
        row = self._require(global_id)
        if row.merged_into is not None:
            into = self._gallery.root(global_id)
            raise CorrectionRefusedError(
                f"identity {global_id} was merged into {into}: name {into} instead, or undo that merge first"
            )
        if row.status != "active":
            raise CorrectionRefusedError(f"identity {global_id} is {row.status}: only active ones can be corrected")

    def _take_back(self, *global_ids: int) -> None:
        """Have people in the gallery who had left it since nobody saw them for long."""
        for one in global_ids:
            if one not in self._gallery:
                self._gallery.restore(self._ledger.identities(self._gallery.members(one)), self._read_banks)

    def _correction(
        self, action: Action, global_id: int, other: int | None, actor: str, tracks: tuple[TrackSpan, ...] = ()
    ) -> Correction:
        return Correction(self._book.next_number, action, global_id, other, actor, self._now(), tracks)

    def _outcome(
        self, correction: Correction, changes: Changes | None = None, before: dict[tuple[str, int], int] | None = None
    ) -> Outcome:
        """Enter a correction into the book, and say all that it changes."""
        self._book.enter(correction)
        event = EventDraft(
            EventKind.IDENTITY_CORRECTED,
            correction.at,
            global_id=correction.global_id,
            detail=correction_detail(correction),
        )
        changes = replace(changes or Changes(), ledger=(write_correction(correction),), events=(event,))
        return Outcome(correction, changes, self.subjects.identify(before or {}))
