/* The data that a search works on, as C and Cython share it. */
#ifndef HAVEN_KERNELS_H
#define HAVEN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    HAVEN_LANES = 16,      /* Float rows are padded with zeros to whole blocks of so many. */
    HAVEN_BLOCK = 64,      /* Rows of codes are padded to whole blocks of so many, and lie on edges of such blocks. */
    HAVEN_TOGETHER = 8,    /* Queries that are compared in one pass. */
    HAVEN_WIDEST = 65536   /* The longest vector whose codes' products can be added up in 32 bits. */
};

/* By how much the norm of a vector may differ from 1. */
#define HAVEN_NORM_TOLERANCE 1e-3

/* Rows of codes. Code c of a row stands for scale * (c - 128). Every row stands for one vector or more, none of which is
 * further than `spread` from the row decoded; a row that stands for none has a spread of -INFINITY. */
typedef struct {
    uint8_t *codes;
    float *scales;
    float *spreads;
    ptrdiff_t width;
} haven_balls;

/* One vector to compare with; its codes are signed. */
typedef struct {
    float *vector;   /* Padded with zeros; NULL: there is none. */
    int8_t *codes;
    float scale;
    float length;    /* At least its norm. */
    float spread;    /* At least its distance from its codes decoded. */
    int total;       /* Sum of its codes. */
} haven_query;

/* Several queries, their codes interleaved by blocks. One that is left out is all zeros. */
typedef struct {
    int8_t *codes;
    float scales[HAVEN_TOGETHER];
    float lengths[HAVEN_TOGETHER];
    float spreads[HAVEN_TOGETHER];
    int totals[HAVEN_TOGETHER];
} haven_queries;

#endif
