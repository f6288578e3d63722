"""Many runs are summed up by scenario, and those that failed are named."""

from __future__ import annotations

from typing import Any

from haven_server.evaluation.tally import failures, summarise


def row(scenario: str, **facts: Any) -> dict[str, Any]:
    """A run in which nothing happened but some facts."""
    plain = {"idf1": 1.0, "hota": 0.8, "false_matches": 0, "merged_ids": 0, "switches": 0, "chances": 4, "mistakes": []}
    conduct = {"changed": 0, "kept": 0, "doubles": 0, "merged": 0, "strangers": 0, "known": 0}
    return {"scenario": scenario, "seed": 0, "problem": None, **plain, **conduct, **facts}


def test_runs_are_summed_up_by_scenario_and_over_all() -> None:
    summary = summarise(
        [
            row("fall", idf1=0.5, hota=0.4, switches=1),
            row("fall", idf1=1.0, false_matches=2, merged_ids=1),
            row("crowd", idf1=None, hota=None),
            {"scenario": "crowd", "seed": 1, "problem": "disk full"},
        ]
    )
    assert list(summary) == ["crowd", "fall", "all"]
    fall, crowd = summary["fall"], summary["crowd"]
    assert (fall["runs"], fall["idf1_mean"], fall["idf1_worst"], fall["hota_mean"]) == (2, 0.75, 0.5, 0.6)
    assert (fall["false_matches"], fall["runs_with_merged_ids"]) == (2, 1)
    assert fall["runs_without_false_match"]["share"] == 0.5
    assert (fall["id_switches"]["count"], fall["id_switches"]["of"]) == (1, 8)
    assert (crowd["runs"], crowd["runs_with_a_problem"], crowd["idf1_mean"]) == (1, 1, None)
    assert (summary["all"]["runs"], summary["all"]["runs_with_a_problem"]) == (3, 1)


def test_hard_cases_are_counted_over_all_runs() -> None:
    rows = [
        row("demo", changed=2, kept=1, doubles=1, merged=1, strangers=3, known=1),
        row("demo", changed=2, kept=2, doubles=1),
        row("demo"),
    ]
    demo = summarise(rows)["demo"]
    kept, pairs = demo["runs_that_keep_ids_over_clothing_change"], demo["look_alike_pairs_merged"]
    assert (kept["count"], kept["of"]) == (1, 2)
    assert (pairs["count"], pairs["of"]) == (1, 2)
    assert (demo["strangers_given_a_new_id"]["count"], demo["strangers_given_a_new_id"]["of"]) == (2, 3)


def test_a_share_without_cases_is_none() -> None:
    assert summarise([row("fall")])["fall"]["look_alike_pairs_merged"] == {
        "count": 0,
        "of": 0,
        "share": None,
        "low": None,
        "high": None,
    }


def test_nothing_sums_up_to_nothing_and_runs_without_result_to_their_number() -> None:
    assert summarise([]) == {}
    assert summarise([{"scenario": "fall", "seed": 0, "problem": "disk full"}])["fall"]["runs_with_a_problem"] == 1


def test_runs_that_failed_are_listed_with_how_and_why() -> None:
    rows = [
        row("fall"),
        row("demo", seed=3, false_matches=2, switches=1, mistakes=["Kim was taken for Anna (face 0.7)"]),
        row("demo", seed=4, changed=1, doubles=1, merged=1, strangers=1, known=1, mistakes=["much"]),
        {"scenario": "crowd", "seed": 5, "problem": "disk full"},
    ]
    assert failures(rows) == [
        {
            "scenario": "demo",
            "seed": 3,
            "failed": {"false match": 2, "id switch": 1},
            "why": ["Kim was taken for Anna (face 0.7)"],
        },
        {
            "scenario": "demo",
            "seed": 4,
            "failed": {"look-alikes share an id": 1, "new clothes cost the id": 1, "stranger taken for somebody": 1},
            "why": ["much"],
        },
        {"scenario": "crowd", "seed": 5, "failed": {"no result": 1}, "why": ["disk full"]},
    ]
