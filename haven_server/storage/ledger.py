"""Questions about the past: the ledger, tracks that have ended, and reviews that wait for an answer."""

from __future__ import annotations

from sqlalchemy import Select, and_, select

from haven_server.errors import NotFoundError
from haven_server.ports import Ledger
from haven_server.storage import rows
from haven_server.storage.database import Database
from haven_server.storage.instants import to_text
from haven_server.storage.schema import embeddings, identities, identity_changes, reviews, tracklet_quality
from haven_server.storage.transfers import is_of
from haven_server.types import (
    Action,
    IdentityChange,
    IdentityRow,
    Review,
    TrackletRow,
    TrackName,
    TrackSpan,
)

DECISIONS = ("created", "matched", "corrected")
"""Actions whose detail is a decision with its evidence."""


class SQLLedger(Ledger):
    """Reads what was written; see ``Store.ledger``. May be used from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def identities(self, global_ids: tuple[int, ...]) -> tuple[IdentityRow, ...]:
        """Read some identities, those that never existed left out; by ascending global id."""
        question = select(identities).where(identities.c.global_id.in_(global_ids)).order_by(identities.c.global_id)
        with self._database.reading() as connection:
            return tuple(rows.read_identity(row) for row in connection.execute(question))

    def corrections(self) -> tuple[IdentityChange, ...]:
        """Read every correction, oldest first."""
        chosen = identity_changes.c.action.in_([action.value for action in Action])
        return self._changes(select(identity_changes).where(chosen).order_by(identity_changes.c.change_id))

    def decision(self, change_id: int) -> IdentityChange:
        """Read one decision.

        Raises:
            NotFoundError: no line of the ledger has this number, or it holds no decision.
        """
        found = self._changes(select(identity_changes).where(identity_changes.c.change_id == change_id))
        if not found:
            raise NotFoundError(f"change {change_id}: the ledger has no such line")
        if found[0].action not in DECISIONS:
            raise NotFoundError(
                f"change {change_id}: this line of the ledger ({found[0].action}) holds no decision; "
                f"those called {' or '.join(DECISIONS)} do"
            )
        return found[0]

    def decision_on(self, track: TrackName) -> IdentityChange:
        """Read the newest decision on a track, the newest not after ``track.at`` where that is given.

        Raises:
            NotFoundError: nothing was decided on it.
        """
        table = identity_changes
        own = and_(table.c.camera_id == track.camera_id, table.c.track_id == track.track_id)
        question = select(table).where(own, table.c.action.in_(DECISIONS))
        if track.at is not None:
            question = question.where(table.c.at <= to_text(track.at))
        found = self._changes(question.order_by(table.c.change_id.desc()).limit(1))
        if not found:
            raise NotFoundError(f"{track}: nothing was decided on it; see its camera's events for tracks that were")
        return found[0]

    def ended_track(self, track: TrackName) -> TrackletRow | None:
        """Read the newest ended track of a number, or the one followed at ``track.at``; None without."""
        table = tracklet_quality
        question = select(table).where(table.c.camera_id == track.camera_id, table.c.track_id == track.track_id)
        if track.at is not None:
            at = to_text(track.at)
            question = question.where(table.c.start_time <= at, table.c.end_time >= at)
        found = self._tracklets(question.order_by(table.c.tracklet_id.desc()).limit(1))
        return found[0] if found else None

    def tracks_of(self, global_id: int) -> tuple[TrackletRow, ...]:
        """Read the ended tracks of an identity, oldest first."""
        table = tracklet_quality
        return self._tracklets(select(table).where(table.c.global_id == global_id).order_by(table.c.tracklet_id))

    def embeddings_of(self, global_id: int, tracks: tuple[TrackSpan, ...]) -> frozenset[int]:
        """Read the embedding ids by which an identity remembers some tracks."""
        found: set[int] = set()
        with self._database.reading() as connection:
            for span in tracks:
                mine = and_(embeddings.c.global_id == global_id, is_of(embeddings, span))
                found |= set(connection.scalars(select(embeddings.c.emb_id).where(mine)))
        return frozenset(found)

    def open_reviews(self, after: int, limit: int) -> tuple[Review, ...]:
        """Read reviews nobody has answered, with a greater number, ascending, at most ``limit``."""
        question = select(reviews).where(reviews.c.answer.is_(None), reviews.c.review_id > after)
        with self._database.reading() as connection:
            found = connection.execute(question.order_by(reviews.c.review_id).limit(limit))
            return tuple(rows.read_review(row) for row in found)

    def review(self, review_id: int) -> Review:
        """Read one review that waits for its answer.

        Raises:
            NotFoundError: there is none of that number, or it was answered before.
        """
        question = select(reviews).where(reviews.c.review_id == review_id)
        with self._database.reading() as connection:
            row = connection.execute(question).one_or_none()
        if row is None:
            raise NotFoundError(f"review {review_id} does not exist: list reviews to see which wait")
        if row.answer is not None:
            raise NotFoundError(f"review {review_id} was answered by {row.actor} ({row.answer}): nothing waits there")
        return rows.read_review(row)

    def _changes(self, question: Select[tuple[object, ...]]) -> tuple[IdentityChange, ...]:
        with self._database.reading() as connection:
            return tuple(rows.read_change(row) for row in connection.execute(question))

    def _tracklets(self, question: Select[tuple[object, ...]]) -> tuple[TrackletRow, ...]:
        with self._database.reading() as connection:
            return tuple(rows.read_tracklet(row) for row in connection.execute(question))
