"""The store: decisions become rows and numbered events in one transaction. Changes -> Event."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import lmdb
from sqlalchemy import Connection, Select, and_, func, or_, select

from haven_server.errors import NotFoundError, StorageError
from haven_server.ports import Store
from haven_server.storage import rows
from haven_server.storage.banks import Bank, gather, unpack_key
from haven_server.storage.database import Database
from haven_server.storage.ledger import SQLLedger
from haven_server.storage.lock import WriterLock
from haven_server.storage.prototypes import PrototypeCache
from haven_server.storage.schema import embedding_means, embeddings, events, identities, observations
from haven_server.storage.statements import (
    GENERATION,
    LAST_EMBEDDING_ID,
    LAST_GLOBAL_ID,
    LAST_SEQUENCE,
    Statements,
    read_meta,
    write_meta,
)
from haven_server.storage.summaries import summarise
from haven_server.storage.upgrade import require_current, upgrade
from haven_server.telemetry import logger
from haven_server.types import (
    Changes,
    Event,
    GalleryState,
    IdentitySummary,
    MeanRow,
    Modality,
    PrototypeRow,
    StoreStatistics,
    TakeBank,
)

log = logger(__name__)


class SQLStore(Store):
    """A store in any database that SQLAlchemy can reach; made for SQLite, and PostgreSQL.

    The rows are the truth. A prototype cache, where one is given, follows them commit by commit.
    """

    def __init__(self, database: Database, cache: PrototypeCache | None, resources: ExitStack) -> None:
        """Take over what ``open`` opened; ``resources`` closes it."""
        self._database = database
        self._cache = cache
        self._resources = resources
        self._statements = Statements(database.engine.dialect)
        self._ledger = SQLLedger(database)

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        lmdb_path: Path | None = None,
        *,
        read_only: bool = False,
        busy_timeout_s: float = 5.0,
    ) -> SQLStore:
        """Open a database, making it or bringing its tables up to date where needed.

        Args:
            url_or_path: path of a SQLite file, whose folder is made, or a SQLAlchemy URL (``sqlite://``: in memory).
            lmdb_path: folder of the prototype cache; None: without one.
            read_only: True: change nothing and leave the writer's lock, and the cache, to the writer.
            busy_timeout_s: how long SQLite waits for a lock before a commit fails.
        Raises:
            StoreLockedError: another process is writing this file.
            StorageError: it cannot be opened; the message names it and the mend.
        """
        database = Database(url_or_path, read_only=read_only, busy_timeout_s=busy_timeout_s)
        with ExitStack() as resources:
            if read_only:
                cls._open_to_read(database, resources)
                cache = None
            else:
                cls._open_to_write(database, resources)
                cache = PrototypeCache(lmdb_path) if lmdb_path else None
            if cache:
                resources.callback(cache.close)
            return cls(database, cache, resources.pop_all())

    @staticmethod
    def _open_to_read(database: Database, resources: ExitStack) -> None:
        resources.callback(database.close)
        if database.path and not database.path.exists():
            raise StorageError(f"{database.place}: no such database: run `haven run` or `haven serve` once to make it")
        with database.reading() as connection:
            require_current(connection, database.place)

    @staticmethod
    def _open_to_write(database: Database, resources: ExitStack) -> None:
        if database.path:
            if database.path.is_dir():
                raise StorageError(f"{database.place}: is a folder: name a file in storage.db_path")
            _make_folder(database.path.parent)
            resources.callback(WriterLock(database.path).release)
        resources.callback(database.close)
        with database.writing() as connection:
            upgrade(connection, database.place)

    @property
    def ledger(self) -> SQLLedger:
        """What was decided and corrected in the past."""
        return self._ledger

    def commit(self, batch: Sequence[Changes]) -> tuple[Event, ...]:
        """Write some decisions in one transaction and number their events.

        Raises:
            StoreUnavailableError: nothing of the batch was written; the same batch may be committed later.
            StorageError: nothing of the batch was written.
        """
        changes = _join(batch)
        with self._database.writing() as connection:
            before = read_meta(connection, for_update=True)
            changed = self._statements.write(connection, changes)
            event_rows, numbered = rows.number_events(changes.events, after=int(before[LAST_SEQUENCE]))
            self._statements.insert_events(connection, event_rows)
            after = before | _advance(before, changes, numbered, new_generation=bool(changed))
            write_meta(connection, {key: value for key, value in after.items() if value != before[key]})
            banks = _read_banks(connection, changed) if self._cache and changed else []
        if self._cache and changed:
            self._cache.update(changed, banks, before[GENERATION], after[GENERATION])
        return numbered

    def load_gallery(self) -> GalleryState:
        """Read what the gallery needs at start, but for what people are remembered by."""
        question = select(identities).where(identities.c.status != "archived").order_by(identities.c.global_id)
        with self._database.reading() as connection:
            meta = read_meta(connection)
            known = [rows.read_identity(row) for row in connection.execute(question)]
        return GalleryState(
            identities=tuple(row for row in known if row.status == "active"),
            next_global_id=int(meta[LAST_GLOBAL_ID]) + 1,
            next_embedding_id=int(meta[LAST_EMBEDDING_ID]) + 1,
            merged=tuple(row for row in known if row.status == "merged"),
        )

    def read_banks(self, take: TakeBank, of: Collection[int] | None = None) -> None:
        """Hand on what everybody is remembered by, from the cache if it is of this generation.

        Args:
            take: may be handed a bank twice; the later one counts.
            of: only these identities, from the rows; None: all.
        """
        if of is not None:
            with self._database.reading() as connection:
                some = _read_banks(connection, of)
            for bank in some:
                take(bank.key, memoryview(bank.pack()))
            return
        with self._database.reading() as connection:
            generation = read_meta(connection)[GENERATION]
            if self._cache and self._read_cache(self._cache, generation, take):
                return
            banks = _read_banks(connection)
        if self._cache:
            self._cache.replace(banks, generation)
        for bank in banks:
            take(bank.key, memoryview(bank.pack()))

    @staticmethod
    def _read_cache(cache: PrototypeCache, generation: str, take: TakeBank) -> bool:
        """Hand on what the cache holds; False: it is of another generation, or damaged."""
        try:
            return cache.scan(generation, lambda key, value: take(unpack_key(key), value))
        except (lmdb.Error, ValueError, LookupError, struct.error) as error:
            log.warning("prototype cache is damaged: making it anew", folder=str(cache.folder), error=str(error))
            return False

    def events_after(self, sequence: int, limit: int) -> tuple[Event, ...]:
        """Read committed events with a greater number, ascending, at most ``limit``."""
        question = select(events).where(events.c.sequence > sequence).order_by(events.c.sequence).limit(limit)
        with self._database.reading() as connection:
            return tuple(rows.read_event(row) for row in connection.execute(question))

    def last_sequence(self) -> int:
        """The newest committed event's number, 0 when there is none."""
        with self._database.reading() as connection:
            return int(read_meta(connection)[LAST_SEQUENCE])

    def oldest_sequence(self) -> int:
        """The oldest kept event's number; ``last_sequence() + 1`` when there is none."""
        with self._database.reading() as connection:
            oldest: int | None = connection.scalar(select(func.min(events.c.sequence)))
            return int(read_meta(connection)[LAST_SEQUENCE]) + 1 if oldest is None else oldest

    def list_identities(self, after: int, limit: int) -> tuple[IdentitySummary, ...]:
        """List active identities with a greater global id, ascending, at most ``limit``."""
        active = select(identities).where(identities.c.status == "active", identities.c.global_id > after)
        return self._summaries(active.order_by(identities.c.global_id).limit(limit))

    def get_identity(self, global_id: int) -> IdentitySummary:
        """Read one identity, merged and archived ones too.

        Raises:
            NotFoundError: it never existed.
        """
        found = self._summaries(select(identities).where(identities.c.global_id == global_id))
        if not found:
            raise NotFoundError(f"identity {global_id} does not exist: list identities to see which do")
        return found[0]

    def _summaries(self, question: Select[tuple[object, ...]]) -> tuple[IdentitySummary, ...]:
        with self._database.reading() as connection:
            return summarise(connection, connection.execute(question).all())

    def statistics(self) -> StoreStatistics:
        """Count rows and bytes; takes time in proportion to the rows."""
        with self._database.reading() as connection:
            counts = {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in (identities, observations, embeddings, events)
            }
        return StoreStatistics(**counts, size_bytes=self.size_bytes())

    def size_bytes(self) -> int:
        """Return the bytes of the database with its log, without the cache; 0 where its kind cannot tell."""
        return self._database.size_bytes()

    def close(self) -> None:
        """Give up the writer's lock, the connections and the cache. Safe to call twice."""
        self._resources.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"{folder}: the database's folder cannot be made ({error.strerror}): name another in storage.db_path"
        ) from error


def _join(batch: Sequence[Changes]) -> Changes:
    """Make one of many, in order."""
    means = _last_means(batch)
    return Changes(
        identities=tuple(chain.from_iterable(changes.identities for changes in batch)),
        prototypes=tuple(chain.from_iterable(changes.prototypes for changes in batch)),
        forgotten_prototypes=tuple(chain.from_iterable(changes.forgotten_prototypes for changes in batch)),
        means=tuple(row for row in means.values() if row is not None),
        forgotten_means=tuple(owner for owner, row in means.items() if row is None),
        tracklets=tuple(chain.from_iterable(changes.tracklets for changes in batch)),
        observations=tuple(chain.from_iterable(changes.observations for changes in batch)),
        transfers=tuple(chain.from_iterable(changes.transfers for changes in batch)),
        reviews=tuple(chain.from_iterable(changes.reviews for changes in batch)),
        answers=tuple(chain.from_iterable(changes.answers for changes in batch)),
        events=tuple(chain.from_iterable(changes.events for changes in batch)),
        ledger=tuple(chain.from_iterable(changes.ledger for changes in batch)),
    )


def _last_means(batch: Sequence[Changes]) -> dict[tuple[int, Modality], MeanRow | None]:
    """Give the last word on each average that is written or forgotten; None: forgotten."""
    words: dict[tuple[int, Modality], MeanRow | None] = {}
    for changes in batch:
        words |= dict.fromkeys(changes.forgotten_means)
        words |= {(row.global_id, row.modality): row for row in changes.means}
    return words


def _advance(
    before: dict[str, str], changes: Changes, numbered: Sequence[Event], new_generation: bool
) -> dict[str, str]:
    """Say what the counters are after a commit. Numbers never go back, so that none is given twice."""
    global_ids = (int(before[LAST_GLOBAL_ID]), *(row.global_id for row in changes.identities))
    embedding_ids = (int(before[LAST_EMBEDDING_ID]), *(row.embedding_id for row in changes.prototypes))
    after = {LAST_GLOBAL_ID: str(max(global_ids)), LAST_EMBEDDING_ID: str(max(embedding_ids))}
    if numbered:
        after[LAST_SEQUENCE] = str(numbered[-1].sequence)
    if new_generation:
        # Random, not counted: a restored backup that grows anew must not meet the cache of the lost future.
        after[GENERATION] = secrets.token_hex(16)
    return after


def _read_banks(connection: Connection, of: Collection[int] | None = None) -> list[Bank]:
    """Read the banks of some identities from the rows; of all, without ``of``."""
    prototypes = select(embeddings).order_by(embeddings.c.emb_id)
    means = select(embedding_means).order_by(embedding_means.c.global_id, embedding_means.c.emb_type)
    if of is not None:
        unmerged = and_(embeddings.c.decided_id.is_(None), embeddings.c.global_id.in_(of))
        prototypes = prototypes.where(or_(unmerged, embeddings.c.decided_id.in_(of)))
        means = means.where(embedding_means.c.global_id.in_(of))
    prototype_rows: list[PrototypeRow] = [rows.read_prototype(row) for row in connection.execute(prototypes)]
    mean_rows: list[MeanRow] = [rows.read_mean(row) for row in connection.execute(means)]
    return gather(prototype_rows, mean_rows)
