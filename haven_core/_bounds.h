/* Bounds of similarities, from codes.
 *
 * A vector r stands in a row of codes whose decoded vector is r', no further than rho from it; the query q has decoded
 * codes q', no further than sigma from it. Then
 *
 *     q.r = q'.r' + q.(r - r') + (q - q').r'      so      |q.r - q'.r'| <= |q| rho + sigma |r'|
 *
 * by Cauchy and Schwarz, and |r'| <= |r| + rho. q'.r' is a sum of whole numbers times two scales. Nothing in this asks
 * how near the codes are, so the same holds where a row stands for many vectors: it is a ball round r'.
 *
 * Float arithmetic adds its rounding. Norms are at most 1.001 (the bank takes no other vectors), and coding hardly more
 * than doubles one, since a coordinate is moved by no more than itself: |q'|, |r'| < 2.003 and rho < 3.004. So the
 * product is under 4.02 after three roundings, the error term under 7.1 after four, their sum under 11.2 after one: with
 * a unit roundoff of 2^-24 together less than 52 * 2^-24. The similarity that is bounded is itself rounded once, to
 * float32. That makes less than 3.2e-6.
 */
#ifndef HAVEN_BOUNDS_H
#define HAVEN_BOUNDS_H

#include <math.h>
#include <string.h>

#include "_dots.h"
#include "_kernels.h"

#define HAVEN_SLACK 4e-6f
#define HAVEN_NORM ((float)(1 + HAVEN_NORM_TOLERANCE))

/* Eight lanes: rows where one query asks, queries where several do. Compilers make of them what the machine has; loops
 * over arrays of eight they would take apart. */
typedef float haven_floats __attribute__((vector_size(4 * HAVEN_TOGETHER)));

typedef struct {
    haven_floats lower, upper;
} haven_bounds;

HAVEN_INLINE haven_floats haven_same(float value) {
    return value - (haven_floats){0};
}

HAVEN_INLINE haven_floats haven_pick(haven_ints mask, haven_floats yes, haven_floats no) {
    return (haven_floats)((mask & (haven_ints)yes) | (~mask & (haven_ints)no));
}

HAVEN_INLINE haven_floats haven_greater(haven_floats left, haven_floats right) {
    return haven_pick(left > right, left, right);
}

/* The bounds of one similarity a lane. The upper one of a row that stands for nothing is -INFINITY; so is the lower. */
HAVEN_INLINE haven_bounds haven_bound(
    haven_ints dots, haven_floats scales, haven_floats lengths, haven_floats sigmas, haven_floats rhos
) {
    haven_floats similarity = __builtin_convertvector(dots, haven_floats) * scales;
    haven_floats error = lengths * rhos + sigmas * (HAVEN_NORM + rhos) + HAVEN_SLACK;
    haven_bounds bounds = {similarity - error, similarity + error};
    bounds.lower = haven_pick(bounds.lower < bounds.upper, bounds.lower, bounds.upper);
    return bounds;
}

/* One query and up to eight rows; lanes without a row are -INFINITY. */
HAVEN_INLINE haven_bounds haven_bound_rows(
    const haven_balls *balls, ptrdiff_t first, ptrdiff_t count, ptrdiff_t ahead, const haven_query *query
) {
    const uint8_t *codes = balls->codes + first * balls->width;
    haven_ints dots = haven_dots_of_rows(codes, count, query->codes, balls->width, ahead * balls->width);
    const haven_ints lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    haven_floats scales, rhos;
    /* Read past the last row, where the tables go on. */
    memcpy(&scales, balls->scales + first, sizeof scales);
    memcpy(&rhos, balls->spreads + first, sizeof rhos);
    rhos = haven_pick(lanes < (int32_t)count, rhos, haven_same(-INFINITY));
    return haven_bound(
        dots - HAVEN_OFFSET * query->total,
        scales * query->scale,
        haven_same(query->length),
        haven_same(query->spread),
        rhos
    );
}

/* Eight queries and one row. */
HAVEN_INLINE haven_bounds haven_bound_queries(
    const haven_balls *balls, ptrdiff_t row, ptrdiff_t ahead, const haven_queries *queries
) {
    const uint8_t *codes = balls->codes + row * balls->width;
    haven_ints totals, dots = haven_dots_of_queries(codes, queries->codes, balls->width, ahead * balls->width);
    haven_floats scales, lengths, sigmas;
    memcpy(&totals, queries->totals, sizeof totals);
    memcpy(&scales, queries->scales, sizeof scales);
    memcpy(&lengths, queries->lengths, sizeof lengths);
    memcpy(&sigmas, queries->spreads, sizeof sigmas);
    return haven_bound(
        dots - HAVEN_OFFSET * totals, scales * balls->scales[row], lengths, sigmas, haven_same(balls->spreads[row])
    );
}

/* The greatest lane. */
HAVEN_INLINE float haven_greatest(haven_floats lanes) {
    lanes = haven_greater(lanes, __builtin_shufflevector(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3));
    lanes = haven_greater(lanes, __builtin_shufflevector(lanes, lanes, 2, 3, 0, 1, 6, 7, 4, 5));
    return lanes[0] > lanes[1] ? lanes[0] : lanes[1];
}

#endif
