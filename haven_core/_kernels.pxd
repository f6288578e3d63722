# What the build for each instruction set offers (`_arithmetic.pyx`), and the data it works on.

from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t

ctypedef signed char int8_t

cdef enum:
    LANES = 16        # Float rows are padded with zeros to whole blocks of so many.
    BLOCK = 64        # Rows of codes are padded to whole blocks of so many, and lie on edges of such blocks.
    TOGETHER = 8      # Queries that are compared in one pass.
    WIDEST = 65536    # Longest vector whose codes' products can be added up in 32 bits.


# Rows of codes. Code c of a row stands for scale * (c - 128). Every row stands for one vector or more, none of which is
# further than `spread` from the row decoded; a row that stands for none has a spread of -INFINITY.
cdef struct Balls:
    uint8_t* codes
    float32_t* scales
    float32_t* spreads
    intp_t width


# One vector to compare with; its codes are signed.
cdef struct Query:
    float32_t* vector     # Padded with zeros; NULL: there is none.
    int8_t* codes
    float32_t scale
    float32_t length      # At least its norm.
    float32_t spread      # At least its distance from its codes decoded.
    int total             # Sum of its codes.


# TOGETHER queries, their codes interleaved by blocks. One that is left out is all zeros.
cdef struct Queries:
    int8_t* codes
    float32_t scales[TOGETHER]
    float32_t lengths[TOGETHER]
    float32_t spreads[TOGETHER]
    int totals[TOGETHER]


cdef struct Kernels:
    # Sum of products in double precision, in an order that is the same everywhere. Width: whole blocks of LANES.
    float64_t (*dot)(const float32_t* left, const float32_t* right, intp_t width) noexcept nogil
    # Write a vector down as codes; returns their scale.
    float32_t (*encode)(const float32_t* vector, intp_t width, uint8_t* codes) noexcept nogil
    # Greatest distance of some rows of floats, `stride` apart, from codes decoded, rounded up.
    float32_t (*spread)(
        const float32_t* rows, intp_t count, intp_t stride, const uint8_t* codes, float32_t scale
    ) noexcept nogil
    # Bounds of the greatest similarity between the query and the vectors of each of some rows.
    void (*bound)(
        const Balls* balls, intp_t first, intp_t count, const Query* query, float32_t* lower, float32_t* upper
    ) noexcept nogil
    # Likewise for all of `queries`: TOGETHER bounds a row.
    void (*bound_together)(
        const Balls* balls, intp_t first, intp_t count, const Queries* queries, float32_t* lower, float32_t* upper
    ) noexcept nogil


cdef class Build:
    cdef Kernels kernels
