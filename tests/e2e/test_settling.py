"""A track that was taken for somebody new is corrected once its face shows: film, networks, database, files.

Gait takes part, by statistics that tell nothing: it is stored, and decides nothing.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from haven_core.gait import DIMENSION
from haven_server.engine.repository import read_info
from haven_server.models.gait import make_gait_model, write_gait_model
from haven_server.offline import OfflineOutputs, run_offline
from haven_server.operations import demo
from haven_server.settings_file import load_settings
from haven_server.sources.synthetic.scenarios import scenario_file
from haven_server.types import ModelRole

ROOT = Path(__file__).parents[2]
SCENARIO = Path(__file__).parent / "turning_round.yaml"


def repository_with_gait(folder: Path) -> Path:
    """Copy the demonstration's networks, and put statistics of walks beside them."""
    shutil.copytree(ROOT / "triton_models" / "demo", folder)
    pose = read_info(folder, ModelRole.POSE_ESTIMATOR)
    matrix = np.random.default_rng(0).normal(size=(16, DIMENSION)).astype(np.float32)
    write_gait_model(make_gait_model(pose, 15, np.zeros(DIMENSION, np.float32), matrix, 1.0, 1.0), folder)
    return folder


def test_who_turns_round_late_is_the_person_seen_before_from_the_first_frame_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    film = demo.film(scenario_file.load(SCENARIO, 0), tmp_path / "film", lambda camera_id, done, total: None)
    config = demo.configure(demo.DEMO_CONFIG, film, tmp_path / "sources.yaml")
    repository = repository_with_gait(tmp_path / "networks")
    changes = (f"general.output_dir={tmp_path}", f"inference.model_repository={repository}", "reid.gait.enabled=true")
    settings = load_settings(config, changes, {})
    outputs = OfflineOutputs(tmp_path / "mot", tmp_path / "events.jsonl", None, tmp_path / "report.json")
    asyncio.run(run_offline(settings, outputs, lambda progress: None, film.truth))

    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    told = [(event["camera_id"], event["kind"], event["global_id"]) for event in events if event["track_id"]]
    assert told == [
        ("front", "IDENTITY_CREATED", 1),
        ("back", "IDENTITY_CREATED", 2),
        ("back", "IDENTITY_CORRECTED", 1),
        ("back", "TRACK_ENDED", 1),
        ("front", "TRACK_ENDED", 1),
    ]
    for camera_id in ("front", "back"):
        rows = (tmp_path / "mot" / f"{camera_id}.txt").read_text().splitlines()
        assert {row.split(",")[1] for row in rows} == {"1"}
    with closing(sqlite3.connect(tmp_path / "haven.db")) as database:
        assert database.execute("SELECT global_id, status, merged_into FROM identities").fetchall() == [
            (1, "active", None),
            (2, "merged", 1),
        ]
        for table in ("observations", "embeddings", "tracklet_quality"):
            assert database.execute(f"SELECT DISTINCT global_id FROM {table}").fetchall() == [(1,)]
        assert ("gait",) in database.execute("SELECT DISTINCT emb_type FROM embeddings").fetchall()
    assert json.loads((tmp_path / "report.json").read_text())["total_identities_detected"] == 1
