"""A film of the drawn world, through the networks that know it, to a score."""

from __future__ import annotations

from pathlib import Path

import pytest

from haven_server.operations.demo import DEMO_CONFIG
from haven_server.quality import Case, Trial, run_case, worker_processes

ROOT = Path(__file__).parents[2]
MEETING = Path(__file__).parent / "meeting.yaml"


def test_two_people_who_change_places_keep_their_ids_and_are_not_taken_for_one_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    with worker_processes(1) as workers:
        row = workers.submit(run_case, Case(MEETING, 0, Trial(DEMO_CONFIG, films=tmp_path))).result()
    assert (tmp_path / "meeting-0" / "gt").is_dir(), "the film is kept"
    assert row["problem"] is None
    assert (row["people"], row["ids"], row["false_matches"], row["switches"]) == (2, 2, 0, 0), row["mistakes"]
    assert row["chances"] >= 2 and row["idf1"] > 0.8
