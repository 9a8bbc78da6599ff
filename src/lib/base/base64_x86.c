/* SPDX-License-Identifier: MIT */
/* base64_x86.c - base64 with SSSE3 and AVX2, chosen at run time by base64.c */
#include "base/build.h"

#include "base/base64.h"

#if KLR_BASE64_X86

#include <immintrin.h>

/*
 * Both implementations do the same in every lane of 16 bytes, of which 12 are used:
 *
 * 1. Each 32-bit word gets one group of three bytes a b c, as b a c b.
 * 2. Multiplications shift the four values of six bits into a byte each: a high half
 *    of a product shifts to the right, a low half to the left.
 * 3. A value becomes a character by adding the offset of its range. The number of the
 *    range is value - 51, at least 0, plus 1 for values over 25 (a comparison gives
 *    -1, which is subtracted): 0 for A-Z, 1 for a-z, 2 to 11 for 0-9, 12 for +, 13
 *    for /.
 */
#define SPREAD 10, 11, 9, 10, 7, 8, 6, 7, 4, 5, 3, 4, 1, 2, 0, 1
#define OFFSETS                                                                        \
    0, 0, '/' - 63, '+' - 62, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,        \
        '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, 'a' - 26, 'A'

__attribute__((target("ssse3"))) static __m128i
encode_12(__m128i in)
{
    in = _mm_shuffle_epi8(in, _mm_set_epi8(SPREAD));
    __m128i right = _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0FC0FC00)),
                                    _mm_set1_epi32(0x04000040));
    __m128i left = _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003F03F0)),
                                   _mm_set1_epi32(0x01000010));
    __m128i values = _mm_or_si128(right, left);
    __m128i range = _mm_subs_epu8(values, _mm_set1_epi8(51));
    range = _mm_sub_epi8(range, _mm_cmpgt_epi8(values, _mm_set1_epi8(25)));
    return _mm_add_epi8(values, _mm_shuffle_epi8(_mm_set_epi8(OFFSETS), range));
}

__attribute__((target("ssse3"))) size_t
klr_base64_ssse3(char *dst, const unsigned char *src, size_t n)
{
    size_t used = 0;
    /* A load has sixteen bytes, of which twelve are used. */
    for (; n - used >= 16; used += 12, dst += 16) {
        __m128i in = _mm_loadu_si128((const __m128i *)(const void *)(src + used));
        _mm_storeu_si128((__m128i *)(void *)dst, encode_12(in));
    }
    return used;
}

__attribute__((target("avx2"))) static __m256i
load_24(const unsigned char *src)
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)src);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(src + 12));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

__attribute__((target("avx2"))) static __m256i
encode_24(__m256i in)
{
    in = _mm256_shuffle_epi8(in, _mm256_set_epi8(SPREAD, SPREAD));
    __m256i right =
        _mm256_mulhi_epu16(_mm256_and_si256(in, _mm256_set1_epi32(0x0FC0FC00)),
                           _mm256_set1_epi32(0x04000040));
    __m256i left =
        _mm256_mullo_epi16(_mm256_and_si256(in, _mm256_set1_epi32(0x003F03F0)),
                           _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(right, left);
    __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    range = _mm256_sub_epi8(range, _mm256_cmpgt_epi8(values, _mm256_set1_epi8(25)));
    return _mm256_add_epi8(
        values, _mm256_shuffle_epi8(_mm256_set_epi8(OFFSETS, OFFSETS), range));
}

__attribute__((target("avx2"))) size_t
klr_base64_avx2(char *dst, const unsigned char *src, size_t n)
{
    size_t used = 0;
    /* Two loads cover 28 bytes, of which 24 are used. Four vectors are loaded before
       the first is stored. */
    for (; n - used >= 3 * 24 + 28; used += 4 * 24, dst += 4 * 32) {
        __m256i a = load_24(src + used), b = load_24(src + used + 24);
        __m256i c = load_24(src + used + 48), d = load_24(src + used + 72);
        _mm256_storeu_si256((__m256i *)(void *)dst, encode_24(a));
        _mm256_storeu_si256((__m256i *)(void *)(dst + 32), encode_24(b));
        _mm256_storeu_si256((__m256i *)(void *)(dst + 64), encode_24(c));
        _mm256_storeu_si256((__m256i *)(void *)(dst + 96), encode_24(d));
    }
    for (; n - used >= 28; used += 24, dst += 32)
        _mm256_storeu_si256((__m256i *)(void *)dst, encode_24(load_24(src + used)));
    return used;
}

#endif
