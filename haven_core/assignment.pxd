# The solver, for kernels that know which pairs are cheap enough and have no need of a full matrix.

from haven_core._typedefs cimport float32_t, float64_t, intp_t

cdef enum:
    NONE = -1


cdef struct Edges:
    # The pairs that may be made. Those of row i are at start[i] up to start[i + 1].
    intp_t row_count
    intp_t column_count
    intp_t count
    intp_t* start
    intp_t* column
    float64_t* cost
    intp_t row_capacity
    intp_t capacity


cdef bint clear_edges(Edges* edges, intp_t rows, intp_t columns) noexcept nogil
cdef bint reserve_edges(Edges* edges, intp_t more) noexcept nogil
cdef void free_edges(Edges* edges) noexcept nogil
cdef bint solve(const Edges* edges, float64_t limit, intp_t* column_of, intp_t* row_of) noexcept nogil
cdef float32_t rounded_up(float64_t limit) noexcept nogil
