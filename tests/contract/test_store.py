"""What every store does, whatever database is under it.

HAVEN_TEST_DATABASE_URL names one more to try; its tables are dropped first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import MetaData, create_engine

from haven_core.packing import unpack
from haven_server.errors import NotFoundError, StorageError
from haven_server.ports import Store
from haven_server.storage.rows import mean_values, prototype_values
from haven_server.storage.store import SQLStore
from haven_server.types import (
    Assurance,
    BankKey,
    Changes,
    EventDraft,
    EventKind,
    IdentityRow,
    Modality,
    Observation,
    Posture,
)

Decide = Callable[..., Changes]
Remembered = Callable[[Store], Changes]

SERVER = "HAVEN_TEST_DATABASE_URL"


def drop_all_tables(url: str) -> None:
    engine = create_engine(url)
    found = MetaData()
    found.reflect(engine)
    found.drop_all(engine)
    engine.dispose()


@pytest.fixture(params=["file", "cached file", "memory", *(["server"] if SERVER in os.environ else [])])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        opened = SQLStore.open("sqlite://")
    elif request.param == "server":
        drop_all_tables(os.environ[SERVER])
        opened = SQLStore.open(os.environ[SERVER])
    else:
        opened = SQLStore.open(tmp_path / "haven.db", tmp_path / "bank" if request.param == "cached file" else None)
    yield opened
    opened.close()


def test_a_new_store_is_empty_and_counts_from_one(store: Store, remembered: Remembered) -> None:
    gallery = store.load_gallery()
    assert (gallery.identities, remembered(store)) == ((), Changes())
    assert (gallery.next_global_id, gallery.next_embedding_id) == (1, 1)
    assert (store.last_sequence(), store.oldest_sequence()) == (0, 1)
    assert store.events_after(0, 10) == ()
    assert store.list_identities(0, 10) == ()


def test_the_gallery_comes_back_exactly_as_it_was_written(store: Store, decide: Decide, remembered: Remembered) -> None:
    first, second = decide(1, 1), decide(2, 2, modality=Modality.APPEARANCE, camera_id="Küche")
    store.commit([first, second])
    gallery = store.load_gallery()
    assert gallery.identities == (*first.identities, *second.identities)
    read, written = remembered(store), (*first.prototypes, *second.prototypes)
    assert [prototype_values(row) for row in read.prototypes] == [prototype_values(row) for row in written]
    assert [mean_values(row) for row in read.means] == [mean_values(row) for row in (*first.means, *second.means)]
    assert {row.vector.dtype for row in read.prototypes} == {np.dtype(np.float32)}
    assert (gallery.next_global_id, gallery.next_embedding_id) == (3, 3)


def test_a_bank_holds_its_prototypes_by_ascending_number(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1), decide(2, 2), decide(1, 3, modality=Modality.APPEARANCE), decide(2, 4), decide(1, 5)])
    banks: dict[tuple[int, Modality], list[int]] = {}

    def take(key: BankKey, value: memoryview) -> None:
        banks[key.global_id, key.modality] = unpack(value).records["embedding_id"].tolist()

    store.read_banks(take)
    assert banks == {(1, Modality.FACE): [1, 5], (1, Modality.APPEARANCE): [3], (2, Modality.FACE): [2, 4]}


def test_events_are_numbered_without_gap_over_commits(store: Store, decide: Decide) -> None:
    first = store.commit([decide(1, 1), decide(2, 2)])
    second = store.commit([decide(3, 3)])
    assert [event.sequence for event in (*first, *second)] == [1, 2, 3]
    assert [event.global_id for event in (*first, *second)] == [1, 2, 3]
    assert (store.last_sequence(), store.oldest_sequence()) == (3, 1)


def test_events_read_back_equal_those_the_commit_returned(store: Store) -> None:
    detail = {"confidence": None, "scores": [0.1, 1e-300], "name": "Zoë", "nested": {"a": True}}
    drafts = (
        EventDraft(EventKind.IDENTITY_MATCHED, 1, "cam1", 7, 3, detail),
        EventDraft(EventKind.STORAGE_ALERT, 1_767_225_599_999_999_999),
    )
    committed = store.commit([Changes(events=drafts)])
    assert committed[0].detail == detail
    assert store.events_after(0, 10) == committed
    assert store.events_after(1, 10) == committed[1:]
    assert store.events_after(0, 1) == committed[:1]


def test_a_batch_that_fails_writes_nothing_and_takes_no_number(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1)])
    orphan = replace(decide(9, 9), identities=())
    with pytest.raises(StorageError):
        store.commit([decide(2, 2), orphan])
    assert store.last_sequence() == 1
    assert store.statistics().identities == 1
    assert store.load_gallery().next_global_id == 2
    assert [event.sequence for event in store.commit([decide(2, 2)])] == [2]


def test_an_identity_is_updated_by_its_number_and_the_last_word_counts(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1)])
    seen = store.load_gallery().identities[0]
    later = replace(seen, last_seen_at=seen.last_seen_at + 1)
    confirmed = replace(seen, last_seen_at=seen.last_seen_at + 2, assurance=Assurance.CONFIRMED)
    store.commit([Changes(identities=(later,)), Changes(identities=(confirmed,))])
    assert store.load_gallery().identities == (confirmed,)


def test_a_mean_is_replaced_and_the_last_word_counts(store: Store, decide: Decide, remembered: Remembered) -> None:
    store.commit([decide(1, 1), decide(1, 2), decide(1, 3)])
    (mean,) = remembered(store).means
    assert mean.vector.tobytes() == decide(1, 3).means[0].vector.tobytes()


def test_forgotten_prototypes_are_gone_and_their_numbers_never_used_again(
    store: Store, decide: Decide, remembered: Remembered
) -> None:
    store.commit([decide(1, 1), decide(1, 2)])
    store.commit([Changes(forgotten_prototypes=(2, 1))])
    read = remembered(store)
    assert (read.prototypes, len(read.means)) == ((), 1)
    assert store.load_gallery().next_embedding_id == 3


def test_an_average_is_forgotten_unless_a_later_word_gives_another(
    store: Store, decide: Decide, remembered: Remembered
) -> None:
    forgets = Changes(forgotten_prototypes=(1,), forgotten_means=((1, Modality.FACE),))
    store.commit([decide(1, 1), forgets])
    assert remembered(store).means == ()
    store.commit([decide(1, 2), Changes(forgotten_means=((1, Modality.FACE),)), decide(1, 3)])
    (mean,) = remembered(store).means
    assert mean.vector.tobytes() == decide(1, 3).means[0].vector.tobytes()
    store.commit([Changes(forgotten_means=((1, Modality.FACE),))])
    assert remembered(store).means == ()


def test_a_prototype_made_and_forgotten_in_one_batch_leaves_no_row(
    store: Store, decide: Decide, remembered: Remembered
) -> None:
    store.commit([decide(1, 1), Changes(forgotten_prototypes=(1,))])
    assert remembered(store).prototypes == ()
    assert store.statistics().embeddings == 0


def test_vectors_of_another_network_are_kept_apart_even_of_another_dimension(
    store: Store, decide: Decide, remembered: Remembered
) -> None:
    store.commit([decide(1, 1)])
    other = replace(decide(1, 2).prototypes[0], model_hash="model-b", vector=np.array([0.6, 0.8], np.float32))
    store.commit([Changes(prototypes=(other,))])
    old, new = remembered(store).prototypes
    assert (old.model_hash, len(old.vector)) == ("model-a", 16)
    assert (new.model_hash, new.vector.tolist()) == ("model-b", other.vector.tolist())


def test_merged_and_archived_people_are_kept_with_what_they_are_remembered_by_but_are_not_in_the_gallery(
    store: Store, decide: Decide, remembered: Remembered
) -> None:
    store.commit([decide(1, 1), decide(2, 2), decide(3, 3)])
    one, two, _ = store.load_gallery().identities
    merged, archived = replace(one, status="merged", merged_into=3), replace(two, status="archived")
    store.commit([Changes(identities=(merged, archived))])
    assert [row.global_id for row in store.load_gallery().identities] == [3]
    assert [row.global_id for row in remembered(store).prototypes] == [1, 2, 3]
    assert [summary.identity.global_id for summary in store.list_identities(0, 10)] == [3]
    assert store.get_identity(1).identity == merged
    store.commit([Changes(identities=(one,))])
    assert [row.global_id for row in store.load_gallery().identities] == [1, 3]


def test_one_may_merge_into_an_identity_that_the_same_batch_makes(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1)])
    one = store.load_gallery().identities[0]
    two = IdentityRow(2, one.created_at, one.last_seen_at, Assurance.TENTATIVE)
    store.commit([Changes(identities=(replace(one, status="merged", merged_into=2), two))])
    assert store.load_gallery().identities == (two,)


def test_people_are_listed_in_pages_with_what_is_known_of_them(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1, snapshot_path="old.jpg"), decide(1, 2, camera_id="cam0", snapshot_path="new.jpg")])
    store.commit([decide(1, 3, modality=Modality.APPEARANCE), decide(2, 4), decide(3, 5)])
    first, second = store.list_identities(0, 2)
    assert [summary.identity.global_id for summary in store.list_identities(2, 2)] == [3]
    assert first.cameras == ("cam0", "cam1")
    assert first.observation_count == 3
    assert first.prototype_counts == {Modality.FACE: 2, Modality.APPEARANCE: 1}
    assert first.snapshot_path == "new.jpg"
    assert second.snapshot_path is None
    assert store.get_identity(1) == first


def test_an_identity_that_never_was_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError, match="identity 7"):
        store.get_identity(7)


def test_statistics_count_rows_and_bytes(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1), decide(2, 2)])
    counted = store.statistics()
    assert (counted.identities, counted.observations, counted.embeddings, counted.events) == (2, 2, 2, 2)
    assert counted.size_bytes == store.size_bytes() > 10_000


def test_many_observations_make_one_batch(store: Store, decide: Decide) -> None:
    store.commit([decide(1, 1)])
    box = np.array([10, 20, 30, 60], np.float32)
    many = tuple(Observation(1, "cam1", 3, at, box, Posture.LYING) for at in range(2500))
    store.commit([Changes(observations=many)])
    assert store.statistics().observations == 2501


def test_threads_may_read_while_another_commits(store: Store, decide: Decide) -> None:
    def read() -> list[int]:
        return [event.sequence for _ in range(20) for event in store.events_after(store.last_sequence() - 1, 5)[:1]]

    with ThreadPoolExecutor(3) as threads:
        reading = [threads.submit(read) for _ in range(2)]
        for number in range(1, 21):
            threads.submit(store.commit, [decide(number, number)]).result()
        for sequences in reading:
            assert sequences.result() == sorted(sequences.result())
    assert [event.sequence for event in store.events_after(0, 100)] == list(range(1, 21))


def test_an_empty_batch_is_no_event(store: Store) -> None:
    assert store.commit([]) == ()
    assert store.commit([Changes()]) == ()
    assert store.last_sequence() == 0


def test_a_closed_store_says_so_and_may_be_closed_again(store: Store, decide: Decide) -> None:
    store.close()
    store.close()
    with pytest.raises(StorageError, match="closed"):
        store.commit([decide(1, 1)])
