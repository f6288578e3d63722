"""Many runs: which are made, which are kept, and what is written of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import haven_core
from haven_server.errors import InvalidInputError, ModelError, NotFoundError
from haven_server.evaluation.tally import summarise
from haven_server.quality import Case, Trial, cases, measure

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workers() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    (tmp_path / "config.yaml").write_text(f"inference: {{model_repository: {tmp_path / 'networks'}}}")
    return Trial(tmp_path / "config.yaml")


class Runs:
    """Makes rows instead of runs; some scenarios fail.

    Attributes:
        made: scenario and seed of each.
    """

    def __init__(self, *failing: str) -> None:
        self.made: list[tuple[str, int]] = []
        self._failing = failing

    def __call__(self, case: Case) -> dict[str, Any]:
        self.made.append(case.name)
        plain = {
            "idf1": 1.0,
            "hota": 0.9,
            "false_matches": 0,
            "merged_ids": 0,
            "switches": 0,
            "chances": 4,
            "mistakes": [],
        }
        conduct = {"changed": 0, "kept": 0, "doubles": 0, "merged": 0, "strangers": 0, "known": 0}
        problem = "disk full" if case.path.stem in self._failing else None
        return {"scenario": case.path.stem, "seed": case.seed, "problem": problem, **plain, **conduct}


def some(trial: Trial, seeds: int, duration_s: int = 1) -> list[Case]:
    """Runs of two scenarios, which lie beside the configuration."""
    scenario = {
        "about": "Somebody comes in.",
        "duration_s": duration_s,
        "cameras": [{"id": "hall", "mount": "hall.a"}],
        "people": [{"name": "Ada", "person": 1, "script": [{"enter": "hall.entrance"}]}],
    }
    paths = [trial.config.with_name(f"{name}.yaml") for name in ("fall", "crowd")]
    for path in paths:
        path.write_text(json.dumps({"name": path.stem, **scenario}))
    return [Case(path, seed, trial) for seed in range(seeds) for path in paths]


def ignore(row: dict[str, Any]) -> None:
    """Tell nobody."""


def test_every_shipped_scenario_is_run_with_every_seed(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    listed = [case.name for case in cases(None, 2, trial)]
    assert ("demo", 0) in listed and ("demo", 1) in listed and len(listed) == len(set(listed))
    assert [case.name for case in cases(["demo"], 1, trial)] == [("demo", 0)]
    with pytest.raises(NotFoundError, match="dmeo"):
        cases(["dmeo"], 1, trial)


def test_a_scenario_that_is_named_twice_is_run_once_and_two_of_one_name_are_refused(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    (own := tmp_path / "demo.yaml").write_bytes((ROOT / "config" / "scenarios" / "demo.yaml").read_bytes())
    assert [case.name for case in cases(["demo", "config/scenarios/demo.yaml"], 1, trial)] == [("demo", 0)]
    with pytest.raises(InvalidInputError, match="two scenarios of one name"):
        cases(["demo", str(own)], 1, trial)


def test_where_films_are_kept_changes_no_result(trial: Trial, tmp_path: Path) -> None:
    assert replace(trial, films=tmp_path).digest() == trial.digest()


@pytest.mark.parametrize("name", ["kalman.py", "kalman.pyx", "kalman.pxd", "_bounds.h"])
def test_results_of_other_kernels_are_others_wherever_their_code_stands(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(haven_core, "__path__", [str(tmp_path)])
    (tmp_path / name).write_text("width = 1")
    before = trial.digest()
    (tmp_path / name).write_text("width = 2")
    assert trial.digest() != before


def test_outside_a_checkout_there_is_nothing_to_run(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError, match="holds no scenario"):
        cases(None, 1, trial)


def test_missing_networks_are_named_before_any_run(trial: Trial) -> None:
    with pytest.raises(ModelError, match="person_detector"):
        trial.require_networks()


def test_results_hold_every_row_and_a_summary_and_say_where_they_come_from(
    tmp_path: Path, trial: Trial, workers: Executor
) -> None:
    told: list[dict[str, Any]] = []
    rows = measure(some(trial, 2), tmp_path / "new" / "quality.json", workers, told.append, Runs("crowd"))
    content = json.loads((tmp_path / "new" / "quality.json").read_text())
    assert [(row["scenario"], row["seed"]) for row in rows] == [case.name for case in some(trial, 2)]
    assert content["summary"] == summarise(rows) and content["summary"]["fall"]["runs"] == 2
    assert [failure["scenario"] for failure in content["failures"]] == ["crowd", "crowd"]
    assert [(row["scenario"], row["seed"]) for row in content["rows"]] == [
        ("crowd", 0),
        ("crowd", 1),
        ("fall", 0),
        ("fall", 1),
    ]
    assert content["machine"]["cores"] >= 1 and content["commit"] and len(told) == 4


def test_a_second_time_only_what_is_missing_or_failed_is_run(tmp_path: Path, trial: Trial, workers: Executor) -> None:
    output, first, second, third = tmp_path / "quality.json", Runs("fall"), Runs(), Runs()
    measure(some(trial, 1), output, workers, ignore, first)
    measure(some(trial, 2), output, workers, ignore, second)
    told: list[dict[str, Any]] = []
    measure(some(trial, 2), output, workers, told.append, third)
    assert sorted(first.made) == [("crowd", 0), ("fall", 0)]
    assert sorted(second.made) == [("crowd", 1), ("fall", 0), ("fall", 1)]
    assert third.made == [] and len(told) == 4


@pytest.mark.parametrize("damage", ["{", "[]", "{}"])
def test_damaged_results_are_not_gone_on_from(tmp_path: Path, trial: Trial, workers: Executor, damage: str) -> None:
    output, again = tmp_path / "quality.json", Runs()
    measure(some(trial, 1), output, workers, ignore, Runs())
    output.write_text(damage)
    measure(some(trial, 1), output, workers, ignore, again)
    assert len(again.made) == 2


def test_rows_of_other_settings_are_not_gone_on_from(tmp_path: Path, trial: Trial, workers: Executor) -> None:
    output, again = tmp_path / "quality.json", Runs()
    measure(some(trial, 1), output, workers, ignore, Runs())
    trial.config.write_text(trial.config.read_text() + "\n")
    measure(some(trial, 1), output, workers, ignore, again)
    assert len(again.made) == 2


def test_rows_of_other_films_are_not_gone_on_from(tmp_path: Path, trial: Trial, workers: Executor) -> None:
    output, faster, longer = tmp_path / "quality.json", Runs(), Runs()
    measure(some(trial, 1), output, workers, ignore, Runs())
    measure(some(replace(trial, fps=5), 1), output, workers, ignore, faster)
    measure(some(replace(trial, fps=5), 1, duration_s=2)[:1], output, workers, ignore, longer)
    assert (len(faster.made), longer.made) == (2, [("fall", 0)])
