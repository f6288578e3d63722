"""The LMDB cache by itself: generations, growth, and what a disk without room does to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from haven_server.storage.banks import Bank, unpack_key
from haven_server.storage.prototypes import PrototypeCache
from haven_server.types import BankKey, MeanRow, Modality


def bank(global_id: int, dimension: int = 4, modality: Modality = Modality.FACE) -> Bank:
    vector = np.full(dimension, global_id, np.float32)
    return Bank(BankKey(global_id, modality, dimension, "model"), (), MeanRow(global_id, modality, vector, "model"))


def people(cache: PrototypeCache, generation: str) -> list[int] | None:
    found: list[int] = []
    current = cache.scan(generation, lambda key, value: found.append(unpack_key(key).global_id))
    return found if current else None


def test_a_new_cache_is_that_of_an_empty_database(tmp_path: Path) -> None:
    cache = PrototypeCache(tmp_path / "bank")
    assert people(cache, "") == []
    assert people(cache, "one") is None
    cache.close()
    cache.close()


def test_an_update_replaces_all_banks_of_the_identities_it_names_and_no_others(tmp_path: Path) -> None:
    cache = PrototypeCache(tmp_path)
    cache.replace([bank(1), bank(2), bank(2, modality=Modality.GAIT), bank(3)], "one")
    cache.update([2, 3, 4], [bank(3, dimension=8), bank(4)], before="one", after="two")
    assert people(cache, "one") is None
    assert people(cache, "two") == [1, 3, 4]
    cache.close()


def test_an_update_of_another_generation_changes_nothing(tmp_path: Path) -> None:
    cache = PrototypeCache(tmp_path)
    cache.replace([bank(1)], "one")
    cache.update([1], [], before="two", after="three")
    assert people(cache, "one") == [1]
    cache.close()


def test_the_map_grows_with_what_it_holds(tmp_path: Path) -> None:
    cache = PrototypeCache(tmp_path, map_size=1 << 17)
    cache.replace([bank(number, 512) for number in range(1, 1001)], "one")
    cache.update([2000], [bank(2000, 200_000)], before="one", after="two")
    cache.close()
    reopened = PrototypeCache(tmp_path, map_size=1 << 17)
    assert people(reopened, "two") == [*range(1, 1001), 2000]
    reopened.close()
