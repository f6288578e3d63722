"""Tables: what a command found out -> a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from haven_client.replay import ReplaySummary
from rich.table import Table

from haven_server.evaluation.measures import MEASURES, TITLES, Measures
from haven_server.evaluation.sequences import SequenceScores
from haven_server.models import ImportResult, ModelStatus
from haven_server.offline import OfflineResult
from haven_server.operations.networks.licences import terms
from haven_server.operations.networks.manifest import Manifest
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.terminal.console import people, share
from haven_server.types import CameraStatus


def cameras_table(result: OfflineResult) -> Table:
    """Camera, frames, tracks, people and their ids, with the reason where one failed."""
    table = Table(title="Cameras", title_justify="left")
    for heading in ("camera", "state"):
        table.add_column(heading, overflow="fold")
    for heading in ("frames", "tracks", "people"):
        table.add_column(heading, justify="right")
    table.add_column("ids", overflow="fold")
    for camera in result.cameras:
        people = result.log.people(camera.camera_id)
        tracks = len(result.log.tracks(camera.camera_id))
        ids = " ".join(map(str, people)) if people else "-"
        table.add_row(camera.camera_id, _state(camera), str(camera.frames), str(tracks), str(len(people)), ids)
    return table


def replay_table(summary: ReplaySummary) -> Table:
    """What a replay sent and learned, camera by camera, with what went wrong."""
    rows = [
        (
            camera_id,
            str(camera.sent),
            str(camera.dropped),
            str(camera.tracks),
            str(len(camera.people)),
            " ".join(map(str, sorted(camera.people))) or "-",
            camera.problem or ("ended" if camera.ended else "cut"),
        )
        for camera_id, camera in sorted(summary.cameras.items())
    ]
    title = f"Replay: {people(len(summary.people))} in {summary.seconds:.1f} s"
    return rows_table(title, ("camera", "frames sent", "dropped", "tracks", "people", "ids", "state"), rows)


def report_table(report: dict[str, Any]) -> Table:
    """The report's headline figures; what needs ground truth is said to be unknown."""
    table = Table(title="Report", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for key in ("total_identities_detected", "avg_tracklet_length"):
        table.add_row(key, str(report[key]))
    for key, value in {**report["db_stats"], **report["throughput"]}.items():
        table.add_row(key, str(value))
    told = ("total_id_switches", "false_match_count", "reid_accuracy")
    for key in (key for key in told if report[key] is not None):
        table.add_row(key, str(report[key]))
    if unknown := [key for key in told if report[key] is None]:
        table.add_row(", ".join(unknown), "needs ground truth" if report["mistakes"] is None else "nobody was followed")
    return table


def scores_table(report: dict[str, Any]) -> Table:
    """How well people were found and kept apart, camera by camera and over all; only with ground truth."""
    headings = ("camera", *TITLES.values())
    rows = [
        (camera_id, *(_score(measure, report[measure]["cameras"][camera_id]) for measure in MEASURES))
        for camera_id in report["cameras"]
    ]
    everywhere = ("all", *(_score(measure, report[measure]["global"]) for measure in MEASURES))
    return rows_table("Scores (TrackEval)", headings, [*rows, everywhere])


def sequences_table(scores: SequenceScores) -> Table:
    """How well people were found and kept apart, in per cent: each sequence, all, and all as one space of ids."""
    table = Table(title="Scores in % (TrackEval)", title_justify="left")
    table.add_column("sequence", overflow="fold")
    for heading in ("frames", "people", "ids", *TITLES.values()):
        table.add_column(heading, justify="right")
    for name, one in scores.sequences.items():
        table.add_row(name, str(one.frames), str(one.people), str(one.ids), *_percentages(one.judgement.measures))
    table.add_section()
    frames = str(sum(one.frames for one in scores.sequences.values()))
    table.add_row("overall", frames, "", "", *_percentages(scores.overall.measures))
    table.add_row("global (one space of ids)", frames, "", "", *_percentages(scores.across.measures))
    return table


def mistakes_table(report: dict[str, Any]) -> Table:
    """Every track that has not its person's id, and why; only with ground truth."""
    rows = [(mistake["text"], mistake["reason"] or "-") for mistake in report["mistakes"]]
    return rows_table("What went wrong", ("what", "why"), rows or [("nothing", "-")])


def latency_table(report: dict[str, Any]) -> Table:
    """Wall time of one call per stage in milliseconds, and CPU time where it was measured."""
    table = Table(title="Latency per stage, ms", title_justify="left")
    table.add_column("stage")
    columns = ("calls", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "cpu_ms", "total_s")
    for column in columns:
        table.add_column(column.removesuffix("_ms"), justify="right")
    for stage, figures in report["latency"].items():
        table.add_row(stage, *("-" if figures[column] is None else f"{figures[column]:g}" for column in columns))
    return table


def imports_table(results: Sequence[ImportResult]) -> Table:
    """What was installed from which file, and how far it differs from the raw network."""
    rows = [
        (
            result.info.role.value,
            result.info.name,
            str(result.source.name),
            result.batching.sentence,
            f"{result.difference:.1e}",
            ", ".join(path.name for path in result.passed_over) or "-",
        )
        for result in results
    ]
    return rows_table("Imported", ("role", "name", "file", "batches", "difference", "passed over"), rows)


def published_table(title: str, manifest: Manifest) -> Table:
    """What can be pulled by name, and what its licence asks."""
    rows = [
        (network.name, network.role.value, f"{network.licence}: {terms(network.licence)}", network.note or "-")
        for network in manifest.networks
    ]
    return rows_table(title, ("name", "role", "licence", "note"), rows)


def models_table(title: str, statuses: Sequence[ModelStatus]) -> Table:
    """What is installed per role, and whether it is sound."""
    rows = []
    for status in statuses:
        info = status.info
        known = ("-", "-", "-") if info is None else (info.name, info.domain, info.model_hash[:12])
        difference = "" if status.difference is None else f" (differs by {status.difference:.1e})"
        rows.append((status.role.value, *known, status.problem or f"ok{difference}"))
    return rows_table(title, ("role", "name", "domain", "hash", "state"), rows)


def scenarios_table(scenarios: Sequence[Scenario]) -> Table:
    """What can be filmed by name."""
    rows = [
        (
            scenario.name,
            scenario.about,
            f"{scenario.duration_s:g} s",
            ", ".join(camera.id for camera in scenario.cameras),
            people(len(scenario.people)),
        )
        for scenario in scenarios
    ]
    return rows_table("Scenarios", ("name", "what happens", "length", "cameras", "who"), rows)


def quality_table(summary: Mapping[str, Mapping[str, Any]]) -> Table:
    """What many runs were worth, scenario by scenario and over all; bounds are those of 95 % confidence."""
    headings = (
        "scenario",
        "runs",
        "IDF1 mean",
        "worst",
        "HOTA mean",
        "false matches",
        "id switches",
        "runs that keep ids over new clothes",
        "look-alikes merged",
        "strangers given a new id",
    )
    rows = [
        (
            name,
            str(sums["runs"]),
            share(sums["idf1_mean"]),
            share(sums["idf1_worst"]),
            share(sums["hota_mean"]),
            str(sums["false_matches"]),
            _proportion(sums["id_switches"]),
            _proportion(sums["runs_that_keep_ids_over_clothing_change"]),
            _proportion(sums["look_alike_pairs_merged"]),
            _proportion(sums["strangers_given_a_new_id"]),
        )
        for name, sums in summary.items()
    ]
    return rows_table("Quality", headings, rows)


def failures_table(failures: Sequence[Mapping[str, Any]]) -> Table:
    """Which runs failed in which way: scenario, failing, seeds; the results' file tells why."""
    seeds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for failure in failures:
        for name in failure["failed"]:
            seeds[failure["scenario"], name].append(str(failure["seed"]))
    rows = [(scenario, name, str(len(of)), " ".join(of)) for (scenario, name), of in sorted(seeds.items())]
    return rows_table("Runs that failed", ("scenario", "what", "runs", "seeds"), rows or [("-", "nothing", "0", "-")])


def rows_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A plain table of text."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _proportion(cases: Mapping[str, Any]) -> str:
    """Count some cases of all, and say the bounds of their share below."""
    if not cases["of"]:
        return "-"
    return f"{cases['count']} of {cases['of']}\n{100 * cases['low']:.1f}-{share(cases['high'])}"


def _score(measure: str, value: float | None) -> str:
    return f"{value:g}" if measure == "idsw" and value is not None else share(value)


def _percentages(measures: Measures | None) -> list[str]:
    """Say every measure; trackers are compared by tenths of a per cent, so that there are hundredths."""
    if measures is None:
        return ["-"] * len(MEASURES)
    shares = [f"{100 * getattr(measures, name):.2f}" for name in MEASURES if name != "idsw"]
    return [*shares, str(measures.idsw)]


def _state(camera: CameraStatus) -> str:
    """Say how a camera stands, with the reason where it failed; its name stands beside it."""
    if not camera.problem:
        return camera.state.value
    reason = camera.problem.removeprefix(f"camera {camera.camera_id!r}: ")
    return f"{camera.state.value}: {reason}"
