"""Who is kept apart by what operators said: CorrectionBook -> people somebody is not."""

from __future__ import annotations

from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.gallery import Gallery


def apart_from(gallery: Gallery, book: CorrectionBook, global_id: int) -> frozenset[int]:
    """Return the people that an operator said somebody is not."""
    return frozenset(gallery.root(one) for one in book.apart_from(gallery.members(global_id)))
