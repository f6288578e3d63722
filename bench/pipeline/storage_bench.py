"""Storage against what it cannot beat: inserting against raw sqlite3, loading the gallery against copying its bytes.

Goals: observations at most 1.3 times raw sqlite3, which gets ready tuples, the same tables and the same pragmas; the
gallery's vectors at most 2.5 times memcpy. Run ``python -m bench.pipeline.storage_bench``.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from bench.common import interleaved, write_results
from haven_core.search import PrototypeBank
from haven_server.reid.gallery import Gallery
from haven_server.settings import MemorySettings
from haven_server.storage.banks import unpack_key
from haven_server.storage.prototypes import PrototypeCache
from haven_server.storage.rows import observation_values
from haven_server.storage.store import SQLStore
from haven_server.types import (
    NANOSECONDS,
    Assurance,
    Changes,
    IdentityRow,
    MeanRow,
    Modality,
    Observation,
    Posture,
    PrototypeRow,
)

BATCH = 1000
BATCHES = 20
PEOPLE = 100
DIMENSIONS = {Modality.FACE: 512, Modality.GAIT: 128, Modality.APPEARANCE: 512}
PROTOTYPES = 10
START = 1_767_225_600 * NANOSECONDS
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
INSERT = (
    "INSERT INTO observations (global_id, camera_id, timestamp, bbox_x, bbox_y, bbox_w, bbox_h, posture, "
    "snapshot_path, local_track_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def main() -> None:
    """Measure both, print a table, write bench/results/storage.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=10_000, help="people in the gallery that is loaded")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved runs of which the median counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        insert = measure_insert(Path(folder), arguments.rounds)
        load = measure_load(Path(folder), arguments.identities, arguments.rounds)
    rows = [
        *({"what": "insert, us per row", "way": way, "value": value} for way, value in insert.items()),
        *({"what": f"load {arguments.identities}, ms", "way": way, "value": value} for way, value in load.items()),
    ]
    summary = {
        "insert_vs_sqlite3": insert["store"] / insert["sqlite3"],
        "insert_vs_sqlite3_cpu": insert["store, cpu"] / insert["sqlite3, cpu"],
        "load_vs_memcpy": load["packed banks"] / load["memcpy"],
        "load_bank_vs_memcpy": load["search bank"] / load["memcpy"],
        "load_gallery_vs_memcpy": load["gallery"] / load["memcpy"],
    }
    for row in rows:
        print(f"{row['what']:24}{row['way']:16}{row['value']:10.2f}")
    for key, value in summary.items():
        print(f"{key:40}{value:10.2f}")
    print(write_results("storage", rows, summary))


def measure_insert(folder: Path, rounds: int) -> dict[str, float]:
    """Insert observations in batches, each run into a database of its own; microseconds per row."""
    batches = [observations(number * BATCH) for number in range(BATCHES)]
    ready = [observation_values(batch) for batch in batches]
    databases = (folder / f"insert{number}.db" for number in count())
    ways: dict[str, Callable[[], float]] = {}
    for suffix, clock in (("", time.perf_counter), (", cpu", time.process_time)):
        ways[f"sqlite3{suffix}"] = partial(insert_by_sqlite3, databases, ready, clock)
        ways[f"store{suffix}"] = partial(insert_by_store, databases, batches, clock)
    return {way: seconds * 1e6 / (BATCH * BATCHES) for way, seconds in interleaved(ways, rounds).items()}


def observations(first: int) -> tuple[Observation, ...]:
    """A batch of sightings, one every 10 ms."""
    boxes = np.random.default_rng(first).uniform(0, 300, (BATCH, 4)).astype(np.float32)
    boxes[:, 2:] += boxes[:, :2]
    return tuple(
        Observation(number % PEOPLE + 1, f"cam{number % 3}", number, START + number * 10_000_001, box, Posture.STANDING)
        for number, box in enumerate(boxes, first)
    )


def make_database(path: Path) -> None:
    """A new database that knows the people who will be seen."""
    people = range(1, PEOPLE + 1)
    store = SQLStore.open(path)
    store.commit([Changes(identities=tuple(IdentityRow(n, START, START, Assurance.TENTATIVE) for n in people))])
    store.close()


def insert_by_store(
    databases: Iterator[Path], batches: list[tuple[Observation, ...]], clock: Callable[[], float]
) -> float:
    """Commit the batches through the store; seconds."""
    database = next(databases)
    make_database(database)
    store = SQLStore.open(database)
    start = clock()
    for batch in batches:
        store.commit([Changes(observations=batch)])
    seconds = clock() - start
    store.close()
    return seconds


def insert_by_sqlite3(
    databases: Iterator[Path], ready: list[list[tuple[object, ...]]], clock: Callable[[], float]
) -> float:
    """Insert the same rows by hand; seconds."""
    database = next(databases)
    make_database(database)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        start = clock()
        for rows in ready:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, rows)
            connection.execute("COMMIT")
        return clock() - start


def measure_load(folder: Path, identities: int, rounds: int) -> dict[str, float]:
    """Load a full gallery, opening included, as a start of the server does; milliseconds."""
    database, cache = folder / "gallery.db", folder / "gallery.lmdb"
    fill_gallery(database, cache, identities)
    sizes: list[int] = []
    scan_banks(database, cache, lambda _, value: sizes.append(len(value)))
    source = np.ones(sum(sizes), np.uint8)
    target = np.zeros_like(source)
    ways = {
        "memcpy": lambda: seconds_of(lambda: np.copyto(target, source)),
        "packed banks": lambda: seconds_of(lambda: load_banks(database, cache, target.data)),
        "search bank": lambda: seconds_of(lambda: load_search_bank(database, cache)),
        "gallery": lambda: seconds_of(lambda: load_gallery(database, cache)),
        "gallery from SQL": lambda: seconds_of(lambda: load_gallery(database, None)),
    }
    return {way: seconds * 1e3 for way, seconds in interleaved(ways, rounds).items()}


def fill_gallery(database: Path, cache: Path, identities: int) -> None:
    """Let people be remembered as well as they can be."""
    store = SQLStore.open(database, cache)
    step = 250
    for first in range(1, identities + 1, step):
        store.commit([person(n) for n in range(first, min(first + step, identities + 1))])
    store.close()


def person(global_id: int) -> Changes:
    """One identity with all its prototypes and means."""
    prototypes: list[PrototypeRow] = []
    means: list[MeanRow] = []
    first = (global_id - 1) * PROTOTYPES * len(DIMENSIONS) + 1
    for number, (modality, dimension) in enumerate(DIMENSIONS.items()):
        vectors = np.random.default_rng(global_id).normal(size=(PROTOTYPES + 1, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for place, vector in enumerate(vectors[:PROTOTYPES]):
            emb_id = first + number * PROTOTYPES + place
            prototypes.append(PrototypeRow(emb_id, global_id, modality, START, vector, 0.5, "cam1", modality.value))
        means.append(MeanRow(global_id, modality, vectors[PROTOTYPES], modality.value))
    identity = IdentityRow(global_id, START, START, Assurance.CONFIRMED)
    return Changes(identities=(identity,), prototypes=tuple(prototypes), means=tuple(means))


def load_banks(database: Path, cache: Path, target: memoryview) -> None:
    """Copy all that the cache holds into memory that is there already."""
    filled = 0

    def take(_: bytes, value: memoryview) -> None:
        nonlocal filled
        target[filled : filled + len(value)] = value
        filled += len(value)

    scan_banks(database, cache, take)


def load_search_bank(database: Path, cache: Path) -> None:
    """Make a bank, ready to be searched, of all that the cache holds."""
    bank = PrototypeBank(list(DIMENSIONS.values()), PROTOTYPES)
    signals = {modality: signal for signal, modality in enumerate(DIMENSIONS)}

    def take(packed: bytes, value: memoryview) -> None:
        key = unpack_key(packed)
        if key.global_id not in bank:
            bank.add(key.global_id)
        bank.unpack(signals[key.modality], key.global_id, value)

    scan_banks(database, cache, take)


def scan_banks(database: Path, cache: Path, take: Callable[[bytes, memoryview], None]) -> None:
    """Open the cache and hand its banks on."""
    with closing(sqlite3.connect(database)) as connection:
        (generation,) = connection.execute(
            "SELECT value FROM store_meta WHERE key = 'embeddings_generation'"
        ).fetchone()
    opened = PrototypeCache(cache)
    if not opened.scan(generation, take):
        raise RuntimeError("the cache is not of the database's generation")
    opened.close()


def load_gallery(database: Path, cache: Path | None) -> None:
    """Make the gallery as the server does: who is known, and a bank of all they are remembered by."""
    store = SQLStore.open(database, cache)
    hashes = {modality: modality.value for modality in DIMENSIONS}
    Gallery(store.load_gallery(), MemorySettings(memory_size=PROTOTYPES), hashes, store.read_banks)
    store.close()


def seconds_of(work: Callable[[], None]) -> float:
    """Time one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
