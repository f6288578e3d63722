"""Sum up what many runs were worth: rows -> summary by scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from haven_server.evaluation.proportion import Proportion

Row: TypeAlias = dict[str, Any]
"""What one run was worth, as JSON values; ``problem`` tells why there is nothing else, None otherwise."""
EVERYTHING = "all"
"""Name of the sums over all scenarios."""

# How a run can fail, by the name of each way: what of it a row counts.
_FAILINGS: dict[str, Callable[[Row], int]] = {
    "false match": lambda row: row["false_matches"],
    "look-alikes share an id": lambda row: row["merged"],
    "new clothes cost the id": lambda row: row["changed"] - row["kept"],
    "stranger taken for somebody": lambda row: row["known"],
    "id switch": lambda row: row["switches"],
}


def summarise(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """Sum rows up by scenario, and over all under ``all``; a mean or share without cases is None."""
    listed = list(rows)
    scenarios = sorted({row["scenario"] for row in listed})
    summary = {name: _sum_up([row for row in listed if row["scenario"] == name]) for name in scenarios}
    return summary | {EVERYTHING: _sum_up(listed)} if listed else summary


def failures(rows: Iterable[Row]) -> list[Row]:
    """List the runs in which anything failed.

    Returns:
        Of each its scenario and seed, ``failed``: how often by the name of the failing, and ``why``: the reasons of the
        decisions behind it, or the problem.
    """
    listed = []
    for row in rows:
        if row["problem"] is not None:
            failed, why = {"no result": 1}, [row["problem"]]
        else:
            failed = {name: times for name, count in _FAILINGS.items() if (times := count(row))}
            why = row["mistakes"]
        if failed:
            listed.append({"scenario": row["scenario"], "seed": row["seed"], "failed": failed, "why": why})
    return listed


def _sum_up(listed: Sequence[Row]) -> dict[str, Any]:
    rows = [row for row in listed if row["problem"] is None]
    total = {key: sum(row[key] for row in rows) for key in ("switches", "chances", "merged", "doubles", "known")}
    changes = [row for row in rows if row["changed"]]
    strangers = sum(row["strangers"] for row in rows)
    shares = {
        "runs_without_false_match": Proportion(sum(not row["false_matches"] for row in rows), len(rows)),
        "id_switches": Proportion(total["switches"], total["chances"]),
        "runs_that_keep_ids_over_clothing_change": Proportion(
            sum(row["kept"] == row["changed"] for row in changes), len(changes)
        ),
        "look_alike_pairs_merged": Proportion(total["merged"], total["doubles"]),
        "strangers_given_a_new_id": Proportion(strangers - total["known"], strangers),
    }
    return {
        "runs": len(rows),
        "runs_with_a_problem": len(listed) - len(rows),
        "idf1_mean": _mean(rows, "idf1"),
        "idf1_worst": min((row["idf1"] for row in rows if row["idf1"] is not None), default=None),
        "hota_mean": _mean(rows, "hota"),
        "false_matches": sum(row["false_matches"] for row in rows),
        "runs_with_merged_ids": sum(row["merged_ids"] > 0 for row in rows),
        **{name: share.as_dict() for name, share in shares.items()},
    }


def _mean(rows: Sequence[Row], measure: str) -> float | None:
    values = [row[measure] for row in rows if row[measure] is not None]
    return round(sum(values) / len(values), 4) if values else None
