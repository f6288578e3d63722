# The memory of one signal. An identity owns one slot, the same in all signals; a slot owns a fixed number of rows in
# every table, so that no change of one identity moves another. All that is derived from the vectors, which is their
# codes and the centre of each slot, is brought up to date by whatever changes them.

import numpy as np

from libc.math cimport INFINITY, fabs, sqrt
from libc.string cimport memcpy, memset

from haven_core._kernels cimport BLOCK, LANES, NORM_TOLERANCE, Build
from haven_core._memory cimport Table


cdef class Signal:
    """Prototypes and their averages by slot; nobody has any at first.

    Args:
        dimension: length of the vectors; 0 while there are none.
        memory: prototypes per slot at most.
        capacity: slots.
        build: kernels of one instruction set.
    """

    def __init__(self, intp_t dimension, intp_t memory, intp_t capacity, Build build not None):
        cdef intp_t width = (dimension + LANES - 1) // LANES * LANES
        cdef intp_t codes = (dimension + BLOCK - 1) // BLOCK * BLOCK
        self.kernels = build.kernels
        self.shelf.dimension = dimension
        self.shelf.width = width
        self.shelf.memory = memory
        self.shelf.prototypes.width = codes
        self.shelf.centres.width = codes
        bytes_per_slot = (
            (memory + 1) * width * sizeof(float32_t),
            memory * codes,
            memory * sizeof(float32_t),
            memory * sizeof(float32_t),
            codes,
            sizeof(float32_t),
            sizeof(float32_t),
            memory * sizeof(Record),
            sizeof(int),
            sizeof(uint8_t),
        )
        self.tables = [Table(row_bytes) for row_bytes in bytes_per_slot]
        self.scratch = Table(width * sizeof(float32_t))
        self.scratch.grow(1)
        self.grow(capacity)

    cdef int grow(self, intp_t capacity) except -1:
        """Make room for so many slots, the new ones empty."""
        cdef Table table
        cdef intp_t slot
        try:
            for table in self.tables:
                table.grow(capacity)
        finally:
            # Without memory for one table, those before it lie elsewhere all the same.
            self.locate()
        for slot in range(self.capacity, capacity):
            self.clear(slot)
        self.capacity = capacity
        return 0

    cdef void locate(self) noexcept:
        """Note where the tables lie."""
        self.shelf.rows = <float32_t*>_data(self.tables[0])
        self.shelf.prototypes.codes = <uint8_t*>_data(self.tables[1])
        self.shelf.prototypes.scales = <float32_t*>_data(self.tables[2])
        self.shelf.prototypes.spreads = <float32_t*>_data(self.tables[3])
        self.shelf.centres.codes = <uint8_t*>_data(self.tables[4])
        self.shelf.centres.scales = <float32_t*>_data(self.tables[5])
        self.shelf.centres.spreads = <float32_t*>_data(self.tables[6])
        self.shelf.records = <Record*>_data(self.tables[7])
        self.shelf.used = <int*>_data(self.tables[8])
        self.shelf.averaged = <uint8_t*>_data(self.tables[9])

    cdef void clear(self, intp_t slot) noexcept nogil:
        """Forget all of a slot."""
        self.total -= self.shelf.used[slot]
        self.shelf.used[slot] = 0
        self.shelf.averaged[slot] = 0
        self.shelf.centres.spreads[slot] = -INFINITY

    cdef void write(self, intp_t slot, intp_t position, const float32_t* vector, Record record) noexcept nogil:
        """Replace the prototype at a used position, or append one at the first that is free."""
        # Rows end in zeros from birth on; only `dimension` floats are ever written.
        memcpy(row_at(&self.shelf, slot, position), vector, self.shelf.dimension * sizeof(float32_t))
        self.shelf.records[slot * self.shelf.memory + position] = record
        self.code(slot, position)
        if position == self.shelf.used[slot]:
            self.shelf.used[slot] += 1
            self.total += 1
        self.centre(slot)

    cdef void drop(self, intp_t slot, intp_t position) noexcept nogil:
        """Forget one prototype; the last one takes its position, and the average goes with the last one."""
        cdef intp_t last = self.shelf.used[slot] - 1
        cdef intp_t first = slot * self.shelf.memory
        if position != last:
            memcpy(
                row_at(&self.shelf, slot, position),
                row_at(&self.shelf, slot, last),
                self.shelf.width * sizeof(float32_t),
            )
            self.shelf.records[first + position] = self.shelf.records[first + last]
            self.code(slot, position)
        self.shelf.used[slot] = <int>last
        self.total -= 1
        if last == 0:
            self.shelf.averaged[slot] = 0
        self.centre(slot)

    cdef void set_mean(self, intp_t slot, const float32_t* vector) noexcept nogil:
        memcpy(
            row_at(&self.shelf, slot, self.shelf.memory), vector, self.shelf.dimension * sizeof(float32_t)
        )
        self.shelf.averaged[slot] = 1

    cdef void move_mean(self, intp_t slot, const float32_t* vector, float64_t alpha) noexcept nogil:
        """Move the average towards a new view on the unit sphere. Source: SEED 5.4."""
        cdef float32_t* mean = row_at(&self.shelf, slot, self.shelf.memory)
        cdef float64_t square = 0, moved, norm
        cdef intp_t index
        if self.shelf.averaged[slot]:
            for index in range(self.shelf.dimension):
                moved = alpha * vector[index] + (1 - alpha) * mean[index]
                square += moved * moved
        norm = sqrt(square)
        # Opposite vectors can cancel out; then the past tells nothing.
        if norm < 1e-6:
            self.set_mean(slot, vector)
            return
        for index in range(self.shelf.dimension):
            mean[index] = <float32_t>((alpha * vector[index] + (1 - alpha) * mean[index]) / norm)

    cdef void absorb(self, intp_t slot, intp_t source) noexcept nogil:
        """Append another slot's prototypes, for which there must be room; an average of its own goes before theirs."""
        cdef intp_t row
        if self.shelf.averaged[source] and not self.shelf.averaged[slot]:
            self.set_mean(slot, row_at(&self.shelf, source, self.shelf.memory))
        for row in range(self.shelf.used[source]):
            self.write(
                slot,
                self.shelf.used[slot],
                row_at(&self.shelf, source, row),
                self.shelf.records[source * self.shelf.memory + row],
            )

    cdef intp_t expire(self, intp_t slot, int64_t before_ns) noexcept nogil:
        """Forget a slot's prototypes that were captured before then; returns how many those were."""
        cdef intp_t position, used = self.shelf.used[slot]
        for position in range(used - 1, -1, -1):
            if self.shelf.records[slot * self.shelf.memory + position].captured_at < before_ns:
                self.drop(slot, position)
        return used - self.shelf.used[slot]

    cdef int64_t oldest(self, intp_t slot) noexcept nogil:
        """Return when the oldest prototype of a slot was captured, of which it must have one."""
        cdef const Record* records = self.shelf.records + slot * self.shelf.memory
        cdef int64_t oldest = records[0].captured_at
        cdef intp_t position
        for position in range(1, self.shelf.used[slot]):
            oldest = min(oldest, records[position].captured_at)
        return oldest

    cdef copy_vectors(self, intp_t slot, intp_t position, intp_t count):
        """Copy some vectors, (count, dimension)."""
        copy = np.empty((count, self.shelf.dimension), np.float32)
        cdef float32_t[:, ::1] target = copy
        cdef intp_t row
        for row in range(count if self.shelf.dimension else 0):
            memcpy(
                &target[row, 0],
                row_at(&self.shelf, slot, position + row),
                self.shelf.dimension * sizeof(float32_t),
            )
        return copy

    cdef bytes copy_records(self, intp_t slot):
        cdef const char* first = <const char*>(self.shelf.records + slot * self.shelf.memory)
        return first[: self.shelf.used[slot] * sizeof(Record)]

    cdef int move(self, intp_t source, intp_t target) except -1:
        """Put one slot's memory in the place of another's, which is forgotten."""
        cdef Table table
        self.clear(target)
        for table in self.tables:
            table.move(source, target)
        self.total += self.shelf.used[target]
        self.clear(source)
        return 0

    cdef intp_t load(
        self, intp_t slot, intp_t count, bint averaged, const char* records, const char* vectors
    ) noexcept nogil:
        """Put packed rows in the place of what a slot remembers.

        Returns:
            -1; or the position of the first vector that has not unit norm, and the slot is then empty.
        """
        cdef intp_t size = self.shelf.dimension * sizeof(float32_t)
        cdef intp_t row
        cdef float32_t* target
        self.clear(slot)
        for row in range(count + averaged):
            target = row_at(&self.shelf, slot, row if row < count else self.shelf.memory)
            memcpy(target, vectors + row * size, size)
            if not fabs(sqrt(self.kernels.dot(target, target, self.shelf.width)) - 1) <= NORM_TOLERANCE:
                return row
            if row < count:
                self.code(slot, row)
        memcpy(self.shelf.records + slot * self.shelf.memory, records, count * sizeof(Record))
        self.shelf.used[slot] = <int>count
        self.shelf.averaged[slot] = averaged
        self.total += count
        self.centre(slot)
        return -1

    cdef void code(self, intp_t slot, intp_t position) noexcept nogil:
        """Write a prototype's codes anew."""
        cdef intp_t row = slot * self.shelf.memory + position
        cdef float32_t* vector = row_at(&self.shelf, slot, position)
        _encode(&self.kernels, &self.shelf.prototypes, row, vector, vector, 1, self.shelf.width)

    cdef void centre(self, intp_t slot) noexcept nogil:
        """Write a slot's centre anew: the mean of its prototypes, with the ball round it that holds them all."""
        cdef float32_t* mean = <float32_t*>self.scratch.data
        cdef const float32_t* vectors = row_at(&self.shelf, slot, 0)
        cdef intp_t count = self.shelf.used[slot], width = self.shelf.width
        cdef intp_t row, index
        if count == 0:
            self.shelf.centres.spreads[slot] = -INFINITY
            return
        memset(mean, 0, width * sizeof(float32_t))
        for row in range(count):
            for index in range(width):
                mean[index] += vectors[row * width + index]
        for index in range(width):
            mean[index] /= count
        _encode(&self.kernels, &self.shelf.centres, slot, mean, vectors, count, width)


cdef char* _data(Table table) noexcept:
    return table.data


cdef void _encode(
    const Kernels* kernels,
    Balls* balls,
    intp_t row,
    const float32_t* vector,
    const float32_t* members,
    intp_t count,
    intp_t width,
) noexcept nogil:
    """Let a row of codes stand for `count` vectors that lie about `vector`."""
    cdef uint8_t* codes = balls.codes + row * balls.width
    balls.scales[row] = kernels.encode(vector, width, codes)
    balls.spreads[row] = kernels.spread(members, count, width, codes, balls.scales[row])
