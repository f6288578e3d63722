"""What every store does with corrections: rows change hands and come back, and the past can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from haven_server.errors import NotFoundError
from haven_server.ports import Store
from haven_server.storage import schema
from haven_server.storage.store import SQLStore
from haven_server.types import (
    Answer,
    BankKey,
    Changes,
    DividedRows,
    IdentityChange,
    MergedRows,
    Question,
    ReturnedRows,
    Review,
    TrackName,
    TrackSpan,
)

Decide = Callable[..., Changes]
REVIEW = Review(Question.MATCH, 1, 2, "cam1", 3, 10, 20, 0.75, 0.0625, "Is identity 1.")


@pytest.fixture(params=["file", "cached file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLStore]:
    path = "sqlite://" if request.param == "memory" else tmp_path / "haven.db"
    with closing(SQLStore.open(path, tmp_path / "bank" if request.param == "cached file" else None)) as opened:
        yield opened


def rows(store: SQLStore) -> dict[str, list[Any]]:
    tables = (schema.identities, schema.observations, schema.embeddings, schema.tracklet_quality)
    with store._database.reading() as connection:
        return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables}


def banks(store: Store, of: tuple[int, ...] | None = None) -> dict[BankKey, bytes]:
    found: dict[BankKey, bytes] = {}
    store.read_banks(lambda key, value: found.update({key: bytes(value)}), of)
    return found


def owners(store: SQLStore, table: str) -> list[tuple[int, int | None]]:
    """Whose each row is, and whom it was decided for: the last column."""
    return [(row[1], row[-1]) for row in rows(store)[table]]


def test_merged_rows_remember_whom_they_were_decided_for_and_come_back_as_they_were(
    store: SQLStore, decide: Decide
) -> None:
    store.commit([decide(1, 1), decide(2, 2), decide(3, 3)])
    before, banked = rows(store), banks(store)
    store.commit([Changes(transfers=(MergedRows(2, 1),))])
    for table in ("observations", "embeddings", "tracklet_quality"):
        assert owners(store, table) == [(1, None), (1, 2), (3, None)]
    store.commit([Changes(transfers=(MergedRows(1, 3),))])
    assert owners(store, "observations") == [(3, 1), (3, 2), (3, None)]
    assert banks(store) == banked
    store.commit([Changes(transfers=(ReturnedRows(1, 3, (1, 2)),))])
    assert owners(store, "embeddings") == [(1, None), (1, 2), (3, None)]
    store.commit([Changes(transfers=(ReturnedRows(2, 1, (2,)),))])
    assert (rows(store), banks(store)) == (before, banked)


def test_the_rows_of_a_track_go_over_and_those_of_its_number_at_another_time_stay(
    store: SQLStore, decide: Decide
) -> None:
    first, second = decide(1, 1), decide(1, 2)
    seen = replace(first.prototypes[0], track_id=3)
    store.commit([replace(first, prototypes=(seen,)), replace(second, prototypes=())])
    span = TrackSpan("cam1", 3, first.tracklets[0].first_seen, seen.captured_at)
    decided = replace(decide(2, 9), prototypes=(), means=(), tracklets=(), observations=(), events=())
    store.commit([replace(decided, transfers=(DividedRows(1, 2, (span,)),))])
    assert owners(store, "observations") == [(2, None), (1, None)]
    assert owners(store, "embeddings") == [(2, None)]
    assert {key.global_id for key, value in banks(store).items() if value[4] == 1} == {2}


def test_more_tracks_than_one_statement_takes_can_be_split_off_at_once(store: SQLStore, decide: Decide) -> None:
    seen = decide(1, 1)
    other = TrackSpan("cam2", 3, seen.tracklets[0].first_seen)
    own = replace(other, camera_id="cam1")
    store.commit([seen, decide(2, 9), Changes(transfers=(DividedRows(1, 2, (*[other] * 1000, own)),))])
    assert store.get_identity(1).observation_count == 0


def test_rows_of_the_same_batch_go_over_too_and_those_of_other_tracks_stay(store: SQLStore, decide: Decide) -> None:
    seen, target = decide(1, 7), decide(2, 9)
    span = TrackSpan("cam1", 3, seen.observations[0].captured_at)
    others = (replace(seen.observations[0], track_id=4), replace(seen.observations[0], camera_id="cam2"))
    moved = Changes(transfers=(DividedRows(1, 2, (span,)),), observations=seen.observations)
    store.commit([target, decide(1, 1), replace(seen, prototypes=(), means=()), Changes(observations=others), moved])
    assert [store.get_identity(one).observation_count for one in (1, 2)] == [3, 3]


def test_transfers_of_one_batch_are_made_in_turn(store: SQLStore, decide: Decide) -> None:
    span = TrackSpan("cam1", 3, decide(1, 1).tracklets[0].first_seen)
    orders = (DividedRows(1, 2, (span,)), MergedRows(2, 3))
    store.commit([decide(1, 1), decide(2, 2), decide(3, 3), *(Changes(transfers=(order,)) for order in orders)])
    assert owners(store, "tracklet_quality") == [(3, 2), (3, 2), (3, None)]


def test_a_track_can_go_to_somebody_who_was_merged(store: SQLStore, decide: Decide) -> None:
    first, second = decide(1, 1), decide(2, 2)
    store.commit([first, second, decide(3, 3), Changes(transfers=(MergedRows(2, 3),))])
    span = TrackSpan("cam1", 3, first.tracklets[0].first_seen, first.tracklets[0].first_seen)
    store.commit([Changes(transfers=(DividedRows(1, 3, (span,), decided_id=2),))])
    store.commit([Changes(transfers=(ReturnedRows(2, 3, (2,)),))])
    assert [row[0] for row in owners(store, "tracklet_quality")] == [2, 2, 3]


def test_banks_of_some_people_can_be_read_alone(store: SQLStore, decide: Decide) -> None:
    store.commit([decide(1, 1), decide(2, 2), decide(3, 3)])
    store.commit([Changes(transfers=(MergedRows(2, 1),))])
    every = banks(store)
    assert banks(store, (2, 3)) == {key: value for key, value in every.items() if key.global_id in (2, 3)}


def test_the_ledger_tells_the_newest_decision_on_a_track(store: SQLStore, decide: Decide) -> None:
    store.commit([decide(1, 1), decide(2, 2)])
    newest = store.ledger.decision_on(TrackName("cam1", 3))
    assert (newest.global_id, newest.change_id) == (2, 2)
    assert store.ledger.decision(1).global_id == 1
    assert store.ledger.decision_on(TrackName("cam1", 3, at=newest.at - 1)).change_id == 1
    with pytest.raises(NotFoundError, match="track 3 of camera 'cam9': nothing was decided on it"):
        store.ledger.decision_on(TrackName("cam9", 3))
    with pytest.raises(NotFoundError, match="change 9: the ledger has no such line"):
        store.ledger.decision(9)


def test_the_ledger_tells_corrections_oldest_first(store: SQLStore, decide: Decide) -> None:
    store.commit([decide(1, 1)])
    lines = [IdentityChange(1, at, "merged", "ann", None, None, {"other": at}) for at in (7, 5)]
    store.commit([Changes(ledger=tuple(lines))])
    found = store.ledger.corrections()
    assert [replace(line, change_id=0) for line in found] == lines
    assert [line.change_id for line in found] == [2, 3]


def test_an_ended_track_is_found_by_number_and_time(store: SQLStore, decide: Decide) -> None:
    early, late = (decide(one, one) for one in (1, 2))
    later = replace(late.tracklets[0], first_seen=5 * 10**18, last_seen=5 * 10**18 + 5, companions=(4, 8), decided_id=1)
    store.commit([early, replace(late, tracklets=(later,))])
    assert store.ledger.ended_track(TrackName("cam1", 3)) == later
    at = early.tracklets[0].first_seen
    assert store.ledger.ended_track(TrackName("cam1", 3, at=at)) == early.tracklets[0]
    assert store.ledger.ended_track(TrackName("cam1", 3, at=1)) is None
    assert store.ledger.tracks_of(2) == (later,)


def test_a_review_waits_until_it_is_answered(store: SQLStore) -> None:
    store.commit([Changes(reviews=(REVIEW, replace(REVIEW, other=None, margin=None)))])
    first, second = store.ledger.open_reviews(0, 10)
    assert (replace(first, review_id=0), first.review_id, second.margin) == (REVIEW, 1, None)
    assert store.ledger.open_reviews(1, 10) == (second,)
    store.commit([Changes(answers=(Answer(1, False, "ann", 99),))])
    assert store.ledger.open_reviews(0, 10) == (second,)
    assert store.ledger.review(2) == second
    with pytest.raises(NotFoundError, match=r"review 1 was answered by ann \(refused\)"):
        store.ledger.review(1)
