"""`haven run`: videos in, one global id per person out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, World

SEED_QUERIES = (
    "SELECT COUNT(*) FROM identities WHERE status='active';",
    "SELECT camera_id, COUNT(*) FROM observations GROUP BY camera_id;",
    "SELECT emb_type, COUNT(*) FROM embeddings GROUP BY emb_type;",
    "SELECT emb_type, AVG(quality_score), MIN(quality_score), MAX(quality_score) FROM embeddings GROUP BY emb_type;",
)
"""The checks that people run after a run; they are part of the database's interface."""


def report_of(world: World, folder: str = ".") -> dict[str, Any]:
    """Read the report that a run left."""
    report: dict[str, Any] = json.loads((world.folder / folder / "report.json").read_text())
    return report


def test_every_person_has_one_id_over_both_rooms(finished: World) -> None:
    report = report_of(finished)
    assert report["total_identities_detected"] == 3
    people = {camera_id: camera["people"] for camera_id, camera in report["cameras"].items()}
    assert people == {"hall": [1, 2], "kitchen": [1, 3]}
    rows = (finished.folder / "mot" / "kitchen.txt").read_text().splitlines()
    assert {row.split(",")[1] for row in rows} == {"1", "3"}


def test_the_report_says_what_it_measured_and_null_where_only_ground_truth_could_tell(finished: World) -> None:
    report = report_of(finished)
    for key in ("total_id_switches", "false_match_count", "reid_accuracy"):
        assert report[key] is None
    for measure in ("hota", "deta", "assa", "idf1", "mota"):
        assert report[measure] == {"global": None, "cameras": {"hall": None, "kitchen": None}}
    assert report["db_stats"]["total_embeddings_stored"] >= 3
    assert report["db_stats"]["db_size_mb"] > 0
    assert report["avg_tracklet_length"] > 10
    assert report["throughput"]["frames"] == 170
    assert report["latency"]["detect"]["calls"] == 170
    assert all(report["latency"][stage]["cpu_ms"] > 0 for stage in ("track", "tracklets", "resolve"))


def test_with_ground_truth_the_report_says_what_the_run_was_worth(world: World, haven: RunHaven) -> None:
    done = haven("run", "--config", world.config, "--report", "report.json", "--html", "page.html", "--truth", "truth")
    assert done.returncode == 0, done.stderr
    report = report_of(world)
    assert (report["total_id_switches"], report["false_match_count"], report["reid_accuracy"]) == (0, 0, 1.0)
    assert report["idf1"]["global"] > 0.9 and set(report["hota"]["cameras"]) == {"hall", "kitchen"}
    assert report["mistakes"] == [] and "Scores (TrackEval)" in done.stdout
    page = (world.folder / "page.html").read_text()
    assert "person 30" in page and "--truth truth" in page and page.count("<img ") == 4


def test_missing_ground_truth_is_named_before_the_run(world: World, haven: RunHaven) -> None:
    done = haven("run", "--config", world.config, "--truth", "nowhere")
    assert done.returncode == 2 and "nowhere/hall.txt: cannot be read" in done.stderr
    assert not world.database.exists()


def test_the_database_answers_the_checks_of_the_design(finished: World) -> None:
    active, observations, embeddings, quality = (finished.rows(query) for query in SEED_QUERIES)
    assert active == [(3,)]
    assert dict(observations).keys() == {"hall", "kitchen"}
    assert min(dict(observations).values()) >= 6  # each of two tracks for over three seconds, once a second
    assert embeddings[0][0] == "appearance" and embeddings[0][1] >= 3
    assert 0 < quality[0][2] <= quality[0][1] <= quality[0][3] <= 1


def test_events_are_numbered_without_gap_and_timed_in_their_own_video(finished: World) -> None:
    events = [json.loads(line) for line in (finished.folder / "events.jsonl").read_text().splitlines()]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    created = [(event["camera_id"], event["global_id"]) for event in events if event["kind"] == "IDENTITY_CREATED"]
    assert created == [("hall", 1), ("hall", 2), ("kitchen", 3)]
    (matched,) = (event for event in events if event["kind"] == "IDENTITY_MATCHED")
    assert (matched["camera_id"], matched["global_id"]) == ("kitchen", 1)
    assert 0.5 < matched["at_s"] < 4.5
    assert set(matched) == {"sequence", "kind", "camera_id", "track_id", "global_id", "at_s"}


def test_annotated_videos_show_every_frame(finished: World) -> None:
    film = cv2.VideoCapture(str(finished.folder / "videos" / "hall.mp4"))
    assert int(film.get(cv2.CAP_PROP_FRAME_COUNT)) == 90
    assert film.get(cv2.CAP_PROP_FPS) == 10


def test_a_snapshot_is_kept_of_each_track_and_found_from_its_first_observation(finished: World) -> None:
    rows = finished.rows("SELECT snapshot_path FROM observations WHERE snapshot_path IS NOT NULL")
    assert len(rows) == 4
    assert all(cv2.imread(str(finished.folder / path)) is not None for (path,) in rows)


def test_the_same_input_gives_the_same_bytes(finished: World, world: World, haven: RunHaven) -> None:
    haven("run", "--config", world.config, "--mot-out", "mot", "--events-out", "events.jsonl")
    for file in (*(f"mot/{camera_id}.txt" for camera_id in world.videos), "events.jsonl"):
        assert (world.folder / file).read_bytes() == (finished.folder / file).read_bytes() != b""


def test_people_seen_before_keep_their_ids_after_a_restart(world: World, haven: RunHaven) -> None:
    for number in (1, 2):
        done = haven("run", "--config", world.config, "--mot-out", f"mot{number}")
        assert done.returncode == 0, done.stderr
    assert world.rows("SELECT COUNT(*) FROM identities") == [(3,)]
    for camera_id in world.videos:
        first, second = ((world.folder / f"mot{number}" / f"{camera_id}.txt").read_bytes() for number in (1, 2))
        assert first == second


def test_ids_do_not_depend_on_the_prototype_cache(world: World, haven: RunHaven) -> None:
    haven("run", "--config", world.config, "--mot-out", "mot1")
    for file in world.database.with_suffix(".lmdb").iterdir():
        file.unlink()
    haven("run", "--config", world.config, "--mot-out", "mot2")
    assert world.rows("SELECT COUNT(*) FROM identities") == [(3,)]


def test_settings_do_what_they_say(world: World, haven: RunHaven) -> None:
    def run(*overrides: str) -> dict[str, Any]:
        arguments = [part for override in overrides for part in ("--set", override)]
        done = haven("run", "--config", world.config, "--set", f"general.output_dir={overrides[0]}", *arguments)
        assert done.returncode == 0, done.stderr
        return report_of(world, overrides[0])

    assert run("cameras.0.enabled=false")["cameras"].keys() == {"kitchen"}
    assert run("general.fps_limit=5")["throughput"]["frames"] == 85
    assert run("reid.enabled=false")["total_identities_detected"] == 0
    run("storage.save_snapshots=false")
    assert not (world.folder / "storage.save_snapshots=false" / "snapshots").exists()


def test_a_nearly_full_database_is_an_event(world: World, haven: RunHaven) -> None:
    haven("run", "--config", world.config, "--events-out", "events.jsonl", "--set", "storage.max_db_size_mb=0.1")
    assert '"STORAGE_ALERT"' in (world.folder / "events.jsonl").read_text()
