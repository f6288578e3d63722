"""Sum up what many runs were worth: rows -> summary by scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""What one run was worth, as JSON values; ``problem`` tells why there is nothing else, None otherwise."""


def summarise(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """Sum rows up by scenario, and over all under ``all``; a share without cases is None."""
    listed = [row for row in rows if row["problem"] is None]
    scenarios = sorted({row["scenario"] for row in listed})
    summary = {name: _sum_up([row for row in listed if row["scenario"] == name]) for name in scenarios}
    return summary | {"all": _sum_up(listed)} if listed else summary


def _sum_up(rows: Sequence[Row]) -> dict[str, Any]:
    scores = [row["idf1"] for row in rows if row["idf1"] is not None]
    total = {key: sum(row[key] for row in rows) for key in ("switches", "chances", "changed", "kept", "strangers")}
    return {
        "runs": len(rows),
        "idf1_mean": _share(sum(scores), len(scores)),
        "idf1_worst": min(scores, default=None),
        "false_matches": sum(row["false_matches"] for row in rows),
        "runs_with_merged_ids": sum(row["merged_ids"] > 0 for row in rows),
        "id_switch_rate": _share(total["switches"], total["chances"]),
        "id_kept_over_clothing_change": _share(total["kept"], total["changed"]),
        "look_alikes_merged": sum(row["merged"] for row in rows),
        "look_alike_pairs": sum(row["doubles"] for row in rows),
        "strangers_given_a_new_id": _share(total["strangers"] - sum(row["known"] for row in rows), total["strangers"]),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
