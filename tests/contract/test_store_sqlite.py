"""What a SQLite file holds, as people query it by hand, and who may open it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from haven_server.errors import StorageError, StoreLockedError
from haven_server.storage.store import SQLStore
from haven_server.types import Changes

Decide = Callable[..., Changes]


@pytest.fixture
def database(tmp_path: Path, decide: Decide) -> Iterator[sqlite3.Connection]:
    """A database of two people and three decisions, opened by SQLite itself."""
    store = SQLStore.open(tmp_path / "haven.db")
    store.commit([decide(1, 1), decide(1, 2), decide(2, 3, camera_id="cam2", snapshot_path="two.jpg")])
    store.close()
    with closing(sqlite3.connect(tmp_path / "haven.db")) as connection:
        yield connection


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT COUNT(*) FROM identities WHERE status='active';", [(2,)]),
        ("SELECT camera_id, COUNT(*) FROM observations GROUP BY camera_id;", [("cam1", 2), ("cam2", 1)]),
        ("SELECT emb_type, COUNT(*) FROM embeddings GROUP BY emb_type;", [("face", 3)]),
        (
            "SELECT emb_type, AVG(quality_score), MIN(quality_score), MAX(quality_score)\n"
            "FROM embeddings\nGROUP BY emb_type;",
            [("face", 0.5, 0.5, 0.5)],
        ),
    ],
)
def test_the_checks_one_runs_by_hand_give_their_answers(
    database: sqlite3.Connection, question: str, answer: list[tuple[object, ...]]
) -> None:
    assert database.execute(question).fetchall() == answer


def test_times_read_well_keep_every_nanosecond_and_serve_sqls_own_functions(database: sqlite3.Connection) -> None:
    question = "SELECT timestamp, julianday(timestamp) FROM observations WHERE timestamp > datetime('2025-12-31')"
    text, day = database.execute(question).fetchone()
    assert text == "2026-01-01 00:00:00.123456790"
    assert day == pytest.approx(2461041.5, abs=1e-4)
    assert database.execute("SELECT COUNT(*) FROM observations WHERE timestamp < datetime('now')").fetchone()


def test_boxes_are_whole_pixels_and_the_other_columns_hold_what_they_say(database: sqlite3.Connection) -> None:
    row = database.execute(
        "SELECT global_id, camera_id, bbox_x, bbox_y, bbox_w, bbox_h, posture, snapshot_path, local_track_id "
        "FROM observations WHERE obs_id = 3"
    ).fetchone()
    assert row == (2, "cam2", 1, 3, 10, 19, "standing", "two.jpg", 3)
    tracklet = database.execute(
        "SELECT global_id, camera_id, track_id, start_time, avg_bbox_size, avg_blur_score, frame_count "
        "FROM tracklet_quality WHERE tracklet_id = 3"
    ).fetchone()
    assert tracklet == (2, "cam2", 3, "2026-01-01 00:00:00.123456789", 5000.0, 150.0, 12)
    ledger = database.execute("SELECT global_id, action, actor, detail FROM identity_changes").fetchall()
    assert ledger[2] == (2, "created", "policy", '{"scores":[0.25]}')


def test_vectors_are_raw_little_endian_floats(database: sqlite3.Connection, decide: Decide) -> None:
    vector, dimension, network = database.execute("SELECT vector, dim, model_hash FROM embeddings").fetchone()
    assert vector == decide(1, 1).prototypes[0].vector.astype("<f4").tobytes()
    assert (dimension, network) == (16, "model-a")


def test_the_promised_indexes_are_there(database: sqlite3.Connection) -> None:
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    of_observations = {"idx_obs_global_id", "idx_obs_camera_time", "idx_obs_global_time"}
    assert of_observations | {"idx_emb_global_id", "idx_emb_type"} <= names


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    first = SQLStore.open(tmp_path / "haven.db")
    with pytest.raises(StoreLockedError, match=r"haven\.db: already being written by .* \(pid \d+\)") as caught:
        SQLStore.open(tmp_path / "haven.db")
    assert caught.value.exit_code == 2
    first.close()
    SQLStore.open(tmp_path / "haven.db").close()


def test_readers_need_no_lock_and_see_each_commit(
    tmp_path: Path, decide: Decide, remembered: Callable[[SQLStore], Changes]
) -> None:
    writer = SQLStore.open(tmp_path / "haven.db", tmp_path / "bank")
    reader = SQLStore.open(tmp_path / "haven.db", tmp_path / "bank", read_only=True)
    writer.commit([decide(1, 1)])
    assert reader.last_sequence() == 1
    assert len(remembered(reader).prototypes) == 1
    with pytest.raises(StorageError, match="not writable"):
        reader.commit([decide(2, 2)])
    writer.close()
    reader.close()


def test_a_reader_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"haven\.db: no such database"):
        SQLStore.open(tmp_path / "haven.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_made(tmp_path: Path) -> None:
    SQLStore.open(tmp_path / "deep" / "er" / "haven.db").close()
    assert (tmp_path / "deep" / "er" / "haven.db").is_file()


def test_a_path_may_hold_any_letter(tmp_path: Path, decide: Decide) -> None:
    path = tmp_path / "Küche 50% #1? & co.db"
    store = SQLStore.open(path)
    store.commit([decide(1, 1)])
    store.close()
    reader = SQLStore.open(path, read_only=True)
    assert reader.last_sequence() == 1
    reader.close()
