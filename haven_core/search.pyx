# Who is this? An exact answer over a bank of remembered views.
#
# Layout. Every signal (face, gait, ...) has one contiguous float32 matrix. An identity owns one slot, the same in all
# signals, and a slot owns `memory_size + 1` rows: its prototypes, packed at the front, then one row for their moving
# average. A fixed stride means that no change of one identity moves another; a removed identity's slot is filled by
# the last one. Rows are padded with zeros to whole blocks of `LANES` floats, so that the inner loop has no tail.
#
# Scan. One signal after another is read once from front to back, row by row, which is as fast as memory delivers it.
# That leaves two numbers per slot and signal: the best prototype, and the best with the average included. All that
# follows (fusion, gates, order) works on those few numbers.
#
# What is a match is for the caller to say: thresholds come with the call, and losers are reported beside winners.
# One thread may change a bank, and none may while another matches.

from collections import namedtuple

import numpy as np

from libc.math cimport INFINITY, fabs, isfinite, sqrt
from libc.string cimport memcpy, memset

FIRST_CAPACITY = 16
NORM_TOLERANCE = 1e-3

cdef enum:
    LANES = 16

Rules = namedtuple("Rules", ["weights", "thresholds", "floors", "required", "vetoes"])
Scores = namedtuple("Scores", ["global_id", "similarities", "fused"])
Standing = namedtuple("Standing", ["passed", "best", "other"])
Match = namedtuple("Match", ["standings", "vetoed", "considered"])


cdef float _dot(const float* left, const float* right, Py_ssize_t width) noexcept nogil:
    cdef float sums[LANES]
    cdef Py_ssize_t block, lane
    memset(sums, 0, sizeof(sums))
    for block in range(width // LANES):
        for lane in range(LANES):
            sums[lane] += left[lane] * right[lane]
        left += LANES
        right += LANES
    for lane in range(8):
        sums[lane] += sums[lane + 8]
    for lane in range(4):
        sums[lane] += sums[lane + 4]
    return (sums[0] + sums[2]) + (sums[1] + sums[3])


cdef class _Signal:
    """The rows of one signal, by slot."""

    cdef readonly Py_ssize_t dimension
    cdef Py_ssize_t width, stride
    cdef float[:, ::1] rows
    cdef int[::1] used
    cdef unsigned char[::1] averaged

    def __init__(self, Py_ssize_t dimension, Py_ssize_t memory_size, Py_ssize_t capacity):
        self.dimension = dimension
        self.width = (dimension + LANES - 1) // LANES * LANES
        self.stride = memory_size + 1
        self.rows = np.zeros((capacity * self.stride, self.width), np.float32)
        self.used = np.zeros(capacity, np.int32)
        self.averaged = np.zeros(capacity, np.uint8)

    cdef grow(self, Py_ssize_t capacity):
        cdef Py_ssize_t old = self.used.shape[0]
        rows = np.zeros((capacity * self.stride, self.width), np.float32)
        rows[: old * self.stride] = self.rows
        self.rows = rows
        self.used = np.concatenate([self.used, np.zeros(capacity - old, np.int32)])
        self.averaged = np.concatenate([self.averaged, np.zeros(capacity - old, np.uint8)])

    cdef void write(self, Py_ssize_t slot, Py_ssize_t position, const float[::1] vector) noexcept nogil:
        # Blocks end in zeros from birth on; only `dimension` floats are ever written.
        memcpy(&self.rows[slot * self.stride + position, 0], &vector[0], self.dimension * sizeof(float))

    cdef void drop(self, Py_ssize_t slot, Py_ssize_t position) noexcept nogil:
        cdef Py_ssize_t first = slot * self.stride
        cdef Py_ssize_t last = self.used[slot] - 1
        if position != last:
            memcpy(&self.rows[first + position, 0], &self.rows[first + last, 0], self.width * sizeof(float))
        self.used[slot] = <int>last
        if last == 0:
            self.averaged[slot] = 0

    cdef void move(self, Py_ssize_t source, Py_ssize_t target) noexcept nogil:
        if self.dimension and source != target:
            memcpy(
                &self.rows[target * self.stride, 0],
                &self.rows[source * self.stride, 0],
                self.stride * self.width * sizeof(float),
            )
        self.used[target] = self.used[source]
        self.averaged[target] = self.averaged[source]
        self.used[source] = 0
        self.averaged[source] = 0

    cdef void scan(
        self,
        const float[::1] query,
        const unsigned char[::1] skipped,
        Py_ssize_t begin,
        Py_ssize_t end,
        float[::1] best,
        float[::1] smooth,
    ) noexcept nogil:
        # -INFINITY in `best` means: this slot has nothing to compare in this signal.
        cdef Py_ssize_t slot, row, first
        cdef float top, similarity
        for slot in range(begin, end):
            best[slot] = -INFINITY
            smooth[slot] = -INFINITY
            if skipped[slot] or self.used[slot] == 0:
                continue
            first = slot * self.stride
            top = -INFINITY
            for row in range(first, first + self.used[slot]):
                similarity = _dot(&self.rows[row, 0], &query[0], self.width)
                if similarity > top:
                    top = similarity
            best[slot] = top
            if self.averaged[slot]:
                similarity = _dot(&self.rows[first + self.stride - 1, 0], &query[0], self.width)
                if similarity > top:
                    top = similarity
            smooth[slot] = top


cdef class _Scan:
    """What one query found, per slot: the numbers from which standings are read."""

    cdef float[:, ::1] best, smooth
    cdef double[::1] fused
    cdef unsigned char[:, ::1] passed
    cdef unsigned char[::1] vetoed
    cdef const long long[::1] ids
    cdef Py_ssize_t signals, count

    def __init__(self, Py_ssize_t signals, const long long[::1] ids):
        self.signals = signals
        self.count = ids.shape[0]
        self.ids = ids
        self.best = np.full((signals, self.count), -np.inf, np.float32)
        self.smooth = np.full((signals, self.count), -np.inf, np.float32)
        self.fused = np.full(self.count, -np.inf, np.float64)
        self.passed = np.zeros((signals, self.count), np.uint8)
        self.vetoed = np.zeros(self.count, np.uint8)

    cdef void fuse(self, const double[::1] weights) noexcept nogil:
        cdef Py_ssize_t slot, signal
        cdef double total, weight
        for slot in range(self.count):
            total = 0
            weight = 0
            for signal in range(self.signals):
                if self.smooth[signal, slot] > -INFINITY:
                    total += weights[signal] * self.smooth[signal, slot]
                    weight += weights[signal]
            if weight > 0:
                self.fused[slot] = total / weight

    cdef void judge(
        self,
        const double[::1] thresholds,
        const double[:, ::1] floors,
        const unsigned char[:, ::1] required,
        const double[::1] vetoes,
    ) noexcept nogil:
        cdef Py_ssize_t slot, gate, signal
        cdef bint holds
        for slot in range(self.count):
            for gate in range(self.signals):
                holds = self.best[gate, slot] > thresholds[gate] and self.best[gate, slot] > -INFINITY
                for signal in range(self.signals):
                    if self.best[signal, slot] == -INFINITY:
                        holds = holds and not required[gate, signal]
                    else:
                        holds = holds and self.best[signal, slot] > floors[gate, signal]
                self.passed[gate, slot] = holds
                if -INFINITY < self.best[gate, slot] < vetoes[gate]:
                    self.vetoed[slot] = 1

    cdef Py_ssize_t choose(self, Py_ssize_t gate, bint passing, Py_ssize_t other_than) noexcept nogil:
        # The greatest similarity, then fused score, then the lowest id; -1 when nobody qualifies.
        cdef Py_ssize_t slot, top = -1
        for slot in range(self.count):
            if slot == other_than or self.vetoed[slot] or self.best[gate, slot] == -INFINITY:
                continue
            if passing and not self.passed[gate, slot]:
                continue
            if top < 0 or self.precedes(gate, slot, top):
                top = slot
        return top

    cdef bint precedes(self, Py_ssize_t gate, Py_ssize_t left, Py_ssize_t right) noexcept nogil:
        if self.best[gate, left] != self.best[gate, right]:
            return self.best[gate, left] > self.best[gate, right]
        if self.fused[left] != self.fused[right]:
            return self.fused[left] > self.fused[right]
        return self.ids[left] < self.ids[right]

    def scores(self, Py_ssize_t slot):
        if slot < 0:
            return None
        similarities = tuple(
            float(self.best[signal, slot]) if self.best[signal, slot] > -INFINITY else None
            for signal in range(self.signals)
        )
        return Scores(int(self.ids[slot]), similarities, float(self.fused[slot]))

    def standing(self, Py_ssize_t gate):
        cdef Py_ssize_t best = self.choose(gate, True, -1)
        passed = best >= 0
        if not passed:
            best = self.choose(gate, False, -1)
        return Standing(passed, self.scores(best), self.scores(self.choose(gate, False, best) if best >= 0 else -1))

    def match(self):
        compared = np.asarray(self.fused) > -np.inf
        vetoed = np.asarray(self.vetoed).astype(bool) & np.asarray(self.passed).any(axis=0)
        return Match(
            tuple(self.standing(gate) for gate in range(self.signals)),
            tuple(sorted(np.asarray(self.ids)[vetoed].tolist())),
            int(compared.sum()),
        )


cdef class PrototypeBank:
    cdef readonly tuple dimensions
    cdef readonly Py_ssize_t memory_size
    cdef list signals
    cdef dict slots
    cdef long long[::1] ids
    cdef Py_ssize_t count

    def __init__(self, dimensions, Py_ssize_t memory_size):
        if memory_size < 1:
            raise ValueError(f"memory_size: wanted at least 1, got {memory_size}")
        if not dimensions or any(dimension < 0 for dimension in dimensions):
            raise ValueError(f"dimensions: wanted one length of at least 0 per signal, got {dimensions!r}")
        self.dimensions = tuple(dimensions)
        self.memory_size = memory_size
        self.signals = [_Signal(dimension, memory_size, FIRST_CAPACITY) for dimension in self.dimensions]
        self.slots = {}
        self.ids = np.zeros(FIRST_CAPACITY, np.int64)
        self.count = 0

    def define(self, Py_ssize_t signal, Py_ssize_t dimension):
        if self._signal(signal).dimension != 0 or dimension < 1:
            raise ValueError(f"signal {signal}: wanted an unused one and a length of at least 1, got {dimension}")
        self.signals[signal] = _Signal(dimension, self.memory_size, self.ids.shape[0])
        self.dimensions = (*self.dimensions[:signal], dimension, *self.dimensions[signal + 1 :])

    def __len__(self):
        return self.count

    def __contains__(self, global_id):
        return global_id in self.slots

    def add(self, global_id):
        if global_id in self.slots:
            raise ValueError(f"identity {global_id} is in the bank already")
        if self.count == self.ids.shape[0]:
            self._grow(2 * self.count)
        self.ids[self.count] = global_id
        self.slots[global_id] = self.count
        self.count += 1

    def remove(self, global_id):
        cdef Py_ssize_t slot = self._slot(global_id)
        cdef Py_ssize_t last = self.count - 1
        cdef _Signal rows
        for rows in self.signals:
            if slot == last:
                rows.used[slot] = 0
                rows.averaged[slot] = 0
            else:
                rows.move(last, slot)
        self.ids[slot] = self.ids[last]
        self.slots[int(self.ids[slot])] = slot
        del self.slots[global_id]
        self.count = last

    def used(self, Py_ssize_t signal, global_id):
        return self._signal(signal).used[self._slot(global_id)]

    def put(self, Py_ssize_t signal, global_id, Py_ssize_t position, vector):
        cdef _Signal rows = self._signal(signal)
        cdef Py_ssize_t slot = self._slot(global_id)
        cdef const float[::1] checked = _unit(vector, rows.dimension, f"prototype of signal {signal}")
        cdef Py_ssize_t used = rows.used[slot]
        if not 0 <= position <= min(used, self.memory_size - 1):
            raise ValueError(f"position: wanted 0 to {min(used, self.memory_size - 1)}, got {position}")
        rows.write(slot, position, checked)
        if position == used:
            rows.used[slot] += 1

    def drop(self, Py_ssize_t signal, global_id, Py_ssize_t position):
        cdef _Signal rows = self._signal(signal)
        cdef Py_ssize_t slot = self._slot(global_id)
        if not 0 <= position < rows.used[slot]:
            raise ValueError(f"position: wanted less than {rows.used[slot]} used rows, got {position}")
        rows.drop(slot, position)

    def prototypes(self, Py_ssize_t signal, global_id):
        cdef _Signal rows = self._signal(signal)
        cdef Py_ssize_t slot = self._slot(global_id)
        cdef Py_ssize_t first = slot * rows.stride
        return np.asarray(rows.rows)[first : first + rows.used[slot], : rows.dimension].copy()

    def set_mean(self, Py_ssize_t signal, global_id, vector):
        cdef _Signal rows = self._signal(signal)
        cdef Py_ssize_t slot = self._slot(global_id)
        cdef const float[::1] checked = _unit(vector, rows.dimension, f"mean of signal {signal}")
        if rows.used[slot] == 0:
            raise ValueError(f"mean of signal {signal}: identity {global_id} has no prototype in it")
        rows.write(slot, rows.stride - 1, checked)
        rows.averaged[slot] = 1

    def mean(self, Py_ssize_t signal, global_id):
        cdef _Signal rows = self._signal(signal)
        cdef Py_ssize_t slot = self._slot(global_id)
        if not rows.averaged[slot]:
            return None
        return np.asarray(rows.rows)[(slot + 1) * rows.stride - 1, : rows.dimension].copy()

    def match(self, queries, rules, excluded=()):
        cdef _Scan scan = self._scan(queries, excluded, 0, self.count)
        signals = len(self.signals)
        cdef const double[::1] weights = _weights(rules.weights, signals)
        cdef const double[::1] thresholds = _numbers(rules.thresholds, (signals,), np.float64, "thresholds")
        cdef const double[:, ::1] floors = _numbers(rules.floors, (signals, signals), np.float64, "floors")
        cdef const unsigned char[:, ::1] required = _numbers(rules.required, (signals, signals), np.uint8, "required")
        cdef const double[::1] vetoes = _numbers(rules.vetoes, (signals,), np.float64, "vetoes")
        with nogil:
            scan.fuse(weights)
            scan.judge(thresholds, floors, required, vetoes)
        return scan.match()

    def score(self, queries, global_id, weights):
        cdef Py_ssize_t slot = self._slot(global_id)
        cdef _Scan scan = self._scan(queries, (), slot, slot + 1)
        scan.fuse(_weights(weights, len(self.signals)))
        scores = scan.scores(slot)
        return None if all(similarity is None for similarity in scores.similarities) else scores

    cdef _Scan _scan(self, queries, excluded, Py_ssize_t begin, Py_ssize_t end):
        if len(queries) != len(self.signals):
            raise ValueError(f"queries: wanted {len(self.signals)} signals, got {len(queries)}")
        cdef _Scan scan = _Scan(len(self.signals), np.asarray(self.ids)[: self.count])
        cdef unsigned char[::1] skipped = np.zeros(self.count, np.uint8)
        for global_id in excluded:
            if global_id in self.slots:
                skipped[<Py_ssize_t>self.slots[global_id]] = 1
        cdef _Signal rows
        cdef Py_ssize_t signal
        cdef float[::1] padded, best, smooth
        for signal in range(len(self.signals)):
            query = queries[signal]
            if query is None:
                continue
            rows = self.signals[signal]
            padded = np.pad(
                _unit(query, rows.dimension, f"query of signal {signal}"), (0, rows.width - rows.dimension)
            )
            best = scan.best[signal]
            smooth = scan.smooth[signal]
            with nogil:
                rows.scan(padded, skipped, begin, end, best, smooth)
        return scan

    cdef _grow(self, Py_ssize_t capacity):
        cdef _Signal rows
        for rows in self.signals:
            rows.grow(capacity)
        self.ids = np.concatenate([self.ids, np.zeros(capacity - self.ids.shape[0], np.int64)])

    cdef _Signal _signal(self, Py_ssize_t signal):
        if not 0 <= signal < len(self.signals):
            raise ValueError(f"signal: wanted 0 to {len(self.signals) - 1}, got {signal}")
        return self.signals[signal]

    cdef Py_ssize_t _slot(self, global_id) except -1:
        slot = self.slots.get(global_id)
        if slot is None:
            raise KeyError(f"identity {global_id} is not in the bank")
        return slot


def _weights(given, signals):
    weights = _numbers(given, (signals,), np.float64, "weights")
    if not (weights > 0).all():
        raise ValueError(f"weights: wanted positive numbers, got {given!r}")
    return weights


def _numbers(given, shape, dtype, name):
    array = np.ascontiguousarray(given, dtype)
    if array.shape != shape or np.isnan(array).any():
        raise ValueError(f"{name}: wanted {shape} numbers, got {given!r}")
    return array


def _unit(vector, dimension, name):
    if not isinstance(vector, np.ndarray) or vector.shape != (dimension,) or vector.dtype != np.float32:
        given = f"{vector.shape} {vector.dtype}" if isinstance(vector, np.ndarray) else type(vector).__name__
        raise ValueError(f"{name}: wanted ({dimension},) float32, got {given}")
    cdef const float[::1] values = np.ascontiguousarray(vector)
    cdef double square = 0
    cdef Py_ssize_t index
    for index in range(values.shape[0]):
        square += <double>values[index] * values[index]
    if not isfinite(square):
        raise ValueError(f"{name}: wanted finite numbers, got NaN or Inf")
    if fabs(sqrt(square) - 1) > NORM_TOLERANCE:
        raise ValueError(f"{name}: wanted unit norm, got {sqrt(square):.6g}")
    return np.asarray(values)
