"""What the tracker costs per frame, and its kernels alone, at 10, 50 and 200 people.

Run ``python -m bench.kernels.tracking_bench``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.common import interleaved, write_results
from haven_core import assignment, boxes, kalman
from haven_server.settings import TrackerSettings
from haven_server.tracking.bytetrack import ByteTrack
from haven_server.types import NANOSECONDS, Detections

PEOPLE = (10, 50, 200)
FRAMES = 50
FRAME_RATE = 30.0
NEW_TRACK_THRESH = 0.5
ROUNDS = 31
CALLS = 50
"""Of a kernel in one round."""


def main() -> None:
    """Measure, print a table, write bench/results/tracking.json."""
    times = {people: measure(people) for people in PEOPLE}
    rows = [
        {"what": what, "people": n, "median_us": us} for n, figures in times.items() for what, us in figures.items()
    ]
    table = Table("what", "people", "median us", title="Tracking, one call")
    for row in rows:
        table.add_row(str(row["what"]), str(row["people"]), f"{row['median_us']:.2f}")
    Console().print(table)
    summary = {f"bytetrack_update_us_{people}": figures["ByteTrack.update"] for people, figures in times.items()}
    print(write_results("tracking", rows, summary))


def measure(people: int) -> dict[str, float]:
    """Time one frame of the tracker, and each kernel, in microseconds."""
    walk = make_walk(people)
    before, now = walk[0].boxes, walk[1].boxes
    cost = boxes.iou_distance(before, now)
    mean, covariance, tracks = np.zeros((people, 8)), np.zeros((people, 4, 3)), np.arange(people)
    kalman.initiate(mean, covariance, tracks, before)
    ways = {
        "ByteTrack.update": partial(microseconds, partial(track, walk), calls=1, steps=FRAMES),
        "boxes.iou_distance": partial(microseconds, partial(boxes.iou_distance, before, now)),
        "assignment.assign": partial(microseconds, partial(assignment.assign, cost, TrackerSettings().match_thresh)),
        "kalman.correct": partial(microseconds, partial(kalman.correct, mean, covariance, tracks, now)),
    }
    return interleaved(ways, ROUNDS)


def microseconds(work: Callable[[], object], calls: int = CALLS, steps: int = 1) -> float:
    """Time some calls; return the microseconds of one step of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return 1e6 * (time.perf_counter() - start) / calls / steps


def track(walk: list[Detections]) -> None:
    """Follow a whole walk with a new tracker."""
    tracker = ByteTrack("cam1", TrackerSettings(), NEW_TRACK_THRESH)
    for index, detections in enumerate(walk):
        tracker.update(detections, index * NANOSECONDS // round(FRAME_RATE))


def make_walk(people: int) -> list[Detections]:
    """Let people cross a 1920 x 1080 picture, the same each time, seen with 2 px of noise; they hide one another."""
    random = np.random.default_rng(0)
    place = random.uniform((0, 0), (1800, 800), (people, 2))
    step = random.normal(0, 4, (people, 2))
    scores = np.full(people, 0.9, np.float32)
    frames = []
    for index in range(FRAMES):
        corner = place + index * step + random.normal(0, 2, (people, 2))
        seen = np.hstack((corner, corner + np.array((80, 200)))).astype(np.float32)
        frames.append(Detections(seen, scores))
    return frames


if __name__ == "__main__":
    main()
