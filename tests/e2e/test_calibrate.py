"""`haven calibrate`: thresholds from a finished run and from labelled pictures, and where they end up."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import yaml

from haven_server.engine.repository import read_info
from haven_server.types import ModelRole

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, World


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Thirty people, each in a colour of their own, seen twice; the toy embedder sees the colours."""
    folder = tmp_path / "pictures"
    chance = np.random.default_rng(1)
    for person in range(30):
        (folder / str(person)).mkdir(parents=True)
        colour = chance.integers(0, 256, 3)
        for view in range(2):
            image = np.clip(colour + chance.integers(-9, 10, (128, 64, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / str(person) / f"{view}.png"), image)
    return folder


def test_a_finished_run_tells_who_is_two_and_claims_no_more(finished: World, haven: RunHaven, tmp_path: Path) -> None:
    output = tmp_path / "thresholds.yaml"
    done = haven("calibrate", "--database", finished.database, "--config", finished.config, "--output", output)
    assert done.returncode == 0, done.stderr
    # Red and green are in the kitchen together; nobody else meets.
    assert "0 of 1 pair of people" in done.stdout
    assert "appearance_alone: 1 pair of people cannot show 0.1 %" in done.stderr
    assert "all of 78 people" in done.stderr


def test_pictures_give_thresholds_that_the_networks_carry_from_then_on(
    world: World, pictures: Path, haven: RunHaven, tmp_path: Path
) -> None:
    settings = yaml.safe_load(world.config.read_text())
    repository = Path(shutil.copytree(settings["inference"]["model_repository"], tmp_path / "repository"))
    settings["inference"]["model_repository"] = str(repository)
    world.config.write_text(yaml.safe_dump(settings))
    before = read_info(repository, ModelRole.APPEARANCE_EMBEDDER)
    options = ("--config", world.config, "--false-match-rate", "0.05", "--output", tmp_path / "out.yaml", "--install")
    done = haven("calibrate", "--pictures", pictures, *options)
    assert done.returncode == 0, done.stderr
    assert "appearance: shows in 60 of 60 pictures" in done.stderr
    after = read_info(repository, ModelRole.APPEARANCE_EMBEDDER)
    chosen = yaml.safe_load((tmp_path / "out.yaml").read_text())["reid"]["thresholds"]
    assert after.thresholds == chosen
    # 435 pairs of people let some pass: at most 13 show 5 %.
    assert 0 < after.thresholds["appearance_alone"] < 1
    assert after.model_hash == before.model_hash, "embeddings made before stay comparable"


def test_pictures_and_a_run_at_once_are_refused(world: World, haven: RunHaven) -> None:
    done = haven("calibrate", "--config", world.config)
    assert done.returncode == 2 and "name labelled --pictures, or the --database" in done.stderr
    done = haven("calibrate", "--config", world.config, "--database", "nowhere.db")
    assert "nowhere.db: no such database" in done.stderr and "Traceback" not in done.stderr
