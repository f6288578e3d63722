"""A stage for real people: films put together from the pictures of HAVEN_TEST_DATA, and its videos as they are.

A visitor of a film is drawn upright before a wall: the crop of somebody's body from behind, with pictures of a face
in the place of the head, one after the other as when somebody turns it. So a test chooses who wears what. The server is
given nothing but the films; the truth about them is for the report's scores.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import yaml

from haven_server.types import BGRImage

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven

WIDTH, HEIGHT, RATE = 640, 480, 5
WALL = (150, 160, 165)
TALL, FACE = 440, 96
"""Height of a person, and of a face, px."""
EDGE = 40
"""Least distance of a person from the picture's sides, px."""
SHOWN, PAUSE = 2 * RATE, RATE
"""Frames of one visit, and between two."""
CLOTHES = {
    "white shirt": "0022_c6s1_002976_01",
    "another white shirt": "0048_c1s1_005351_01",
    "purple shirt": "0027_c2s2_091032_02",
}
"""Crops of three people from behind."""


@dataclass(frozen=True)
class Visit:
    """Somebody walks through the picture.

    Attributes:
        name: of a person in ``faces/``, or of anybody who shows none.
        clothes: of ``CLOTHES``.
        faces: numbers of the person's pictures; none: seen from behind.
    """

    name: str
    clothes: str
    faces: Sequence[int] = ()


Box = tuple[int, int, int, int]
Decision = tuple[str, str, int, str]
"""Camera, what was done, with whom, how sure."""


@dataclass
class Stage:
    """Films visits, shows videos, and has HAVEN watch.

    Attributes:
        data: the test data.
        people: number in the ground truth, by name.
    """

    folder: Path
    data: Path
    repository: Path
    haven: RunHaven
    cameras: list[dict[str, Any]] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)

    def film(self, camera_id: str, *visits: tuple[str, str, Sequence[int]], starts_s: float = 0.0) -> None:
        """Film one visit after the other with a camera of its own.

        Args:
            visits: see ``Visit``.
            starts_s: when the film begins, after the run's start.
        """
        path = self.folder / f"{camera_id}.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (WIDTH, HEIGHT))
        lines, empty = [], np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
        for place, visit in enumerate(Visit(*visit) for visit in visits):
            who = self.people.setdefault(visit.name, len(self.people) + 1)
            for step in range(SHOWN):
                image = empty.copy()
                box = self._draw(visit, step / SHOWN, image)
                writer.write(image)
                frame = place * (SHOWN + PAUSE) + step
                lines.append(",".join(map(str, (frame + 1, who, *box, 1, 1, 1.0))))
            for _ in range(PAUSE):
                writer.write(empty)
        writer.release()
        (self.folder / "truth").mkdir(exist_ok=True)
        (self.folder / "truth" / f"{camera_id}.txt").write_text("\n".join(lines) + "\n")
        self.cameras.append({"id": camera_id, "source": str(path), "start_offset_s": starts_s})

    def show(self, camera_id: str, video: str, starts_s: float = 0.0) -> None:
        """Have a camera of its own show one of the real videos, of which nobody knows the truth."""
        source = self.data / "videos" / f"{video}.mp4"
        self.cameras.append({"id": camera_id, "source": str(source), "start_offset_s": starts_s})

    def run(self, **sections: Any) -> Outcome:
        """Run HAVEN over all that the cameras show, appearance on, and score what was filmed by the truth."""
        settings = {
            "general": {"output_dir": str(self.folder / "out"), "fps_limit": 10},
            "cameras": self.cameras,
            "inference": {"model_repository": str(self.repository)},
            "reid": {"appearance": {"enabled": True}, "gait": {"enabled": False}},
        }
        config = self.folder / "sources.yaml"
        config.write_text(yaml.safe_dump(settings | sections))
        truth = ("--truth", self.folder / "truth") if self.people else ()
        done = self.haven("run", "--config", config, *truth)
        assert done.returncode == 0, done.stderr
        return Outcome(self.folder / "out")

    def _draw(self, visit: Visit, share: float, image: BGRImage) -> Box:
        """Draw a visitor who is some share of the way through the picture; returns left, top, width and height."""
        figure = _picture(self.data / "crops" / "market" / f"{CLOTHES[visit.clothes]}.jpg", TALL).copy()
        if visit.faces:
            number = visit.faces[int(share * len(visit.faces))]
            _put_on(figure, _picture(self.data / "faces" / f"{visit.name}{number}.png", FACE))
        height, width = figure.shape[:2]
        left, top = round(EDGE + share * (WIDTH - width - 2 * EDGE)), (HEIGHT - height) // 2
        image[top : top + height, left : left + width] = figure
        return left, top, width, height


@dataclass(frozen=True)
class Outcome:
    """What a run left in its folder."""

    folder: Path

    @property
    def scores(self) -> Mapping[str, Any]:
        """What the report says that all was worth."""
        keys = ("total_identities_detected", "total_id_switches", "false_match_count", "reid_accuracy")
        report = json.loads((self.folder / "report.json").read_text())
        return {key: report[key] for key in keys}

    @property
    def decisions(self) -> list[Decision]:
        """Every decision, in order."""
        query = (
            "SELECT camera_id, action, global_id, detail FROM identity_changes WHERE action <> 'confirmed' "
            "ORDER BY change_id"
        )
        with closing(sqlite3.connect(self.folder / "haven.db")) as database:
            rows = database.execute(query).fetchall()
        return [(*decided, json.loads(detail)["confidence"]) for *decided, detail in rows]


@pytest.fixture
def stage(test_data: Path, real_repository: Path, tmp_path: Path, haven: RunHaven) -> Stage:
    """A stage without cameras."""
    return Stage(tmp_path, test_data, real_repository, haven)


@cache
def _picture(path: Path, height: int) -> BGRImage:
    picture = cv2.imread(str(path))
    assert picture is not None, path
    width = round(picture.shape[1] * height / picture.shape[0])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _put_on(figure: BGRImage, face: BGRImage) -> None:
    """Put a face where a figure has its head: an oval in the middle of the top."""
    oval = np.zeros((FACE, FACE), np.uint8)
    cv2.ellipse(oval, (FACE // 2, FACE // 2), (round(0.42 * FACE), FACE // 2), 0, 0, 360, 255, cv2.FILLED)
    left = (figure.shape[1] - FACE) // 2
    figure[:FACE, left : left + FACE][oval > 0] = face[oval > 0]
