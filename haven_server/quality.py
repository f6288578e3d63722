"""`haven quality`: many seeds of every scenario through the whole server. Case -> Row."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

import haven_core
import haven_server
from haven_server.app import make_engine
from haven_server.errors import HavenError, InvalidInputError, NotFoundError
from haven_server.evaluation.conduct import Player, conduct
from haven_server.evaluation.outputs import write_text
from haven_server.evaluation.tally import Row, failures, summarise
from haven_server.models.requirements import require_models
from haven_server.offline import OfflineOutputs, OfflineResult, run_offline
from haven_server.operations import demo, provenance
from haven_server.settings_file import load_settings
from haven_server.sources.synthetic.scenarios import scenario_file
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.telemetry import configure_logging

RESULTS = Path("bench") / "results" / "quality.json"


@dataclass(frozen=True, slots=True)
class Trial:
    """What all runs have in common.

    Attributes:
        config: whose networks and settings are tried.
        fps: frames per second of the films; None: the scenario's own.
        scale: factor on width and height of the pictures.
        films: folder in which films are kept for other runs; None: each is thrown away after its run.
    """

    config: Path
    fps: float | None = None
    scale: float = 1.0
    films: Path | None = None

    def require_networks(self) -> None:
        """Make sure that every run finds its networks.

        Raises:
            ConfigurationError: the configuration is wrong.  ModelError: a network is missing or unfit.
        """
        settings = load_settings(self.config, (), {})
        require_models(settings, make_engine(settings))

    def digest(self) -> str:
        """Name everything but its film that a row depends on: code, networks, configuration."""
        packages = (Path(package.__path__[0]) for package in (haven_server, haven_core))
        kinds = ("*.py", "*.pyx", "*.pxd", "*.h")
        code = [path for package in packages for kind in kinds for path in sorted(package.rglob(kind))]
        repository = load_settings(self.config, (), {}).inference.model_repository
        networks = [path for kind in ("*.onnx", "*.npz") for path in sorted(repository.rglob(kind))]
        return provenance.digest_of([*code, *networks, self.config])


@dataclass(frozen=True, slots=True)
class Case:
    """One run: a scenario's file with a seed."""

    path: Path
    seed: int
    trial: Trial

    @property
    def name(self) -> tuple[str, int]:
        """Scenario and seed, by which its row is known."""
        return self.path.stem, self.seed

    def scenario(self) -> Scenario:
        """Read what is filmed.

        Raises:
            ConfigurationError: it cannot be read or played.
        """
        scenario = scenario_file.load(self.path, self.seed)
        return scenario if self.trial.fps is None else scenario.model_copy(update={"fps": self.trial.fps})

    def film_digest(self) -> str:
        """Name its film."""
        return demo.film_digest(self.scenario(), self.trial.scale)


def cases(names: Sequence[str] | None, seeds: int, trial: Trial) -> list[Case]:
    """List the runs, seed by seed, so that a result cut short speaks of every scenario.

    Args:
        names: of scenarios, or files; none: all that are shipped.
        seeds: runs of each; they have the seeds 0, 1, 2 …
    Raises:
        NotFoundError: no such scenario, or none at all.
        InvalidInputError: two scenarios have one name, by which their rows are known.
    """
    paths = [scenario_file.find(name) for name in names] if names else scenario_file.shipped()
    if not paths:
        raise NotFoundError(f"{scenario_file.SHIPPED}: holds no scenario; run this in a checkout of HAVEN")
    named: dict[str, Path] = {}
    for path in paths:
        if not named.setdefault(path.stem, path).samefile(path):
            raise InvalidInputError(f"{named[path.stem]} and {path}: two scenarios of one name; rename a file")
    return [Case(path, seed, trial) for seed in range(seeds) for path in named.values()]


def run_case(case: Case) -> Row:
    """Film one scenario, run the server on it, and score that; all but the row, and films to be kept, is thrown away.

    Returns:
        The row; ``problem`` in it tells why there is nothing else, None otherwise.
    """
    cv2.setNumThreads(1)
    row: Row = {"scenario": case.path.stem, "seed": case.seed, "problem": None}
    began = time.monotonic()
    try:
        with TemporaryDirectory(prefix="haven-quality-") as folder:
            row |= asyncio.run(_score(case, Path(folder)))
    except HavenError as error:
        row["problem"] = str(error)
    return row | {"seconds": round(time.monotonic() - began, 1)}


async def _score(case: Case, folder: Path) -> Row:
    kept = (case.trial.films or folder) / f"{case.path.stem}-{case.seed}"
    film = demo.film(case.scenario(), kept, lambda camera_id, done, total: None, scale=case.trial.scale)
    config = demo.configure(case.trial.config, film, folder / "sources.yaml")
    overrides = (f"general.output_dir={folder}", "storage.save_snapshots=false", "general.log_level=ERROR")
    settings = load_settings(config, overrides, {})
    configure_logging(settings)
    outputs = OfflineOutputs(mot=None, events=None, videos=None, report=folder / "report.json")
    result = await run_offline(settings, outputs, lambda progress: None, film.truth, names=film.names)
    return _row(result, [Player.read(entry) for entry in film.people])


def _row(result: OfflineResult, players: Sequence[Player]) -> Row:
    assert result.scorecard is not None, "a run with ground truth is scored"
    verdict, report = result.scorecard.verdict, result.report
    return {
        "people": len(players),
        "ids": report["total_identities_detected"],
        "idf1": report["idf1"]["global"],
        "hota": report["hota"]["global"],
        "mota": report["mota"]["global"],
        "false_matches": verdict.false_matches,
        "merged_ids": len(verdict.merged),
        "switches": verdict.switches,
        "chances": verdict.chances,
        **asdict(conduct(result.scorecard, players)),
        "mistakes": [f"{mistake['text']} ({mistake['reason'] or 'no reason known'})" for mistake in report["mistakes"]],
    }


def worker_processes(count: int) -> Executor:
    """Make processes that share nothing with this one: each has networks and a database of its own."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


def measure(
    wanted: Sequence[Case],
    output: Path,
    workers: Executor,
    on_row: Callable[[Row], None],
    run: Callable[[Case], Row] = run_case,
) -> list[Row]:
    """Run every case that has no row in the results yet, and write the results after each.

    Args:
        wanted: at least one, all of one trial.
        output: JSON file of the results; rows of other code, networks, settings or films in it are dropped.
        workers: run the cases.
        on_row: told of every row, those first that are there already.
        run: makes a case's row.
    Returns:
        The rows of the wanted cases, in their order.
    Raises:
        OutputError: the disk refuses the results.
    """
    digest = wanted[0].trial.digest()
    films = {case.name: case.film_digest() for case in wanted}
    rows = {name: row for name, row in _kept(output, digest).items() if row["film"] == films.get(name, row["film"])}
    for case in wanted:
        if case.name in rows:
            on_row(rows[case.name])
    running = {workers.submit(run, case): case for case in wanted if case.name not in rows}
    try:
        for done in as_completed(running):
            name = running[done].name
            row = rows[name] = done.result() | {"film": films[name]}
            _write(output, digest, rows)
            on_row(row)
    finally:
        for future in running:
            future.cancel()
    return [rows[case.name] for case in wanted]


def _kept(output: Path, digest: str) -> dict[tuple[str, int], Row]:
    """Read the rows of the same code; those with a problem are run again."""
    try:
        content = json.loads(output.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("digest") != digest:
        return {}
    return {(row["scenario"], row["seed"]): row for row in content["rows"] if row["problem"] is None}


def _write(output: Path, digest: str, rows: Mapping[tuple[str, int], Row]) -> None:
    ordered = [rows[name] for name in sorted(rows)]
    content = {
        "machine": provenance.machine(),
        "commit": provenance.commit(Path.cwd()),
        "digest": digest,
        "rows": ordered,
        "failures": failures(ordered),
        "summary": summarise(ordered),
    }
    write_text(output, json.dumps(content, indent=2) + "\n")
