"""Sum a run up: RunLog, statistics -> report (JSON)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from haven_server.evaluation.measures import MEASURES, Measures
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.scorecard import Scorecard
from haven_server.evaluation.verdict import Mistake
from haven_server.telemetry import StageSummary
from haven_server.types import CameraStatus, StoreStatistics

BYTES_PER_MB = 1e6


def build_report(
    log: RunLog,
    cameras: Sequence[CameraStatus],
    stages: Sequence[StageSummary],
    statistics: StoreStatistics,
    seconds: float,
    scorecard: Scorecard | None = None,
    names: Mapping[int, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Build the report.

    Args:
        seconds: wall time of the run.
        scorecard: of the same run; None without ground truth.
        names: of people, by the truth's global id.
    Returns:
        JSON values. What only ground truth can tell (switches, false matches, accuracy, HOTA and its kin) is None.
    """
    verdict = scorecard.verdict if scorecard else None
    lengths = [len(record.sightings) for record in log.tracks()]
    frames = sum(camera.frames for camera in cameras)
    return {
        "total_identities_detected": len(log.people()),
        "total_id_switches": verdict.switches if verdict else None,
        "false_match_count": verdict.false_matches if verdict else None,
        "avg_tracklet_length": round(sum(lengths) / len(lengths), 2) if lengths else 0.0,
        "reid_accuracy": _rounded(verdict.accuracy) if verdict else None,
        "db_stats": {
            "total_embeddings_stored": statistics.embeddings,
            "avg_embeddings_per_id": round(statistics.embeddings / max(statistics.identities, 1), 2),
            "db_size_mb": round(statistics.size_bytes / BYTES_PER_MB, 3),
        },
        **{measure: _measure(measure, cameras, scorecard) for measure in MEASURES},
        "mistakes": [_mistake(mistake, log, names) for mistake in verdict.mistakes] if verdict else None,
        "cameras": {camera.camera_id: _camera(camera, log) for camera in cameras},
        "latency": {stage.name: stage.as_dict() for stage in stages},
        "throughput": {
            "frames": frames,
            "seconds": round(seconds, 3),
            "frames_per_second": round(frames / seconds, 2) if seconds > 0 else 0.0,
        },
    }


def _measure(name: str, cameras: Sequence[CameraStatus], scorecard: Scorecard | None) -> dict[str, Any]:
    """One measure for the site and for each camera; None where only ground truth could tell, or nobody is there."""
    if scorecard is None:
        return {"global": None, "cameras": {camera.camera_id: None for camera in cameras}}
    return {
        "global": _of(scorecard.overall, name),
        "cameras": {camera.camera_id: _of(scorecard.cameras.get(camera.camera_id), name) for camera in cameras},
    }


def _of(measures: Measures | None, name: str) -> float | None:
    return measures.as_dict()[name] if measures else None


def _mistake(mistake: Mistake, log: RunLog, names: Mapping[int, str]) -> dict[str, Any]:
    """One mistake in numbers and in words, with the reason of the decision behind it."""
    reason = log.record(mistake.cause.camera_id, mistake.cause.track).reason or None
    return mistake.as_dict() | {"text": mistake.sentence(names), "reason": reason}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _camera(camera: CameraStatus, log: RunLog) -> dict[str, Any]:
    return {
        "state": camera.state.value,
        "problem": camera.problem or None,
        "frames": camera.frames,
        "tracks": len(log.tracks(camera.camera_id)),
        "people": list(log.people(camera.camera_id)),
    }
