# A look is a unit vector, made by whatever network; a track remembers a moving average of those it was given.

import numpy as np

from haven_core._given import rejected

from libc.math cimport fabs, sqrt

from haven_core._checks cimport first_outside
from haven_core._kernels cimport NORM_TOLERANCE
from haven_core.assignment cimport NONE


cdef class Looks:
    """The looks of all tracks of one camera, and of the boxes of one frame."""

    cdef make_room(self, intp_t count):
        """Take memory for so many tracks and boxes; tracks that are there keep their place."""
        cdef intp_t known = 0 if self.looked_at is None else self.looked_at.shape[0]
        if known >= count:
            return
        vector_of = np.full(count, NONE, np.intp)
        looked_at = np.zeros(count, np.int64)
        memory = np.zeros((count, self.memory.shape[1] if known else 0), np.float32)
        if known:
            looked_at[:known], memory[:known] = self.looked_at, self.memory
        self.vector_of, self.looked_at, self.memory = vector_of, looked_at, memory

    cdef void begin_frame(self) noexcept nogil:
        cdef intp_t k
        if self.described:
            for k in range(self.vector_of.shape[0]):
                self.vector_of[k] = NONE
        self.described = 0

    cdef int describe(self, places, vectors, intp_t box_count) except -1:
        """Say what some boxes of the frame look like, and those alone; tracks remember it when they get them."""
        cdef const intp_t[::1] where
        cdef const float32_t[:, ::1] given
        cdef float64_t norm
        cdef intp_t k, i
        try:
            where, given = places, vectors
        except (TypeError, ValueError):
            raise rejected("vectors", vectors, "(K, D) float32, contiguous, and (K,) intp places") from None
        if where is None or given is None:
            raise rejected("vectors", vectors, "(K, D) float32, contiguous, and (K,) intp places")
        if where.shape[0] != given.shape[0] or first_outside(where, box_count) < where.shape[0]:
            raise ValueError(f"places: wanted {given.shape[0]} places in [0, {box_count}), got {places.tolist()}")
        if self.memory.shape[1] not in (0, given.shape[1]):
            raise ValueError(f"vectors: wanted {self.memory.shape[1]} numbers each as before, got {given.shape[1]}")
        for k in range(given.shape[0]):
            norm = 0
            for i in range(given.shape[1]):
                norm += given[k, i] * given[k, i]
            if not fabs(sqrt(norm) - 1) < NORM_TOLERANCE:
                raise ValueError(f"vectors: wanted unit norm, got {sqrt(norm):g} in row {k}")
        if given.shape[0] and self.memory.shape[1] == 0:
            self.memory = np.zeros((self.memory.shape[0], given.shape[1]), np.float32)
        self.begin_frame()
        self.vectors, self.described = given, given.shape[0]
        for k in range(given.shape[0]):
            self.vector_of[where[k]] = k
        return 0

    cdef void forget(self, intp_t row) noexcept nogil:
        self.looked_at[row] = 0

    cdef void remember(self, intp_t row, intp_t place, int64_t frame, float64_t kept) noexcept nogil:
        """Blend the box's look, where it has one, into the track's."""
        cdef intp_t k, vector = self.vector_of[place]
        cdef float64_t norm = 0, value, share = kept if self.looked_at[row] else 0
        if vector == NONE:
            return
        for k in range(self.memory.shape[1]):
            value = share * self.memory[row, k] + (1 - share) * self.vectors[vector, k]
            self.memory[row, k] = <float32_t> value
            norm += value * value
        if norm > 0:
            for k in range(self.memory.shape[1]):
                self.memory[row, k] = <float32_t> (self.memory[row, k] / sqrt(norm))
        self.looked_at[row] = frame

    cdef bint are_known(self, intp_t row, intp_t place) noexcept nogil:
        """Tell whether both have a look."""
        return self.looked_at[row] != 0 and self.vector_of[place] != NONE

    cdef float64_t similarity(self, intp_t row, intp_t place) noexcept nogil:
        """Cosine of a track's and a box's looks, both known."""
        cdef const float32_t* ours = &self.memory[row, 0]
        cdef const float32_t* theirs = &self.vectors[self.vector_of[place], 0]
        cdef float64_t total = 0
        cdef intp_t k
        for k in range(self.memory.shape[1]):
            total += ours[k] * theirs[k]
        return total
