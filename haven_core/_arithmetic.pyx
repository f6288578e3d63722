# All that is done once per number, compiled for each instruction set by itself: setup.py builds this file several
# times, under several names, and `_isa.pyx` picks one.

from libc.math cimport INFINITY, sqrt
from libc.string cimport memcpy, memset

from haven_core._kernels cimport LANES, TOGETHER, Balls, Build, Queries, Query
from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t

cdef extern from "_codes.h" nogil:
    float32_t haven_top(const float32_t* vector, intp_t width)
    float32_t haven_square_distance(const float32_t* vector, const uint8_t* codes, float32_t scale, intp_t width)

# Each header is named here, those that others include too: by that it is known what to build anew.
cdef extern from "_dots.h":
    const char* HAVEN_BUILT_FOR

cdef extern from "_bounds.h" nogil:
    ctypedef struct Lanes "haven_floats":
        pass

    ctypedef struct Bounds "haven_bounds":
        Lanes lower, upper

    Lanes haven_same(float32_t value)
    Lanes haven_greater(Lanes left, Lanes right)
    float32_t haven_greatest(Lanes lanes)
    Bounds haven_bound_rows(const Balls* balls, intp_t first, intp_t count, intp_t ahead, const Query* query)
    Bounds haven_bound_queries(const Balls* balls, intp_t row, intp_t ahead, const Queries* queries)

cdef extern from *:
    """
    #define HAVEN_SMALLEST 1e-30f
    """
    # Coordinates under this are written down as zero: what divides by them might overflow.
    const float32_t SMALLEST "HAVEN_SMALLEST"


cdef float64_t dot(const float32_t* left, const float32_t* right, intp_t width) noexcept nogil:
    # A product of two floats is exact in double precision, so fused instructions give the same.
    cdef float64_t sums[LANES]
    cdef intp_t block, lane
    memset(sums, 0, sizeof(sums))
    for block in range(width // LANES):
        for lane in range(LANES):
            sums[lane] += <float64_t>left[lane] * <float64_t>right[lane]
        left += LANES
        right += LANES
    for lane in range(8):
        sums[lane] += sums[lane + 8]
    for lane in range(4):
        sums[lane] += sums[lane + 4]
    return (sums[0] + sums[2]) + (sums[1] + sums[3])


cdef float32_t encode(const float32_t* vector, intp_t width, uint8_t* codes) noexcept nogil:
    cdef float32_t top = haven_top(vector, width), inverse
    cdef intp_t index
    if top < SMALLEST:
        memset(codes, 128, width)
        return 0
    inverse = 127 / top
    for index in range(width):
        # Rounds to the nearest: what is cut off is never negative.
        codes[index] = <uint8_t>(<int>(vector[index] * inverse + <float32_t>128.5))
    return top / 127


cdef float32_t spread(
    const float32_t* rows, intp_t count, intp_t stride, const uint8_t* codes, float32_t scale
) noexcept nogil:
    cdef float32_t widest = 0, square
    cdef intp_t row
    for row in range(count):
        square = haven_square_distance(rows + row * stride, codes, scale, stride)
        widest = max(widest, square)
    # A difference is off by 2^-24 of its operands, all together by less than 4e-7. A lane adds up 4096 squares at most,
    # each time off by 2^-24 of the sum so far, and the lanes are added up in 16 steps: less than 1.3e-4 of the root.
    return <float32_t>(sqrt(<float64_t>widest) * 1.0002 + 1e-6)


cdef void bound(
    const Balls* balls,
    intp_t first,
    intp_t count,
    intp_t ahead,
    const Query* query,
    float32_t* lower,
    float32_t* upper,
) noexcept nogil:
    cdef Bounds bounds
    cdef intp_t row, rows
    for row in range(0, count, 8):
        rows = min(count - row, <intp_t>TOGETHER)
        bounds = haven_bound_rows(balls, first + row, rows, ahead, query)
        memcpy(lower + row, &bounds.lower, rows * sizeof(float32_t))
        memcpy(upper + row, &bounds.upper, rows * sizeof(float32_t))


cdef void bound_together(
    const Balls* balls,
    intp_t first,
    intp_t count,
    intp_t ahead,
    const Queries* queries,
    float32_t* lower,
    float32_t* upper,
) noexcept nogil:
    cdef Bounds bounds
    cdef intp_t row
    for row in range(count):
        bounds = haven_bound_queries(balls, first + row, ahead, queries)
        memcpy(lower + row * TOGETHER, &bounds.lower, sizeof(Lanes))
        memcpy(upper + row * TOGETHER, &bounds.upper, sizeof(Lanes))


cdef void best(
    const Balls* balls,
    intp_t first,
    intp_t count,
    intp_t ahead,
    const Query* query,
    float32_t* lower,
    float32_t* upper,
) noexcept nogil:
    cdef Bounds top, bounds
    cdef intp_t row
    top.lower = haven_same(-INFINITY)
    top.upper = top.lower
    for row in range(0, count, 8):
        bounds = haven_bound_rows(balls, first + row, min(count - row, <intp_t>TOGETHER), ahead, query)
        top.lower = haven_greater(top.lower, bounds.lower)
        top.upper = haven_greater(top.upper, bounds.upper)
    lower[0] = haven_greatest(top.lower)
    upper[0] = haven_greatest(top.upper)


cdef void best_together(
    const Balls* balls,
    intp_t first,
    intp_t count,
    intp_t ahead,
    const Queries* queries,
    float32_t* lower,
    float32_t* upper,
) noexcept nogil:
    cdef Bounds top, bounds
    cdef intp_t row
    top.lower = haven_same(-INFINITY)
    top.upper = top.lower
    for row in range(count):
        bounds = haven_bound_queries(balls, first + row, ahead, queries)
        top.lower = haven_greater(top.lower, bounds.lower)
        top.upper = haven_greater(top.upper, bounds.upper)
    memcpy(lower, &top.lower, sizeof(Lanes))
    memcpy(upper, &top.upper, sizeof(Lanes))


cdef Build make_build():
    cdef Build made = Build()
    made.kernels.dot = dot
    made.kernels.encode = encode
    made.kernels.spread = spread
    made.kernels.bound = bound
    made.kernels.bound_together = bound_together
    made.kernels.best = best
    made.kernels.best_together = best_together
    return made


BUILD = make_build()
BUILT_FOR = HAVEN_BUILT_FOR.decode()
