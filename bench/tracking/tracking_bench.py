"""HAVEN's trackers beside their peers: time per frame, the same ids as ultralytics, HOTA and IDF1 on real films.

All get the same detections and equal thresholds, in one process and in turns. A drawn film shows what it is worth to
HAVEN's BoT-SORT to follow the movement of a camera that pans. Run ``python -m bench tracking``.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from rich.table import Table

from bench.common import interleaved, test_data, write_results
from bench.tracking import quality
from bench.tracking.follower import Follower, follow
from bench.tracking.panning import judge_camera_motion
from bench.tracking.parity import Differences, compare
from bench.tracking.peers import BOT_SORT, BYTE_TRACK, HAVEN, PARITY, TRACKFORGE, ULTRALYTICS
from bench.tracking.scenes import RealFilm, interrupted, read_real, walk
from haven_server.terminal.console import make_console
from haven_server.types import Detections

Row = dict[str, Any]
ALGORITHMS = {"ByteTrack": BYTE_TRACK, "BoT-SORT": BOT_SORT}
PEOPLE = (10, 50, 200)
FRAMES, FRAME_RATE = 40, 30.0
"""Of a drawn walk whose time is taken."""
CONSOLE = make_console()


def main() -> None:
    """Measure, print tables, write bench/results/tracking.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="interleaved runs of which the median counts")
    arguments = parser.parse_args()
    data = test_data()
    if data is None:
        sys.exit("no real films: name their folder by HAVEN_TEST_DATA")
    logging.getLogger("boxmot").setLevel(logging.WARNING)
    real = read_real(data / "tracking")
    scores = {name: quality.score(makers, real) for name, makers in ALGORITHMS.items()}
    differences = {name: measure_parity(makers, real) for name, makers in ALGORITHMS.items()}
    times = {name: measure_times(makers, arguments.rounds) for name, makers in ALGORITHMS.items()}
    panning = judge_camera_motion()
    summary = {
        "vs_ultralytics": ratios(times["ByteTrack"], ULTRALYTICS),
        "vs_trackforge": ratios(times["ByteTrack"], TRACKFORGE),
        "id_differences": sum(one.id_differences for one in differences["ByteTrack"].values()),
        "botsort_id_differences": sum(one.id_differences for one in differences["BoT-SORT"].values()),
        **quality.gaps("hota", scores["ByteTrack"]),
        **quality.gaps("idf1", scores["ByteTrack"]),
        "botsort_gain": quality.gain(scores["BoT-SORT"], scores["ByteTrack"], HAVEN),
        "parity_botsort_gain": quality.gain(scores["BoT-SORT"], scores["ByteTrack"], PARITY),
        "panning_camera": {"motion_followed": means(panning, True), "not_followed": means(panning, False)},
    }
    rows = [*time_rows(times), *parity_rows(differences), *quality_rows(scores), *panning]
    show("CPU time per frame, us", time_rows(times), "people", lambda row: f"{row['us']:.1f}")
    show(
        "Outputs that are not ultralytics'",
        parity_rows(differences),
        "film",
        lambda row: f"{row['id_differences']} of {row['outputs']}",
    )
    show(
        "HOTA / IDF1, %",
        quality_rows(scores),
        "sequence",
        lambda row: f"{100 * row['hota']:.2f} / {100 * row['idf1']:.2f}",
    )
    CONSOLE.print(summary)
    print(write_results("tracking", rows, summary))


def measure_times(makers: Mapping[str, Callable[[float], Follower]], rounds: int) -> dict[int, dict[str, float]]:
    """Take the CPU time of one frame of each tracker, in microseconds, by how many people there are."""
    walks = {people: walk(people, FRAMES) for people in PEOPLE}
    return {
        people: interleaved({name: partial(microseconds, start, film) for name, start in makers.items()}, rounds)
        for people, film in walks.items()
    }


def microseconds(start: Callable[[float], Follower], film: Sequence[Detections]) -> float:
    """Follow a film with a new tracker; return the CPU time of one frame, which other work does not lengthen."""
    follower = start(FRAME_RATE)
    begun = time.process_time()
    for detections in film:
        follower.update(follower.prepare(detections))
    return 1e6 * (time.process_time() - begun) / len(film)


def measure_parity(
    makers: Mapping[str, Callable[[float], Follower]], real: Sequence[RealFilm]
) -> dict[str, Differences]:
    """Compare HAVEN's tracker by ultralytics' rules with theirs: crowds, few people, nobody, gaps, real films."""
    crowd, few = walk(200, 150, seed=1), walk(4, 600, seed=2)
    films = {
        "crowd": (FRAME_RATE, crowd),
        "few people": (FRAME_RATE, few),
        "nobody for 20 frames": (FRAME_RATE, interrupted(few, range(100, 120))),
        "nobody for 50 frames": (FRAME_RATE, interrupted(few, range(100, 150))),
        "two of three frames lost": (FRAME_RATE, crowd[::3]),
    } | {one.name: (one.frame_rate, one.detections) for one in real}
    return {
        name: compare(follow(makers[PARITY](rate), film), follow(makers[ULTRALYTICS](rate), film))
        for name, (rate, film) in films.items()
    }


def ratios(times: Mapping[int, Mapping[str, float]], peer: str) -> dict[str, float]:
    """How many times as long as HAVEN by ultralytics' rules a peer takes, by how many people there are."""
    return {str(people): round(by_tracker[peer] / by_tracker[PARITY], 1) for people, by_tracker in times.items()}


def means(panning: Sequence[Row], followed: bool) -> dict[str, float]:
    """Average what is measured with a camera that pans, its movement followed or not."""
    rows = [row for row in panning if row["camera_motion"] == followed]
    return {measure: round(statistics.mean(row[measure] for row in rows), 4) for measure in ("hota", "idf1", "idsw")}


def time_rows(times: Mapping[str, Mapping[int, Mapping[str, float]]]) -> list[Row]:
    return [
        {"algorithm": algorithm, "tracker": tracker, "people": people, "us": round(us, 1)}
        for algorithm, by_people in times.items()
        for people, by_tracker in by_people.items()
        for tracker, us in by_tracker.items()
    ]


def parity_rows(differences: Mapping[str, Mapping[str, Differences]]) -> list[Row]:
    return [
        {"algorithm": algorithm, "tracker": PARITY, "film": film, **asdict(one)}
        for algorithm, by_film in differences.items()
        for film, one in by_film.items()
    ]


def quality_rows(scores: Mapping[str, quality.Scores]) -> list[Row]:
    return [
        {"algorithm": algorithm, "tracker": tracker, "sequence": sequence, **measures.as_dict()}
        for algorithm, by_sequence in scores.items()
        for sequence, by_tracker in by_sequence.items()
        for tracker, measures in by_tracker.items()
    ]


def show(title: str, rows: Sequence[Row], across: str, cell: Callable[[Row], str]) -> None:
    """Print a table with a line per tracker and a column per value of one key."""
    lines: dict[tuple[str, str], dict[Any, str]] = {}
    for row in rows:
        lines.setdefault((row["algorithm"], row["tracker"]), {})[row[across]] = cell(row)
    columns = dict.fromkeys(row[across] for row in rows)
    table = Table("algorithm", "tracker", title=title, title_justify="left")
    for column in columns:
        table.add_column(str(column), justify="right")
    for names, cells in lines.items():
        table.add_row(*names, *(cells[column] for column in columns))
    CONSOLE.print(table)


if __name__ == "__main__":
    main()
