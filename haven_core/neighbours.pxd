# Which boxes overlap which, found without looking at every pair.

from haven_core._typedefs cimport float32_t, float64_t, intp_t
from haven_core.assignment cimport Edges

cdef enum:
    STRIPS = 64


cdef class Neighbours:
    cdef intp_t count
    cdef float64_t left, strips_per_px, widest
    cdef intp_t[STRIPS + 1] strip_start
    # Corners and area, each a row; and where the box stands in the list it was taken from.
    cdef float32_t[:, ::1] columns
    cdef intp_t[::1] place
    cdef float32_t[::1] overlap

    cdef make_room(self, intp_t count)
    cdef void lay_out(self, const float32_t* boxes, const intp_t* rows, intp_t count) noexcept nogil
    cdef bint list_near(self, const float32_t* boxes, intp_t count, float32_t bound, Edges* edges) noexcept nogil
    cdef intp_t strip(self, float64_t x) noexcept nogil
    cdef void overlap_with(self, const float32_t* box, intp_t first, intp_t last) noexcept nogil
    cdef void add_edges(
        self, const float32_t* box, intp_t first, intp_t last, float32_t bound, Edges* edges
    ) noexcept nogil
