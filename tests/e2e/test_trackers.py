"""`haven run` with either tracker, where one of them needs looks to follow somebody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import make_video

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, World


def turn_back_unseen(frame: int) -> tuple[int, int] | None:
    """Walk to the right, go out of sight for six frames, and come back far to the left of where the walk would lead."""
    if 15 <= frame < 21:
        return None
    return (20 + 6 * frame if frame < 15 else 40), 60


@pytest.mark.parametrize(("tracker", "tracks"), [("bytetrack", 2), ("botsort", 1)])
def test_looks_join_what_place_cannot(world: World, haven: RunHaven, tracker: str, tracks: int) -> None:
    make_video(world.videos["hall"], {"red": turn_back_unseen}, 36)
    choice = f"inference.tracker.type={tracker}"
    done = haven("run", "--config", world.config, "--set", choice, "--report", "report.json")
    assert done.returncode == 0, done.stderr
    hall = json.loads((world.folder / "report.json").read_text())["cameras"]["hall"]
    assert hall["tracks"] == tracks
