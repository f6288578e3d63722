/* Sums and maxima over a row of floats, in as many lanes as a row's blocks have: compilers do not part them by themselves,
 * since the order of additions matters. */
#ifndef HAVEN_CODES_H
#define HAVEN_CODES_H

#include <string.h>

#include "_kernels.h"

typedef float haven_block __attribute__((vector_size(4 * HAVEN_LANES)));
typedef int32_t haven_block_ints __attribute__((vector_size(4 * HAVEN_LANES)));

/* The greatest size of a coordinate. */
static inline float haven_top(const float *vector, ptrdiff_t width) {
    haven_block_ints bits, tops = {0}, more;
    float sizes[HAVEN_LANES], top = 0;
    for (ptrdiff_t i = 0; i < width; i += HAVEN_LANES) {
        /* Floats without a sign are ordered as the whole numbers that their bits are. */
        memcpy(&bits, vector + i, sizeof bits);
        bits &= 0x7fffffff;
        more = bits > tops;
        tops = (more & bits) | (~more & tops);
    }
    memcpy(sizes, &tops, sizeof sizes);
    for (int k = 0; k < HAVEN_LANES; k++)
        top = sizes[k] > top ? sizes[k] : top;
    return top;
}

/* The square of a vector's distance from codes decoded. */
static inline float haven_square_distance(const float *vector, const uint8_t *codes, float scale, ptrdiff_t width) {
    enum { PIECE = 16 * HAVEN_LANES };
    float differences[PIECE], lanes[HAVEN_LANES], total = 0;
    haven_block block, sums = {0};
    for (ptrdiff_t start = 0; start < width; start += PIECE) {
        int count = width - start < PIECE ? (int)(width - start) : PIECE;
        for (int i = 0; i < count; i++)
            differences[i] = vector[start + i] - scale * (float)((int)codes[start + i] - 128);
        for (int i = 0; i < count; i += HAVEN_LANES) {
            memcpy(&block, differences + i, sizeof block);
            sums += block * block;
        }
    }
    memcpy(lanes, &sums, sizeof lanes);
    for (int k = 0; k < HAVEN_LANES; k++)
        total += lanes[k];
    return total;
}

#endif
