"""Sum a run up: RunLog, statistics -> report (JSON)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haven_server.evaluation.run_log import RunLog
from haven_server.telemetry import StageSummary
from haven_server.types import CameraStatus, StoreStatistics

BYTES_PER_MB = 1e6


def build_report(
    log: RunLog,
    cameras: Sequence[CameraStatus],
    stages: Sequence[StageSummary],
    statistics: StoreStatistics,
    seconds: float,
) -> dict[str, Any]:
    """Build the report.

    Args:
        seconds: wall time of the run.
    Returns:
        JSON values. What only ground truth can tell (switches, false matches, accuracy, HOTA and its kin) is None.
    """
    lengths = [len(record.sightings) for record in log.tracks()]
    frames = sum(camera.frames for camera in cameras)
    return {
        "total_identities_detected": len(log.people()),
        "total_id_switches": None,
        "false_match_count": None,
        "avg_tracklet_length": round(sum(lengths) / len(lengths), 2) if lengths else 0.0,
        "reid_accuracy": None,
        "db_stats": {
            "total_embeddings_stored": statistics.embeddings,
            "avg_embeddings_per_id": round(statistics.embeddings / max(statistics.identities, 1), 2),
            "db_size_mb": round(statistics.size_bytes / BYTES_PER_MB, 3),
        },
        **{measure: _unknown(cameras) for measure in ("hota", "deta", "assa", "idf1", "mota")},
        "cameras": {camera.camera_id: _camera(camera, log) for camera in cameras},
        "latency": {stage.name: stage.as_dict() for stage in stages},
        "throughput": {
            "frames": frames,
            "seconds": round(seconds, 3),
            "frames_per_second": round(frames / seconds, 2) if seconds > 0 else 0.0,
        },
    }


def _unknown(cameras: Sequence[CameraStatus]) -> dict[str, Any]:
    """A measure without ground truth: unknown for the site and for each camera."""
    return {"global": None, "cameras": {camera.camera_id: None for camera in cameras}}


def _camera(camera: CameraStatus, log: RunLog) -> dict[str, Any]:
    return {
        "state": camera.state.value,
        "problem": camera.problem or None,
        "frames": camera.frames,
        "tracks": len(log.tracks(camera.camera_id)),
        "people": list(log.people(camera.camera_id)),
    }
