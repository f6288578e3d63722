"""What a match answers: who stands where before each gate."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from haven_core.reference_search import ReferenceBank
from haven_core.search import PrototypeBank, Rules

DIMENSIONS = (4, 4, 20)
MEMORY = 3
NO_FLOOR = np.full((3, 3), -np.inf)


def make_rules(
    thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8),
    veto: float = -np.inf,
    floors: npt.NDArray[np.float64] = NO_FLOOR,
    required: npt.NDArray[np.uint8] | None = None,
    reach: float = np.inf,
) -> Rules:
    return Rules(
        weights=np.array([0.6, 0.3, 0.1]),
        thresholds=np.array(thresholds),
        floors=floors,
        required=np.zeros((3, 3), np.uint8) if required is None else required,
        vetoes=np.array([veto, -np.inf, -np.inf]),
        reaches=np.full(3, reach),
    )


def unit(*values: float, dimension: int = 4) -> npt.NDArray[np.float32]:
    vector = np.zeros(dimension)
    vector[: len(values)] = values
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 17, 300])
@pytest.mark.parametrize("missing", [None, 0, 1, 2])
def test_random_vectors_score_exactly_as_the_reference_does(count: int, missing: int | None) -> None:
    random = np.random.default_rng(count)
    dimensions = (512, 37, 128)
    kernel, reference = PrototypeBank(dimensions, MEMORY), ReferenceBank(dimensions, MEMORY)

    def draw(dimension: int) -> npt.NDArray[np.float32]:
        return unit(*random.normal(size=dimension), dimension=dimension)

    for global_id in range(1, count + 1):
        for bank in (kernel, reference):
            bank.add(global_id)
        for signal, dimension in enumerate(dimensions):
            for position in range(random.integers(0, MEMORY + 1)):
                vector, mean = draw(dimension), draw(dimension)
                for bank in (kernel, reference):
                    bank.put(signal, global_id, position, vector)
                    bank.set_mean(signal, global_id, mean)
    queries = tuple(None if s == missing else draw(dimension) for s, dimension in enumerate(dimensions))
    assert kernel.match(queries, make_rules()) == reference.match(queries, make_rules())


def test_a_tie_goes_to_the_lowest_id_whatever_the_order_of_arrival() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id in (9, 4, 6):
        bank.add(global_id)
        bank.put(0, global_id, 0, unit(1))
    standing = bank.match((unit(1), None, None), make_rules()).standings[0]
    assert standing.passed and standing.best is not None and standing.other is not None
    assert (standing.best.global_id, standing.other.global_id) == (4, 6)


def test_the_moving_average_counts_in_the_fused_score_only() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, unit(0, 1))
    bank.set_mean(0, 1, unit(1))
    standing = bank.match((unit(1), None, None), make_rules()).standings[0]
    assert not standing.passed and standing.best is not None
    assert standing.best.similarities == (0.0, None, None) and standing.best.fused == 1.0


def test_a_passing_identity_goes_before_a_more_similar_one_that_fails_the_gates_floor() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, gait, appearance in ((1, unit(1), unit(0, 1, dimension=20)), (2, unit(3, 1), unit(1, dimension=20))):
        bank.add(global_id)
        bank.put(1, global_id, 0, gait)
        bank.put(2, global_id, 0, appearance)
    floors = NO_FLOOR.copy()
    floors[1, 2] = 0.4
    standing = bank.match((None, unit(1), unit(1, dimension=20)), make_rules(floors=floors)).standings[1]
    assert standing.passed and standing.best is not None and standing.other is not None
    assert (standing.best.global_id, standing.other.global_id) == (2, 1)


def test_a_required_signal_that_cannot_be_compared_fails_the_gate() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(1, 1, 0, unit(1))
    required = np.zeros((3, 3), np.uint8)
    required[1, 2] = 1
    assert bank.match((None, unit(1), None), make_rules()).standings[1].passed
    assert not bank.match((None, unit(1), None), make_rules(required=required)).standings[1].passed


def test_a_vetoed_identity_stands_nowhere_and_is_named_if_it_would_have_passed() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, face in ((1, unit(0, 1)), (2, unit(1)), (3, unit(0, 0, 1))):
        bank.add(global_id)
        bank.put(0, global_id, 0, face)
    bank.put(2, 1, 0, unit(1, dimension=20))
    answer = bank.match((unit(1), None, unit(1, dimension=20)), make_rules(veto=0.2))
    assert answer.vetoed == (1,)
    assert answer.considered == 3
    assert answer.standings[0].other is None and answer.standings[2].best is None


@pytest.mark.parametrize(("reach", "other"), [(np.inf, 2), (1.0, 2), (0.99, None), (0.0, None)])
def test_another_further_behind_than_the_gates_reach_is_not_told(reach: float, other: int | None) -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, face in ((1, unit(1)), (2, unit(0, 1))):
        bank.add(global_id)
        bank.put(0, global_id, 0, face)
    standing = bank.match((unit(1), None, None), make_rules(reach=reach)).standings[0]
    assert standing.best is not None and standing.best.global_id == 1
    assert (standing.other and standing.other.global_id) == other


def test_another_exactly_within_reach_is_told_however_little_tells_them_apart() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    least = np.array([-1e-42, 1, 0, 0], np.float32)
    for global_id, face in ((1, unit(1)), (2, least)):
        bank.add(global_id)
        bank.put(0, global_id, 0, face)
    other = bank.match((unit(1), None, None), make_rules(reach=1.0)).standings[0].other
    assert other is not None and (other.global_id, other.similarities[0]) == (2, float(least[0]))


def test_a_strided_query_is_as_good_as_a_contiguous_one() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, np.repeat(unit(1, 1, 1, 1), 2)[::2])
    best = bank.match((np.repeat(unit(1, 1, 1, 1), 2)[::2], None, None), make_rules()).standings[0].best
    assert best is not None and best.similarities[0] == 1.0


def test_a_question_that_cannot_be_asked_is_an_error_that_says_what_was_wanted() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    with pytest.raises(ValueError, match="excluded: wanted one collection for each of 2 queries, got 1"):
        bank.match_many([(None, None, None)] * 2, make_rules(), [()])
    with pytest.raises(ValueError, match="reaches: wanted numbers of at least 0"):
        bank.match((None, None, None), make_rules(reach=-1))
    with pytest.raises(ValueError, match="queries: wanted 3 signals, got 1"):
        bank.match((None,), make_rules())
    with pytest.raises(ValueError, match=r"thresholds: wanted \(3,\) numbers"):
        bank.match((None, None, None), make_rules(thresholds=(0.5, math.nan, 0.5)))
    with pytest.raises(ValueError, match=r"weights: wanted \(3,\) numbers"):
        bank.score((None, None, None), 1, np.ones(2))
    for weight in (0, np.inf):
        with pytest.raises(ValueError, match="weights: wanted positive, finite numbers"):
            bank.score((None, None, None), 1, np.full(3, weight))
    with pytest.raises(ValueError, match=r"required: wanted \(3, 3\) numbers of uint8"):
        bank.match((None, None, None), make_rules(required=np.full((3, 3), 0.5)))
