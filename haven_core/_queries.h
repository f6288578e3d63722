/* The numbers of a round's eight queries, looked at together: bit k of an answer tells of the k-th. By halves of four, which
 * every machine's registers hold; of whole vectors compilers make scalars where registers are shorter. */
#ifndef HAVEN_QUERIES_H
#define HAVEN_QUERIES_H

#include <math.h>
#include <string.h>

#include "_kernels.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { HAVEN_HALF = HAVEN_TOGETHER / 2 };

typedef float haven_half __attribute__((vector_size(4 * HAVEN_HALF)));
typedef int32_t haven_half_mask __attribute__((vector_size(4 * HAVEN_HALF)));

static inline haven_half haven_load(const float *values) {
    haven_half half;
    memcpy(&half, values, sizeof half);
    return half;
}

static inline haven_half haven_choose(haven_half_mask mask, haven_half yes, haven_half no) {
    return (haven_half)((mask & (haven_half_mask)yes) | (~mask & (haven_half_mask)no));
}

static inline unsigned haven_bits(haven_half_mask mask) {
#if defined(__SSE2__)
    return (unsigned)_mm_movemask_ps((__m128)mask);
#else
    mask &= (haven_half_mask){1, 2, 4, 8};
    return (unsigned)(mask[0] | mask[1] | mask[2] | mask[3]);
#endif
}

/* Which numbers are at least their limits. */
static inline unsigned haven_reaching(const float *values, const float *limits) {
    unsigned low = haven_bits(haven_load(values) >= haven_load(limits));
    return low | haven_bits(haven_load(values + HAVEN_HALF) >= haven_load(limits + HAVEN_HALF)) << HAVEN_HALF;
}

/* Which numbers are less than a limit, but for those that are -INFINITY. */
static inline unsigned haven_under(const float *values, float limit) {
    haven_half low = haven_load(values), high = haven_load(values + HAVEN_HALF);
    return haven_bits((low < limit) & (low > -INFINITY)) | haven_bits((high < limit) & (high > -INFINITY)) << HAVEN_HALF;
}

/* Hold pairs of bounds to others that hold as well. */
static inline void haven_narrow(float *lower, float *upper, const float *least, const float *most) {
    for (int k = 0; k < HAVEN_TOGETHER; k += HAVEN_HALF) {
        haven_half above = haven_load(lower + k), floor = haven_load(least + k);
        haven_half below = haven_load(upper + k), ceiling = haven_load(most + k);
        above = haven_choose(floor > above, floor, above);
        below = haven_choose(ceiling < below, ceiling, below);
        memcpy(lower + k, &above, sizeof above);
        memcpy(upper + k, &below, sizeof below);
    }
}

#endif
