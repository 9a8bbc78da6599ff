/* SPDX-License-Identifier: MIT */
/* base64_x86.c - base64 with SSSE3 and AVX2, chosen at run time by base64.c */
#include "base/build.h"

#include "base/base64.h"

#if KLR_BASE64_X86

#include <immintrin.h>

/*
 * Both encoders do the same in every lane of 16 bytes, of which 12 are used:
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

/* ---- Decoding --------------------------------------------------------------- */

/*
 * The high half of a character decides its class, a bit: 1 for 2_ (+ and /), 2 for 3_
 * (0-9), 4 for 4_ and 6_ (A-O, a-o), 8 for 5_ and 7_ (P-Z, p-z), 16 for what is not in
 * the alphabet. FOREIGN has, for each low half, the classes in which it is not in the
 * alphabet. TO_VALUE has, for each high half, what must be added; 1_ stands for a /.
 */
#define CLASSES 16, 16, 16, 16, 16, 16, 16, 16, 8, 4, 8, 4, 2, 1, 16, 16
#define FOREIGN 26, 27, 27, 27, 26, 19, 17, 17, 17, 17, 17, 17, 17, 17, 17, 21
#define TO_VALUE                                                                       \
    0, 0, 0, 0, 0, 0, 0, 0, 26 - 'a', 26 - 'a', -'A', -'A', 52 - '0', 62 - '+',        \
        63 - '/', 0

/* The values of 32 characters. False: one is not in the alphabet. */
__attribute__((target("avx2"))) static bool
load_values(const char *src, __m256i *values)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i chars = _mm256_loadu_si256((const __m256i *)(const void *)src);
    __m256i low = _mm256_and_si256(chars, half);
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(chars, 4), half);
    __m256i classes = _mm256_shuffle_epi8(_mm256_set_epi8(CLASSES, CLASSES), high);
    __m256i foreign = _mm256_shuffle_epi8(_mm256_set_epi8(FOREIGN, FOREIGN), low);
    /* A comparison that holds gives -1. */
    high = _mm256_add_epi8(high, _mm256_cmpeq_epi8(chars, _mm256_set1_epi8('/')));
    *values = _mm256_add_epi8(
        chars, _mm256_shuffle_epi8(_mm256_set_epi8(TO_VALUE, TO_VALUE), high));
    return _mm256_testz_si256(classes, foreign) != 0;
}

/* Multiplications join two values of six bits, and then two of twelve, in each 32-bit
   word. Its three bytes are in the reverse order. */
#define JOINED -1, -1, -1, -1, 12, 13, 14, 8, 9, 10, 4, 5, 6, 0, 1, 2

__attribute__((target("avx2"))) size_t
klr_base64_avx2_decode(unsigned char *dst, const char *src, size_t groups)
{
    size_t done = 0;
    __m256i values;
    /* The second store has sixteen bytes, of which twelve are used. */
    for (; groups - done >= 8 + 2 && load_values(src, &values); done += 8) {
        __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
        __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
        __m256i bytes = _mm256_shuffle_epi8(words, _mm256_set_epi8(JOINED, JOINED));
        _mm_storeu_si128((__m128i *)(void *)dst, _mm256_castsi256_si128(bytes));
        _mm_storeu_si128((__m128i *)(void *)(dst + 12),
                         _mm256_extracti128_si256(bytes, 1));
        src += 32;
        dst += 24;
    }
    return done;
}

__attribute__((target("avx2"))) size_t
klr_base64_avx2_span(const char *text, size_t len)
{
    size_t n = 0;
    __m256i values;
    while (len - n >= 32 && load_values(text + n, &values))
        n += 32;
    return n;
}

#endif
