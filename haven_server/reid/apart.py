"""Who cannot be one person: what operators said, what one picture showed -> reason."""

from __future__ import annotations

from haven_server.ports import Ledger
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import LiveTracks
from haven_server.reid.together import find_together, find_together_now
from haven_server.types import Correction


def apart_from(gallery: Gallery, book: CorrectionBook, global_id: int) -> frozenset[int]:
    """Return the people that an operator said somebody is not."""
    return frozenset(gallery.root(one) for one in book.rejections(gallery.members(global_id)))


class Obstacles:
    """Says why two identities cannot be one person. The store is up to date.

    Args:
        tracks: the resolver's.
    """

    def __init__(self, gallery: Gallery, tracks: LiveTracks, book: CorrectionBook, ledger: Ledger) -> None:
        self._gallery = gallery
        self._tracks = tracks
        self._book = book
        self._ledger = ledger

    def apart_from(self, global_id: int) -> frozenset[int]:
        """Return the people that an operator said somebody is not."""
        return apart_from(self._gallery, self._book, global_id)

    def rejection(self, first: int, second: int) -> Correction | None:
        """Return the order that keeps two people apart; None without."""
        rejections = self._book.rejections(self._gallery.members(first))
        return next((rejections[one] for one in self._gallery.members(second) if one in rejections), None)

    def between(self, first: int, second: int) -> str | None:
        """Say why two identities cannot be one person, and the mend; None: they may."""
        if rejection := self.rejection(first, second):
            return f"{rejection.actor} said that they are two people: undo that first"
        root = self._gallery.root
        if camera_id := find_together_now(self._tracks, root(first), root(second), root):
            return f"camera {camera_id!r} saw them in one picture: split the track that is wrong off first"
        if pair := find_together(self._ledger.tracks_of(first), self._ledger.tracks_of(second)):
            tracks = " and ".join(str(row.track_id) for row in pair)
            return (
                f"camera {pair[0].camera_id!r} saw them in one picture, as tracks {tracks}: "
                "split the one that is wrong off first"
            )
        return None
