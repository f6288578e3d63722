"""The statements a commit is made of: Changes -> rows.

Rows go to the driver's own ``executemany``, so that SQLAlchemy compiles once and not per batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, Table, bindparam, delete, func, select, update

from haven_server.storage import rows, schema
from haven_server.storage.instants import to_text
from haven_server.storage.rows import Values
from haven_server.storage.transfers import transfer
from haven_server.types import Answer, Changes, IdentityRow, MeanRow, Modality

GENERATION = "embeddings_generation"
LAST_GLOBAL_ID = "last_global_id"
LAST_EMBEDDING_ID = "last_embedding_id"
LAST_SEQUENCE = "last_sequence"


class BulkInsert:
    """Inserts rows into one table, given as tuples in column order without the key that the database counts."""

    def __init__(self, table: Table, dialect: Dialect, counted: str | None = None) -> None:
        self._columns = tuple(column.name for column in table.columns if column.name != counted)
        statement = table.insert().inline().compile(dialect=dialect, column_keys=list(self._columns))
        self._sql = str(statement)
        self._by_position = statement.positional

    def __call__(self, connection: Connection, values: Sequence[Values]) -> None:
        """Insert all rows."""
        if not values:
            return
        if self._by_position:
            connection.exec_driver_sql(self._sql, list(values))
        else:
            connection.exec_driver_sql(self._sql, [dict(zip(self._columns, row, strict=True)) for row in values])


class Statements:
    """What can be written, in one database's dialect. Every method works inside the caller's transaction."""

    def __init__(self, dialect: Dialect) -> None:
        self._insert_identities = BulkInsert(schema.identities, dialect)
        self._insert_prototypes = BulkInsert(schema.embeddings, dialect)
        self._insert_means = BulkInsert(schema.embedding_means, dialect)
        self._insert_tracklets = BulkInsert(schema.tracklet_quality, dialect, counted="tracklet_id")
        self._insert_observations = BulkInsert(schema.observations, dialect, counted="obs_id")
        self._insert_reviews = BulkInsert(schema.reviews, dialect, counted="review_id")
        self._insert_changes = BulkInsert(schema.identity_changes, dialect, counted="change_id")
        self.insert_events = BulkInsert(schema.events, dialect)

    def write(self, connection: Connection, changes: Changes) -> set[int]:
        """Write everything but the events.

        Returns:
            Global ids of the identities whose embeddings or means changed.
        """
        self._upsert_identities(connection, changes.identities)
        self._insert_prototypes(connection, [rows.prototype_values(row) for row in changes.prototypes])
        forgetful = self._forget_prototypes(connection, changes.forgotten_prototypes)
        self._replace_means(connection, changes.means, changes.forgotten_means)
        self._insert_tracklets(connection, [rows.tracklet_values(row) for row in changes.tracklets])
        self._insert_observations(connection, rows.observation_values(changes.observations))
        transferred: set[int] = set().union(*(transfer(connection, order) for order in changes.transfers))
        self._insert_changes(connection, [rows.change_values(row) for row in changes.ledger])
        self._insert_reviews(connection, [rows.review_values(row) for row in changes.reviews])
        self._write_answers(connection, changes.answers)
        forgetful |= transferred | {global_id for global_id, _ in changes.forgotten_means}
        return forgetful | {row.owner for row in changes.prototypes} | {row.global_id for row in changes.means}

    def _upsert_identities(self, connection: Connection, identities: Sequence[IdentityRow]) -> None:
        """Insert or update, the last row of an identity counting. Known ones are asked for: no dialect's upsert."""
        values = {row.global_id: rows.identity_values(row) for row in identities}
        if not values:
            return
        table = schema.identities
        known = set(connection.scalars(select(table.c.global_id).where(table.c.global_id.in_(values))))
        self._insert_identities(connection, [row for global_id, row in values.items() if global_id not in known])
        if known:
            names = ["key", *(column.name for column in table.columns if column is not table.c.global_id)]
            change = update(table).where(table.c.global_id == bindparam("key"))
            changed = [dict(zip(names, values[global_id], strict=True)) for global_id in sorted(known)]
            connection.execute(change.values({name: bindparam(name) for name in names[1:]}), changed)

    def _forget_prototypes(self, connection: Connection, embedding_ids: Sequence[int]) -> set[int]:
        """Delete rows of `embeddings`; return the identities they belonged to."""
        if not embedding_ids:
            return set()
        table = schema.embeddings
        chosen = table.c.emb_id.in_(embedding_ids)
        owner = func.coalesce(table.c.decided_id, table.c.global_id)
        owners = set(connection.scalars(select(owner).where(chosen).distinct()))
        connection.execute(delete(table).where(chosen))
        return owners

    def _replace_means(
        self, connection: Connection, means: Sequence[MeanRow], forgotten: Sequence[tuple[int, Modality]]
    ) -> None:
        """Write averages, one of an identity and signal, in the place of what was; leave out those forgotten."""
        old = [*((row.global_id, row.modality) for row in means), *forgotten]
        if not old:
            return
        table = schema.embedding_means
        gone = delete(table).where(table.c.global_id == bindparam("owner"), table.c.emb_type == bindparam("signal"))
        connection.execute(gone, [{"owner": owner, "signal": modality.value} for owner, modality in old])
        self._insert_means(connection, [rows.mean_values(row) for row in means])

    @staticmethod
    def _write_answers(connection: Connection, answers: Sequence[Answer]) -> None:
        """Close reviews."""
        table = schema.reviews
        for answer in answers:
            said = {
                "answer": "confirmed" if answer.confirmed else "refused",
                "actor": answer.actor,
                "answered_at": to_text(answer.at),
            }
            connection.execute(update(table).where(table.c.review_id == answer.review_id).values(said))


def read_meta(connection: Connection, for_update: bool = False) -> dict[str, str]:
    """Read the counters; ``for_update`` keeps other writers of a database server waiting until the commit."""
    question = select(schema.store_meta.c.key, schema.store_meta.c.value)
    if for_update:
        question = question.with_for_update()
    return dict(connection.execute(question).all())


def write_meta(connection: Connection, values: dict[str, str]) -> None:
    """Write counters that changed."""
    if values:
        table = schema.store_meta
        change = update(table).where(table.c.key == bindparam("name")).values(value=bindparam("new"))
        connection.execute(change, [{"name": name, "new": value} for name, value in values.items()])
