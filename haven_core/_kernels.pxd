# What the build for each instruction set offers (`_arithmetic.pyx`), and the data it works on.

from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t

ctypedef signed char int8_t

cdef extern from "_kernels.h" nogil:
    enum:
        LANES "HAVEN_LANES"
        BLOCK "HAVEN_BLOCK"
        TOGETHER "HAVEN_TOGETHER"
        WIDEST "HAVEN_WIDEST"

    const float64_t NORM_TOLERANCE "HAVEN_NORM_TOLERANCE"

    ctypedef struct Balls "haven_balls":
        uint8_t* codes
        float32_t* scales
        float32_t* spreads
        intp_t width

    ctypedef struct Query "haven_query":
        float32_t* vector
        int8_t* codes
        float32_t scale, length, spread
        int total

    ctypedef struct Queries "haven_queries":
        int8_t* codes
        float32_t* scales
        float32_t* lengths
        float32_t* spreads
        int* totals


# For `count` rows from `first` on, bounds of the greatest similarity between a query and what each row stands for.
# Meanwhile the rows `ahead` further on are fetched, which should be the next to be read; 0: none.
ctypedef void (*BoundOne)(
    const Balls* balls,
    intp_t first,
    intp_t count,
    intp_t ahead,
    const Query* query,
    float32_t* lower,
    float32_t* upper,
) noexcept nogil

# Likewise for TOGETHER queries.
ctypedef void (*BoundMany)(
    const Balls* balls,
    intp_t first,
    intp_t count,
    intp_t ahead,
    const Queries* queries,
    float32_t* lower,
    float32_t* upper,
) noexcept nogil


cdef struct Kernels:
    # Sum of products in double precision, in an order that is the same everywhere. Width: whole blocks of LANES.
    float64_t (*dot)(const float32_t* left, const float32_t* right, intp_t width) noexcept nogil
    # Write a vector down as codes; returns their scale.
    float32_t (*encode)(const float32_t* vector, intp_t width, uint8_t* codes) noexcept nogil
    # Greatest distance of some rows of floats, `stride` apart, from codes decoded, rounded up.
    float32_t (*spread)(
        const float32_t* rows, intp_t count, intp_t stride, const uint8_t* codes, float32_t scale
    ) noexcept nogil
    # One of each bound a row; for many queries TOGETHER of each a row.
    BoundOne bound
    BoundMany bound_together
    # Those of what all the rows stand for: one of each; for many queries TOGETHER of each.
    BoundOne best
    BoundMany best_together


cdef class Build:
    cdef Kernels kernels
