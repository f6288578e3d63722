# What tracks and boxes look like.

from haven_core._typedefs cimport float32_t, float64_t, int64_t, intp_t


cdef class Looks:
    # By row of the track table: a unit vector, and the frame of the newest look, 0 for none.
    cdef float32_t[:, ::1] memory
    cdef int64_t[::1] looked_at
    # Of the frame that is being taken in: by box, which vector is its look, NONE for none.
    cdef readonly intp_t described
    cdef const float32_t[:, ::1] vectors
    cdef intp_t[::1] vector_of

    cdef make_room(self, intp_t count)
    cdef void begin_frame(self) noexcept nogil
    cdef int describe(self, places, vectors, intp_t box_count) except -1
    cdef void forget(self, intp_t row) noexcept nogil
    cdef void remember(self, intp_t row, intp_t place, int64_t frame, float64_t kept) noexcept nogil
    cdef bint are_known(self, intp_t row, intp_t place) noexcept nogil
    cdef float64_t similarity(self, intp_t row, intp_t place) noexcept nogil
