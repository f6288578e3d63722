# All that is done once per number, compiled for each instruction set by itself: setup.py builds this file several
# times, under several names, and `_isa.py` picks one when haven_core is imported.
#
# The bound. A vector r stands in a row of codes whose decoded vector is r', no further than rho from it; the query q has
# decoded codes q', no further than sigma from it. Then
#
#     q.r = q'.r' + q.(r - r') + (q - q').r'      so      |q.r - q'.r'| <= |q| rho + sigma |r'|
#
# by Cauchy and Schwarz, and |r'| <= |r| + rho. q'.r' is a sum of whole numbers times two scales. Nothing in this asks
# how near the codes are, so the same holds where a row stands for many vectors: it is a ball round r'.
#
# Float arithmetic adds its rounding. Norms are at most 1.001 (the bank takes no other vectors), and coding at most
# doubles one, since a coordinate is never moved by more than itself: |q'|, |r'| <= 2.002, rho <= 3.003. So the product
# is at most 4.01 after three roundings, the error term 7.1 after four, their sum 11.2 after one: with a unit roundoff of
# 2^-24 together at most 52 * 2^-24. The similarity that is bounded is itself rounded once, to float32. That makes 3.2e-6.

from libc.math cimport fabsf, sqrt
from libc.string cimport memset

from haven_core._kernels cimport LANES, BLOCK, TOGETHER, Balls, Build, Query, Queries, int8_t
from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t

cdef extern from "_dots.h" nogil:
    enum: HAVEN_OFFSET
    int haven_dot(const uint8_t* row, const int8_t* query, intp_t width)
    void haven_dots(const uint8_t* row, const int8_t* queries, intp_t width, int* dots)

cdef extern from *:
    """
    #define HAVEN_SLACK 4e-6f
    #define HAVEN_NORM 1.001f
    #define HAVEN_SMALLEST 1e-30f
    """
    const float32_t SLACK "HAVEN_SLACK"
    const float32_t NORM "HAVEN_NORM"
    # Coordinates under this are written down as zero: what divides by them might overflow.
    const float32_t SMALLEST "HAVEN_SMALLEST"

cdef enum:
    ROWS = 64


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
    cdef float32_t tops[LANES]
    cdef float32_t top = 0, inverse, size
    cdef intp_t block, lane, index
    memset(tops, 0, sizeof(tops))
    for block in range(width // LANES):
        for lane in range(LANES):
            size = fabsf(vector[block * LANES + lane])
            tops[lane] = size if size > tops[lane] else tops[lane]
    for lane in range(LANES):
        top = tops[lane] if tops[lane] > top else top
    if top < SMALLEST:
        memset(codes, 128, width)
        return 0
    inverse = 127 / top
    for index in range(width):
        codes[index] = <uint8_t>(<int>(vector[index] * inverse + <float32_t>128.5))
    return top / 127


cdef float32_t spread(
    const float32_t* rows, intp_t count, intp_t stride, const uint8_t* codes, float32_t scale
) noexcept nogil:
    cdef float64_t greatest = 0, square
    cdef intp_t row
    for row in range(count):
        square = _square_distance(rows + row * stride, codes, scale, stride)
        if square > greatest:
            greatest = square
    # Differences of floats are off by 2^-24 of their operands, all together by less than 4e-7.
    return <float32_t>(sqrt(greatest) * (1 + 1e-6) + 1e-6)


cdef inline float64_t _square_distance(
    const float32_t* vector, const uint8_t* codes, float32_t scale, intp_t width
) noexcept nogil:
    cdef float64_t sums[LANES]
    cdef float64_t total = 0
    cdef float32_t difference
    cdef intp_t block, lane
    memset(sums, 0, sizeof(sums))
    for block in range(width // LANES):
        for lane in range(LANES):
            difference = vector[lane] - scale * <float32_t>(<int>codes[lane] - 128)
            sums[lane] += <float64_t>difference * <float64_t>difference
        vector += LANES
        codes += LANES
    for lane in range(LANES):
        total += sums[lane]
    return total


cdef void bound(
    const Balls* balls, intp_t first, intp_t count, const Query* query, float32_t* lower, float32_t* upper
) noexcept nogil:
    cdef int dots[ROWS]
    cdef const uint8_t* codes = balls.codes + first * balls.width
    cdef const float32_t* scales = balls.scales + first
    cdef const float32_t* spreads = balls.spreads + first
    cdef int offset = HAVEN_OFFSET * query.total
    cdef intp_t rows, row
    cdef float32_t similarity, error, least
    while count > 0:
        rows = min(count, <intp_t>ROWS)
        for row in range(rows):
            dots[row] = haven_dot(codes, query.codes, balls.width)
            codes += balls.width
        for row in range(rows):
            similarity = <float32_t>(dots[row] - offset) * (scales[row] * query.scale)
            error = query.length * spreads[row] + query.spread * (NORM + spreads[row]) + SLACK
            upper[row] = similarity + error
            # The upper bound of a row that stands for nothing is -INFINITY, and then so is the lower.
            least = similarity - error
            lower[row] = least if least < upper[row] else upper[row]
        lower += rows
        upper += rows
        scales += rows
        spreads += rows
        count -= rows


cdef void bound_together(
    const Balls* balls, intp_t first, intp_t count, const Queries* queries, float32_t* lower, float32_t* upper
) noexcept nogil:
    cdef int dots[TOGETHER]
    cdef const uint8_t* codes = balls.codes + first * balls.width
    cdef intp_t row, k
    cdef float32_t similarity, error, least, radius, scale
    for row in range(first, first + count):
        haven_dots(codes, queries.codes, balls.width, dots)
        codes += balls.width
        radius = balls.spreads[row]
        scale = balls.scales[row]
        for k in range(TOGETHER):
            similarity = <float32_t>(dots[k] - HAVEN_OFFSET * queries.totals[k]) * (scale * queries.scales[k])
            error = queries.lengths[k] * radius + queries.spreads[k] * (NORM + radius) + SLACK
            upper[k] = similarity + error
            least = similarity - error
            lower[k] = least if least < upper[k] else upper[k]
        lower += TOGETHER
        upper += TOGETHER


cdef Build make_build():
    cdef Build made = Build()
    made.kernels.dot = dot
    made.kernels.encode = encode
    made.kernels.spread = spread
    made.kernels.bound = bound
    made.kernels.bound_together = bound_together
    return made


BUILD = make_build()
