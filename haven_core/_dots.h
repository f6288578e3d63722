/* Dot products of 8-bit codes, as each instruction set does them best.
 *
 * A row holds unsigned codes that stand for `code - 128`, a query holds signed ones: the form in which AVX-512 VNNI takes
 * its operands. What is returned is the sum of `(row[i] - 128 + HAVEN_OFFSET) * query[i]`; to take the rest off, the
 * caller needs nothing but the sum of the query's codes. All are whole numbers, so every version tells the same. A width
 * is a multiple of 64 and at most 65536, so that no sum leaves 32 bits: 255 * 127 * 65536 < 2^31.
 *
 * Eight queries at once lie interleaved, 64 codes of each in turn; the row is then read once for all of them.
 */
#ifndef HAVEN_DOTS_H
#define HAVEN_DOTS_H

#include <stddef.h>
#include <stdint.h>

enum { HAVEN_BLOCK = 64, HAVEN_TOGETHER = 8 };

/* ARM multiplies codes of one kind, so there rows are made signed as they are read. */
#if defined(__ARM_NEON)
enum { HAVEN_OFFSET = 0 };
#else
enum { HAVEN_OFFSET = 128 };
#endif

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#include <immintrin.h>

static inline int32_t haven_dot(const uint8_t *row, const int8_t *query, ptrdiff_t width) {
    __m512i sum = _mm512_setzero_si512();
    for (ptrdiff_t i = 0; i < width; i += HAVEN_BLOCK)
        sum = _mm512_dpbusd_epi32(sum, _mm512_load_si512(row + i), _mm512_load_si512(query + i));
    return _mm512_reduce_add_epi32(sum);
}

/* Folds two vectors into one: its even places add up the first one's, its odd places the second one's. */
static inline __m512i haven_fold(__m512i first, __m512i second) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(first, second), _mm512_unpackhi_epi32(first, second));
}

static inline __m512i haven_fold_pairs(__m512i first, __m512i second) {
    return _mm512_add_epi32(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second));
}

static inline void haven_dots(const uint8_t *row, const int8_t *queries, ptrdiff_t width, int32_t *dots) {
    __m512i sums[HAVEN_TOGETHER], codes, low, high;
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        sums[k] = _mm512_setzero_si512();
    for (ptrdiff_t i = 0; i < width; i += HAVEN_BLOCK, queries += HAVEN_TOGETHER * HAVEN_BLOCK) {
        codes = _mm512_load_si512(row + i);
        for (int k = 0; k < HAVEN_TOGETHER; k++)
            sums[k] = _mm512_dpbusd_epi32(sums[k], codes, _mm512_load_si512(queries + k * HAVEN_BLOCK));
    }
    low = haven_fold_pairs(haven_fold(sums[0], sums[1]), haven_fold(sums[2], sums[3]));
    high = haven_fold_pairs(haven_fold(sums[4], sums[5]), haven_fold(sums[6], sums[7]));
    /* Each quarter of `low` now holds a part of sums 0 to 3, of `high` of sums 4 to 7. */
    low = _mm512_add_epi32(_mm512_shuffle_i64x2(low, high, 0x88), _mm512_shuffle_i64x2(low, high, 0xdd));
    low = _mm512_add_epi32(low, _mm512_shuffle_i64x2(low, low, 0xb1));
    _mm_storeu_si128((__m128i *)dots, _mm512_castsi512_si128(low));
    _mm_storeu_si128((__m128i *)(dots + 4), _mm512_extracti32x4_epi32(low, 2));
}

#elif defined(__AVX2__)
#include <immintrin.h>

/* Sixteen 16-bit products a step: the instruction for bytes would saturate. */
static inline __m256i haven_step(__m256i sum, __m256i codes, const int8_t *query) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(codes, _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)query))));
}

static inline __m256i haven_codes(const uint8_t *row) {
    return _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)row));
}

static inline int32_t haven_total(__m256i sums) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

static inline int32_t haven_dot(const uint8_t *row, const int8_t *query, ptrdiff_t width) {
    __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
    for (ptrdiff_t i = 0; i < width; i += 32) {
        even = haven_step(even, haven_codes(row + i), query + i);
        odd = haven_step(odd, haven_codes(row + i + 16), query + i + 16);
    }
    return haven_total(_mm256_add_epi32(even, odd));
}

static inline void haven_dots(const uint8_t *row, const int8_t *queries, ptrdiff_t width, int32_t *dots) {
    __m256i sums[HAVEN_TOGETHER];
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        sums[k] = _mm256_setzero_si256();
    for (ptrdiff_t i = 0; i < width; i += HAVEN_BLOCK, queries += HAVEN_TOGETHER * HAVEN_BLOCK)
        for (int part = 0; part < HAVEN_BLOCK; part += 16) {
            __m256i codes = haven_codes(row + i + part);
            for (int k = 0; k < HAVEN_TOGETHER; k++)
                sums[k] = haven_step(sums[k], codes, queries + k * HAVEN_BLOCK + part);
        }
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        dots[k] = haven_total(sums[k]);
}

#else

#if defined(__SSE2__)
#include <emmintrin.h>

typedef __m128i haven_sum;

static inline haven_sum haven_zero(void) { return _mm_setzero_si128(); }

static inline haven_sum haven_step(haven_sum sum, const uint8_t *row, const int8_t *query) {
    __m128i zero = _mm_setzero_si128();
    __m128i codes = _mm_load_si128((const __m128i *)row), asked = _mm_load_si128((const __m128i *)query);
    __m128i signs = _mm_cmpgt_epi8(zero, asked);
    __m128i low = _mm_madd_epi16(_mm_unpacklo_epi8(codes, zero), _mm_unpacklo_epi8(asked, signs));
    __m128i high = _mm_madd_epi16(_mm_unpackhi_epi8(codes, zero), _mm_unpackhi_epi8(asked, signs));
    return _mm_add_epi32(sum, _mm_add_epi32(low, high));
}

static inline int32_t haven_total(haven_sum sum) {
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return _mm_cvtsi128_si32(sum);
}

#elif defined(__ARM_NEON)
#include <arm_neon.h>

typedef int32x4_t haven_sum;

static inline haven_sum haven_zero(void) { return vdupq_n_s32(0); }

static inline haven_sum haven_step(haven_sum sum, const uint8_t *row, const int8_t *query) {
    int8x16_t codes = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row), vdupq_n_u8(0x80)));
    int8x16_t asked = vld1q_s8(query);
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sum, codes, asked);
#else
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(codes), vget_low_s8(asked)));
    return vpadalq_s16(sum, vmull_s8(vget_high_s8(codes), vget_high_s8(asked)));
#endif
}

static inline int32_t haven_total(haven_sum sum) { return vaddvq_s32(sum); }

#else

typedef int32_t haven_sum;

static inline haven_sum haven_zero(void) { return 0; }

static inline haven_sum haven_step(haven_sum sum, const uint8_t *row, const int8_t *query) {
    for (int i = 0; i < 16; i++)
        sum += row[i] * query[i];
    return sum;
}

static inline int32_t haven_total(haven_sum sum) { return sum; }

#endif

static inline int32_t haven_dot(const uint8_t *row, const int8_t *query, ptrdiff_t width) {
    haven_sum sum = haven_zero();
    for (ptrdiff_t i = 0; i < width; i += 16)
        sum = haven_step(sum, row + i, query + i);
    return haven_total(sum);
}

static inline void haven_dots(const uint8_t *row, const int8_t *queries, ptrdiff_t width, int32_t *dots) {
    haven_sum sums[HAVEN_TOGETHER];
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        sums[k] = haven_zero();
    for (ptrdiff_t i = 0; i < width; i += HAVEN_BLOCK, queries += HAVEN_TOGETHER * HAVEN_BLOCK)
        for (int k = 0; k < HAVEN_TOGETHER; k++)
            for (int part = 0; part < HAVEN_BLOCK; part += 16)
                sums[k] = haven_step(sums[k], row + i + part, queries + k * HAVEN_BLOCK + part);
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        dots[k] = haven_total(sums[k]);
}

#endif
#endif
