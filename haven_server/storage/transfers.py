"""Give rows to another identity, and back: Transfer -> UPDATE.

What a merge changes can be told from what was there before: a row that was decided for its own identity has no
``decided_id``, before the merge and again after it was undone.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, func, select, update

from haven_server.storage import schema
from haven_server.storage.instants import to_text
from haven_server.types import DividedRows, MergedRows, ReturnedRows, TrackSpan, Transfer

TABLES = (schema.observations, schema.embeddings, schema.tracklet_quality)
"""Tables whose rows belong to whoever their identity is taken for."""


def transfer(connection: Connection, order: Transfer) -> set[int]:
    """Carry one order out.

    Returns:
        Global ids of the identities whose banks changed.
    """
    match order:
        case MergedRows(source, target):
            _merge(connection, source, target)
        case ReturnedRows(source, target, members):
            _return(connection, source, target, members)
        case DividedRows():
            return _divide(connection, order)
    return set()


def _merge(connection: Connection, source: int, target: int) -> None:
    for table in TABLES:
        decided = func.coalesce(table.c.decided_id, table.c.global_id)
        moved = update(table).where(table.c.global_id == source)
        connection.execute(moved.values(decided_id=decided, global_id=target))


def _return(connection: Connection, source: int, target: int, members: tuple[int, ...]) -> None:
    for table in TABLES:
        mine = and_(table.c.global_id == target, table.c.decided_id.in_(members))
        decided = func.nullif(table.c.decided_id, source)
        connection.execute(update(table).where(mine).values(decided_id=decided, global_id=source))


def _divide(connection: Connection, order: DividedRows) -> set[int]:
    owner = func.coalesce(schema.embeddings.c.decided_id, schema.embeddings.c.global_id)
    owners: set[int] = set()
    # Track by track: SQLite takes no more than a thousand terms joined by OR.
    for span in order.tracks:
        mine = and_(schema.embeddings.c.global_id == order.source, is_of(schema.embeddings, span))
        owners |= set(connection.scalars(select(owner).where(mine).distinct()))
        for table in TABLES:
            chosen = and_(table.c.global_id == order.source, is_of(table, span))
            connection.execute(update(table).where(chosen).values(decided_id=order.decided_id, global_id=order.target))
    return owners | {order.decided_id or order.target} if owners else set()


def is_of(table: Table, span: TrackSpan) -> ColumnElement[bool]:
    """Choose a table's rows of one track."""
    camera, track, at = _columns(table)
    own = and_(camera == span.camera_id, track == span.track_id, at >= to_text(span.first_seen))
    return own if span.last_seen is None else and_(own, at <= to_text(span.last_seen))


def _columns(table: Table) -> tuple[Column[Any], Column[Any], Column[Any]]:
    """Say which columns hold camera, track and time."""
    if table is schema.observations:
        return table.c.camera_id, table.c.local_track_id, table.c.timestamp
    if table is schema.embeddings:
        return table.c.source_camera, table.c.track_id, table.c.timestamp
    return table.c.camera_id, table.c.track_id, table.c.start_time
