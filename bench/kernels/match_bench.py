"""Who is this? HAVEN's answer beside NumPy's, FAISS's, USearch's and a Python loop's, and the least that reading takes.

All ways are measured in turns in one run, with one thread each. Every answer is checked against NumPy's before it is
timed. Goals at 10 000 identities: at least 3 times as fast as the best peer's full answer, 25 times for somebody
known; at most 1.25 times the time of reading the prototypes at a byte per number, 1.6 times for eight queries at
once; one prototype changed in under 20 us in a gallery of any size; loaded from LMDB in 2.5 times memcpy. Run ``make
bench-kernels``, or, with whatever peers are installed, ``python -m bench match``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.common import ROOT, write_results
from bench.kernels.gallery import draw_gallery
from bench.kernels.machine import free_gigabytes
from bench.kernels.match_plot import plot
from bench.kernels.session import INT8, PEOPLE, QUERIES, Row, Session
from bench.kernels.ways import Haven, WholeAnswer
from bench.pipeline.storage_bench import measure_load
from haven_server.reid.fusion import make_rules
from haven_server.settings import ThresholdSettings

TABLE_WIDTH = 150
SIZES = (100, 1_000, 10_000, 100_000)
LOAD_ROUNDS = 5
GOAL_SIZE = 10_000
"""Of the gallery that the goals are about."""
LARGE, LARGE_GB = 100_000, 16.0
"""The gallery that is held as vectors, in HAVEN's bank and in FAISS's index at once, and what that takes."""


def main() -> None:
    """Measure, print a table, draw docs/match.png, write bench/results/match.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="people in the gallery, ascending")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved runs of which the median counts")
    arguments = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        parser.error("NumPy may use several threads, HAVEN uses one: start as python -m bench match")
    console = Console(width=TABLE_WIDTH)
    rows, updates = measure(select_sizes(arguments.sizes, console), arguments.rounds, console)
    with tempfile.TemporaryDirectory() as folder:
        load = measure_load(Path(folder), GOAL_SIZE, LOAD_ROUNDS)
    console.print(tabulate(rows))
    for size, update_us in updates.items():
        console.print(f"one prototype replaced among {size} identities: {update_us:.1f} us")
    for way, milliseconds in load.items():
        console.print(f"{GOAL_SIZE} identities loaded, {way}: {milliseconds:.0f} ms")
    summary = summarise(rows) | {
        "update_us": max(updates.values()),
        "load_vs_memcpy": load["packed banks"] / load["memcpy"],
        "load_bank_vs_memcpy": load["search bank"] / load["memcpy"],
    }
    for key, value in summary.items():
        console.print(f"{key:24}{value:10.3f}")
    details = [
        *map(asdict, rows),
        *({"identities": size, "way": "replace a prototype", "median_us": us} for size, us in updates.items()),
        *({"identities": GOAL_SIZE, "way": f"load: {way}", "median_us": 1e3 * ms} for way, ms in load.items()),
    ]
    console.print(str(write_results("match", details, summary)))
    console.print(str(plot(rows, ROOT / "docs" / "match.png")))


def select_sizes(sizes: Sequence[int], console: Console) -> list[int]:
    """Leave out galleries that this machine has no room for, and say so."""
    free = free_gigabytes()
    for size in sizes:
        if size >= LARGE and free < LARGE_GB:
            console.print(f"{size} identities are left out: they need {LARGE_GB:.0f} GB free, there are {free:.1f}")
    return [size for size in sizes if size < LARGE or free >= LARGE_GB]


def measure(sizes: Sequence[int], rounds: int, console: Console) -> tuple[list[Row], dict[int, float]]:
    """Ask galleries of all sizes.

    Returns:
        All figures, and by size how many microseconds the change of one prototype takes.
    """
    rules = make_rules(ThresholdSettings(), gait_alone=False)
    gallery = draw_gallery(max(sizes))
    rows: list[Row] = []
    updates: dict[int, float] = {}
    for size in sizes:
        console.print(f"{size} identities ...")
        session = Session(gallery.first(size), rules, console.print)
        rows += session.measure(rounds if size < LARGE else max(rounds // 5, 1))
        updates[size] = session.update_us()
        del session  # before the next one takes its memory
    return rows, updates


def summarise(rows: Sequence[Row]) -> dict[str, float]:
    """Work out what the goals are about; nothing where no gallery has their size."""
    figures = {(row.person, row.queries, row.way): row for row in rows if row.identities == GOAL_SIZE}
    if not figures:
        return {}

    def ratio(person: str, queries: int, way: str) -> float:
        return figures[person, queries, way].median_us / figures[person, queries, Haven.name].median_us

    def vs_peers(person: str) -> float:
        peers = {way for _, _, way in figures if figures[person, 1, way].answers == WholeAnswer.answers} - {Haven.name}
        return min(ratio(person, 1, way) for way in peers)

    return {
        "vs_best_peer_any": min(map(vs_peers, PEOPLE)),
        "vs_best_peer_known": vs_peers("known"),
        "vs_int8_limit": max(1 / ratio(person, 1, INT8) for person in PEOPLE),
        "q8_vs_int8_limit": max(1 / ratio(person, QUERIES, INT8) for person in PEOPLE),
    }


def tabulate(rows: Sequence[Row]) -> Table:
    """Lay all figures out: one line per gallery, person and number of queries, one column per way."""
    ways = list(dict.fromkeys(row.way for row in rows))
    lines: dict[tuple[int, str, int], dict[str, float]] = {}
    for row in rows:
        lines.setdefault((row.identities, row.person, row.queries), {})[row.way] = row.median_us
    table = Table("identities", "person", "queries", *ways, title="One call, median us of processor time")
    for (identities, person, queries), figures in lines.items():
        cells = (f"{figures[way]:,.{1 if figures[way] < 100 else 0}f}" if way in figures else "-" for way in ways)
        table.add_row(str(identities), person, str(queries), *cells)
    return table


if __name__ == "__main__":
    main()
