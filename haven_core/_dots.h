/* Dot products of 8-bit codes, as each instruction set does them best.
 *
 * A row holds unsigned codes that stand for `code - 128`, a query holds signed ones: the form in which AVX-512 VNNI takes
 * its operands. What is summed up is `(row[i] - 128 + HAVEN_OFFSET) * query[i]`; to take the rest off, the caller needs
 * nothing but the sum of the query's codes. All are whole numbers, so every version tells the same. A width is a multiple
 * of 64 and at most 65536, so that no sum leaves 32 bits: 255 * 127 * 65536 < 2^31.
 *
 * Products are summed up in as many lanes as a register has, and the lanes of eight such sums at a time in one go: of
 * eight rows times one query, or of one row times eight queries. Eight queries lie interleaved, 64 codes of each in turn,
 * so that a row is read once for all of them.
 *
 * While a row is read, the one `ahead` bytes further on is fetched; 0: none.
 */
#ifndef HAVEN_DOTS_H
#define HAVEN_DOTS_H

#include "_kernels.h"

#define HAVEN_INLINE static inline __attribute__((always_inline))

/* Eight whole numbers. */
typedef int32_t haven_ints __attribute__((vector_size(4 * HAVEN_TOGETHER)));

/* Asks for memory that will be read soon. The hardware does so by itself, but stops at every page of 4 KiB. */
#define HAVEN_FETCH(row, ahead) __builtin_prefetch((const char *)(row) + (ahead))

/* ARM multiplies codes of one kind, so there rows are made signed as they are read. */
#if defined(__ARM_NEON)
enum { HAVEN_OFFSET = 0 };
#else
enum { HAVEN_OFFSET = 128 };
#endif

#if defined(__AVX512VNNI__)
#include <immintrin.h>

#define HAVEN_BUILT_FOR "avx512vnni"
enum { HAVEN_STEP = 64 };
typedef __m512i haven_sums;

static inline haven_sums haven_zero(void) { return _mm512_setzero_si512(); }

static inline haven_sums haven_add(haven_sums sums, const uint8_t *row, const int8_t *query) {
    return _mm512_dpbusd_epi32(sums, _mm512_load_si512(row), _mm512_load_si512(query));
}

static inline __m512i haven_fold(__m512i first, __m512i second) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(first, second), _mm512_unpackhi_epi32(first, second));
}

static inline __m512i haven_fold_pairs(__m512i first, __m512i second) {
    return _mm512_add_epi32(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second));
}

static inline haven_ints haven_totals(const haven_sums *sums) {
    /* Each quarter holds a part of totals 0 to 3, or 4 to 7; the quarters are then added up. */
    __m512i low = haven_fold_pairs(haven_fold(sums[0], sums[1]), haven_fold(sums[2], sums[3]));
    __m512i high = haven_fold_pairs(haven_fold(sums[4], sums[5]), haven_fold(sums[6], sums[7]));
    __m512i all = _mm512_add_epi32(_mm512_shuffle_i64x2(low, high, 0x88), _mm512_shuffle_i64x2(low, high, 0xdd));
    all = _mm512_add_epi32(all, _mm512_shuffle_i64x2(all, all, 0xb1));
    return (haven_ints)_mm512_castsi512_si256(_mm512_shuffle_i64x2(all, all, 0x08));
}

#elif defined(__AVX2__)
#include <immintrin.h>

#define HAVEN_BUILT_FOR "avx2"
enum { HAVEN_STEP = 16 };
typedef __m256i haven_sums;

static inline haven_sums haven_zero(void) { return _mm256_setzero_si256(); }

static inline haven_sums haven_add(haven_sums sums, const uint8_t *row, const int8_t *query) {
    /* In 16 bits: the instruction that multiplies bytes would saturate. */
    __m256i codes = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)row));
    __m256i asked = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)query));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(codes, asked));
}

static inline haven_ints haven_totals(const haven_sums *sums) {
    __m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[4], sums[5]), _mm256_hadd_epi32(sums[6], sums[7]));
    return (haven_ints)_mm256_add_epi32(
        _mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)
    );
}

#else

enum { HAVEN_STEP = 16 };

#if defined(__SSE2__)
#include <emmintrin.h>

#define HAVEN_BUILT_FOR "x86_64"

typedef __m128i haven_sums;

static inline haven_sums haven_zero(void) { return _mm_setzero_si128(); }

static inline haven_sums haven_add(haven_sums sums, const uint8_t *row, const int8_t *query) {
    __m128i zero = _mm_setzero_si128();
    __m128i codes = _mm_load_si128((const __m128i *)row), asked = _mm_load_si128((const __m128i *)query);
    __m128i signs = _mm_cmpgt_epi8(zero, asked);
    __m128i low = _mm_madd_epi16(_mm_unpacklo_epi8(codes, zero), _mm_unpacklo_epi8(asked, signs));
    __m128i high = _mm_madd_epi16(_mm_unpackhi_epi8(codes, zero), _mm_unpackhi_epi8(asked, signs));
    return _mm_add_epi32(sums, _mm_add_epi32(low, high));
}

static inline int32_t haven_total(haven_sums sums) {
    sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0x4e));
    sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0xb1));
    return _mm_cvtsi128_si32(sums);
}

#elif defined(__ARM_NEON)
#include <arm_neon.h>

#if defined(__ARM_FEATURE_DOTPROD)
#define HAVEN_BUILT_FOR "neon_dotprod"
#else
#define HAVEN_BUILT_FOR "neon"
#endif

typedef int32x4_t haven_sums;

static inline haven_sums haven_zero(void) { return vdupq_n_s32(0); }

static inline haven_sums haven_add(haven_sums sums, const uint8_t *row, const int8_t *query) {
    int8x16_t codes = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row), vdupq_n_u8(0x80)));
    int8x16_t asked = vld1q_s8(query);
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sums, codes, asked);
#else
    sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(codes), vget_low_s8(asked)));
    return vpadalq_s16(sums, vmull_s8(vget_high_s8(codes), vget_high_s8(asked)));
#endif
}

static inline int32_t haven_total(haven_sums sums) { return vaddvq_s32(sums); }

#else

#define HAVEN_BUILT_FOR "portable"

typedef int32_t haven_sums;

static inline haven_sums haven_zero(void) { return 0; }

static inline haven_sums haven_add(haven_sums sums, const uint8_t *row, const int8_t *query) {
    for (int i = 0; i < HAVEN_STEP; i++)
        sums += row[i] * query[i];
    return sums;
}

static inline int32_t haven_total(haven_sums sums) { return sums; }

#endif

static inline haven_ints haven_totals(const haven_sums *sums) {
    haven_ints totals;
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        totals[k] = haven_total(sums[k]);
    return totals;
}

#endif

/* Up to eight rows times one query; lanes without a row are zero. */
HAVEN_INLINE haven_ints haven_dots_of_rows(
    const uint8_t *rows, ptrdiff_t count, const int8_t *query, ptrdiff_t width, ptrdiff_t ahead
) {
    haven_sums sums[HAVEN_TOGETHER];
    for (int k = 0; k < HAVEN_TOGETHER; k++) {
        sums[k] = haven_zero();
        if (k >= count)
            continue;
        for (ptrdiff_t i = 0; i < width; i += HAVEN_BLOCK) {
            HAVEN_FETCH(rows + i, ahead);
            for (int part = 0; part < HAVEN_BLOCK; part += HAVEN_STEP)
                sums[k] = haven_add(sums[k], rows + i + part, query + i + part);
        }
        rows += width;
    }
    return haven_totals(sums);
}

/* One row times eight queries. */
HAVEN_INLINE haven_ints haven_dots_of_queries(
    const uint8_t *row, const int8_t *queries, ptrdiff_t width, ptrdiff_t ahead
) {
    haven_sums sums[HAVEN_TOGETHER];
    for (int k = 0; k < HAVEN_TOGETHER; k++)
        sums[k] = haven_zero();
    for (ptrdiff_t i = 0; i < width; i += HAVEN_BLOCK) {
        HAVEN_FETCH(row + i, ahead);
        for (int part = 0; part < HAVEN_BLOCK; part += HAVEN_STEP)
            for (int k = 0; k < HAVEN_TOGETHER; k++)
                sums[k] = haven_add(sums[k], row + i + part, queries + i * HAVEN_TOGETHER + k * HAVEN_BLOCK + part);
    }
    return haven_totals(sums);
}

#endif
