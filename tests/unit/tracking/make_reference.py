"""Makes what the trackers are held to: scenes -> the outputs of ultralytics' trackers, as files in ``reference``.

Run ``python tests/unit/tracking/make_reference.py`` with ultralytics and ``lap`` beside HAVEN; nothing else needs
either. Each file holds

    settings    JSON: the reference tracker's arguments, buffer in frames
    frames      number of frames
    detections  (D, 6) float32: frame, x1, y1, x2, y2, score
    outputs     (T, 7) float32: frame, id, x1, y1, x2, y2, score
    vectors     (D, V) float32 unit vectors of how each detection looks; only where looks count
    motions     (frames, 2, 3) float64: where the picture has moved since the frame before; only where the camera moves
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

REFERENCE = Path(__file__).parent / "reference"
BYTETRACK = {
    "track_high_thresh": 0.5,
    "track_low_thresh": 0.1,
    "new_track_thresh": 0.6,
    "track_buffer": 30,
    "match_thresh": 0.8,
    "fuse_score": True,
}
LENIENT = BYTETRACK | {
    "track_high_thresh": 0.3,
    "new_track_thresh": 0.3,
    "track_buffer": 3,
    "match_thresh": 0.95,
    "fuse_score": False,
}
BOTSORT = {"gmc_method": "none", "proximity_thresh": 0.5, "appearance_thresh": 0.8, "with_reid": False, "model": "auto"}

Reals = npt.NDArray[np.float64]


@dataclass
class Scene:
    """What was seen, frame by frame: boxes, scores, looks; and how the picture moved."""

    boxes: list[npt.NDArray[np.float32]]
    scores: list[npt.NDArray[np.float32]]
    vectors: list[npt.NDArray[np.float32]]
    motions: list[Reals]


def walk(
    seed: int,
    people: int,
    frames: int,
    missed: float,
    empty: Callable[[int], bool] = lambda _: False,
    dropped: float = 0,
    moving: bool = False,
    size: tuple[int, int] = (640, 360),
) -> Scene:
    """Let people cross a picture, hide one another and leave; add false boxes.

    Args:
        missed: share of people not detected.  empty: frames in which nobody is.  dropped: share of lost frames.
        moving: the camera pans and zooms.
    """
    random = np.random.default_rng(seed)
    scene = Scene([], [], [], [])
    place, pace = random.random((people, 2)) * size, random.normal(0, 3, (people, 2))
    height, looks = random.uniform(60, 160, people), random.normal(size=(people, 16))
    inside = random.random(people) < 0.7
    camera = step = np.eye(3)
    while len(scene.boxes) < frames:
        place, pace = place + pace, pace + random.normal(0, 0.3, pace.shape)
        pace[(place < 0) | (place > size)] *= -1
        inside ^= random.random(people) < 0.01
        motion = camera_step(random) if moving else np.eye(3)
        camera, step = motion @ camera, motion @ step
        if random.random() < dropped:
            continue
        seen = np.flatnonzero(inside & (random.random(people) > missed))
        seen = seen[:0] if empty(len(scene.boxes)) else seen
        tall = height[seen] * random.normal(1, 0.02, len(seen))
        sides = np.stack((0.4 * tall * random.normal(1, 0.03, len(seen)), tall), axis=1)
        centre = place[seen] + random.normal(0, 1.5, (len(seen), 2))
        false = 0 if empty(len(scene.boxes)) else random.poisson(0.05 * people)
        centre = np.vstack((centre, random.random((false, 2)) * size))
        sides = np.vstack((sides, random.uniform(30, 150, (false, 1)) * (0.5, 1)))
        centre, sides = centre @ camera[:2, :2].T + camera[:2, 2], sides * camera[0, 0]
        score = np.concatenate((random.beta(4, 1.6, len(seen)), random.beta(1.5, 3, false)))
        vectors = np.vstack((looks[seen] + random.normal(0, 0.3, (len(seen), 16)), random.normal(size=(false, 16))))
        order = np.argsort(-score)
        # Rounded so that the files are small.
        boxes = np.hstack((centre - sides / 2, centre + sides / 2)).round(2)
        scene.boxes.append(boxes[order].astype(np.float32))
        scene.scores.append(score[order].round(3).astype(np.float32))
        scene.vectors.append((vectors / np.linalg.norm(vectors, axis=1, keepdims=True))[order].astype(np.float32))
        scene.motions.append(step[:2])
        step = np.eye(3)
    return scene


def camera_step(random: np.random.Generator) -> Reals:
    """Pan and zoom a little."""
    zoom = random.normal(1, 0.005)
    return np.array([[zoom, 0, random.normal(6, 2)], [0, zoom, random.normal(-2, 1)], [0, 0, 1]])


class Detections:
    """Detections as the reference takes them."""

    def __init__(self, boxes: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]) -> None:
        self.xyxy, self.conf, self.cls = boxes, scores, np.zeros(len(scores), np.float32)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, rows: Any) -> Detections:
        return Detections(self.xyxy[rows], self.conf[rows])

    @property
    def xywh(self) -> npt.NDArray[np.float32]:
        return np.hstack(((self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2, self.xyxy[:, 2:] - self.xyxy[:, :2]))


class GivenMotion:
    """The reference's camera motion, told instead of estimated."""

    method = "given"

    def __init__(self, motions: list[Reals]) -> None:
        self._motions = iter(motions)

    def apply(self, image: Any, boxes: Any) -> Reals:
        return next(self._motions)


def track(name: str, scene: Scene, settings: dict[str, Any], looks: bool, moving: bool) -> None:
    """Run the reference over a scene and write its file."""
    from ultralytics.trackers import bot_sort, byte_tracker

    kind = bot_sort.BOTSORT if "gmc_method" in settings else byte_tracker.BYTETracker
    tracker = kind(SimpleNamespace(**settings))
    if looks:
        tracker.args.with_reid, tracker.encoder = True, lambda vectors, boxes: list(vectors)
    if moving:
        tracker.gmc = GivenMotion(scene.motions)
    outputs = [np.empty((0, 7))]
    for frame, (boxes, scores, vectors) in enumerate(zip(scene.boxes, scene.scores, scene.vectors, strict=True)):
        picture = np.zeros((1, 1, 3), np.uint8) if moving else None
        rows = tracker.update(Detections(boxes, scores), picture, vectors if looks else None).reshape(-1, 8)
        outputs.append(np.column_stack((np.full(len(rows), frame), rows[:, 4], rows[:, :4].round(3), rows[:, 5])))
    frames = [np.full((len(boxes), 1), frame) for frame, boxes in enumerate(scene.boxes)]
    columns = [np.vstack(frames), np.vstack(scene.boxes), np.concatenate(scene.scores)[:, np.newaxis]]
    arrays: dict[str, Any] = {"settings": json.dumps(settings), "frames": len(scene.boxes)}
    arrays |= {"detections": np.hstack(columns).astype(np.float32), "outputs": np.vstack(outputs).astype(np.float32)}
    arrays |= {"vectors": np.vstack(scene.vectors)} if looks else {}
    arrays |= {"motions": np.stack(scene.motions)} if moving else {}
    np.savez_compressed(REFERENCE / f"{name}.npz", **arrays)
    print(name, len(arrays["detections"]), "detections", len(arrays["outputs"]), "outputs")


def main() -> None:
    """Write all files."""
    crowded, sparse = walk(1, 60, 60, 0.1), walk(2, 4, 250, 0.25)
    empty = walk(3, 10, 120, 0.1, empty=lambda frame: frame < 3 or frame % 40 >= 34)
    dropped = walk(4, 15, 100, 0.1, dropped=0.25)
    moving, changing = walk(5, 20, 60, 0.1, moving=True), walk(6, 40, 40, 0.15)
    for name, scene in {"crowded": crowded, "sparse": sparse, "empty": empty, "dropped": dropped}.items():
        track(f"bytetrack_{name}", scene, BYTETRACK, looks=False, moving=False)
        track(f"bytetrack_{name}_lenient", scene, LENIENT, looks=False, moving=False)
    track("botsort_crowded", crowded, BYTETRACK | BOTSORT, looks=False, moving=False)
    track("botsort_sparse", sparse, BYTETRACK | BOTSORT, looks=False, moving=False)
    track("botsort_looks", changing, BYTETRACK | BOTSORT, looks=True, moving=False)
    track("botsort_moving", moving, BYTETRACK | BOTSORT, looks=False, moving=True)


if __name__ == "__main__":
    main()
