"""What a user would ask instead of HAVEN: FAISS, USearch, and the plain loop it all began with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.kernels.gallery import PROTOTYPES, SIGNALS, Gallery, Query, Vectors
from bench.kernels.ways import Nearest, NumPy, Reals, Wanted, Way, stacked
from haven_core.search import Rules


class FaissProducts(NumPy):
    """FAISS's inner products, then NumPy for the rest."""

    name = "FAISS products"

    def __init__(self, gallery: Gallery, rules: Rules) -> None:
        super().__init__(gallery, rules)
        self._faiss = _one_threaded_faiss()

    def _compare(self, vectors: Vectors, queries: Reals) -> Reals:
        products = np.empty((len(queries), len(vectors)), np.float32)
        pointer = self._faiss.swig_ptr
        for query, row in zip(queries, products, strict=True):
            self._faiss.fvec_inner_products_ny(pointer(row), pointer(query), pointer(vectors), len(query), len(vectors))
        return products


class FaissIndex(Nearest):
    """FAISS's exhaustive index."""

    name = "FAISS IndexFlatIP"

    def __init__(self, gallery: Gallery) -> None:
        faiss = _one_threaded_faiss()
        self._indexes = [faiss.IndexFlatIP(signal.dimension) for signal in SIGNALS]
        for index, vectors in zip(self._indexes, gallery.prototypes, strict=True):
            index.add(vectors)

    def ask(self, queries: Sequence[Query]) -> Sequence[tuple[int, ...]]:
        """Search each signal for all queries at once."""
        rows = [index.search(stacked(queries, row), 1)[1][:, 0] for row, index in enumerate(self._indexes)]
        return _people(rows)


class Usearch(Nearest):
    """USearch's exact search over a matrix."""

    name = "usearch exact"

    def __init__(self, gallery: Gallery) -> None:
        from usearch.index import MetricKind, search

        self._gallery, self._search, self._metric = gallery, search, MetricKind.IP

    def ask(self, queries: Sequence[Query]) -> Sequence[tuple[int, ...]]:
        """Search each signal for all queries at once."""
        rows = [
            self._search(vectors, stacked(queries, row), 1, self._metric, exact=True, threads=1).keys.reshape(-1)
            for row, vectors in enumerate(self._gallery.prototypes)
        ]
        return _people(rows)


class SeedLoop(Way):
    """The loop of HAVEN's first specification: person by person, prototype by prototype, in Python."""

    name = "Python loop"
    answers = "scores"

    def __init__(self, gallery: Gallery, rules: Rules) -> None:
        self._weights = rules.weights.tolist()
        self._memories = [
            [vectors[person * PROTOTYPES : (person + 1) * PROTOTYPES] for vectors in gallery.prototypes]
            for person in range(len(gallery))
        ]

    def ask(self, queries: Sequence[Query]) -> Sequence[list[tuple[float, int, list[float]]]]:
        """Score everybody, the best fused score first."""
        return [
            sorted((self._score(person, query) for person in range(len(self._memories))), reverse=True)
            for query in queries
        ]

    def is_right(self, given: list[tuple[float, int, list[float]]], wanted: Wanted) -> bool:
        """Compare who is nearest in each signal."""
        nearest = [max(given, key=lambda one: one[2][row])[1] for row in range(len(SIGNALS))]
        return tuple(nearest) == wanted.nearest

    def _score(self, person: int, query: Query) -> tuple[float, int, list[float]]:
        similarities = [
            max(_cosine(vector, prototype) for prototype in prototypes)
            for vector, prototypes in zip(query, self._memories[person], strict=True)
        ]
        return sum(w * s for w, s in zip(self._weights, similarities, strict=True)), person, similarities


def _cosine(one: Reals, other: Reals) -> float:
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))


def _people(rows: Sequence[npt.NDArray[Any]]) -> list[tuple[int, ...]]:
    """Turn rows of prototypes, per signal those of all queries, into people, per query those of all signals."""
    return [tuple(int(row) // PROTOTYPES for row in found) for found in zip(*rows, strict=True)]


def _one_threaded_faiss() -> Any:
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss
