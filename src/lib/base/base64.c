/* SPDX-License-Identifier: MIT */
/* base64.c - base64 (RFC 4648, section 4): a fast encoder, a fast and strict decoder */
#include "base/build.h"

#include "base/base64.h"

#include <string.h>

/*
 * Two characters for each value of 12 bits, so that three bytes need two look-ups.
 * ROW makes the 64 pairs that begin with one character.
 */
#define PAIRS(c, d, e, f, g) c, d, c, e, c, f, c, g
#define ROW(c)                                                                         \
    PAIRS(c, 'A', 'B', 'C', 'D'), PAIRS(c, 'E', 'F', 'G', 'H'),                        \
        PAIRS(c, 'I', 'J', 'K', 'L'), PAIRS(c, 'M', 'N', 'O', 'P'),                    \
        PAIRS(c, 'Q', 'R', 'S', 'T'), PAIRS(c, 'U', 'V', 'W', 'X'),                    \
        PAIRS(c, 'Y', 'Z', 'a', 'b'), PAIRS(c, 'c', 'd', 'e', 'f'),                    \
        PAIRS(c, 'g', 'h', 'i', 'j'), PAIRS(c, 'k', 'l', 'm', 'n'),                    \
        PAIRS(c, 'o', 'p', 'q', 'r'), PAIRS(c, 's', 't', 'u', 'v'),                    \
        PAIRS(c, 'w', 'x', 'y', 'z'), PAIRS(c, '0', '1', '2', '3'),                    \
        PAIRS(c, '4', '5', '6', '7'), PAIRS(c, '8', '9', '+', '/')
#define ROWS(c, d, e, f) ROW(c), ROW(d), ROW(e), ROW(f)

static const char PAIR[4096 * 2] = {
    ROWS('A', 'B', 'C', 'D'), ROWS('E', 'F', 'G', 'H'), ROWS('I', 'J', 'K', 'L'),
    ROWS('M', 'N', 'O', 'P'), ROWS('Q', 'R', 'S', 'T'), ROWS('U', 'V', 'W', 'X'),
    ROWS('Y', 'Z', 'a', 'b'), ROWS('c', 'd', 'e', 'f'), ROWS('g', 'h', 'i', 'j'),
    ROWS('k', 'l', 'm', 'n'), ROWS('o', 'p', 'q', 'r'), ROWS('s', 't', 'u', 'v'),
    ROWS('w', 'x', 'y', 'z'), ROWS('0', '1', '2', '3'), ROWS('4', '5', '6', '7'),
    ROWS('8', '9', '+', '/'),
};

/* The value of each character; NO has bits that no value has. */
enum { NO = 0xFF };
static const unsigned char VALUE[256] = {
    /* clang-format off */
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    /* clang-format on */
};

/* The two characters for the 12 bits that begin at bit `shift`. */
static void
put_pair(char *dst, uint64_t bits, unsigned shift)
{
    memcpy(dst, PAIR + (bits >> shift & 0xFFF) * 2, 2);
}

static uint64_t
load_big_endian(const unsigned char *src)
{
    return (uint64_t)src[0] << 56 | (uint64_t)src[1] << 48 | (uint64_t)src[2] << 40 |
           (uint64_t)src[3] << 32 | (uint64_t)src[4] << 24 | (uint64_t)src[5] << 16 |
           (uint64_t)src[6] << 8 | (uint64_t)src[7];
}

/* Encode all n bytes; the last one or two are padded to a group. */
static size_t
encode_plain(char *dst, const unsigned char *src, size_t n)
{
    char *out = dst;
    /* One load of eight bytes, of which six are used, instead of six loads. */
    for (; n >= 8; n -= 6, src += 6, out += 8) {
        uint64_t bits = load_big_endian(src);
        put_pair(out, bits, 52);
        put_pair(out + 2, bits, 40);
        put_pair(out + 4, bits, 28);
        put_pair(out + 6, bits, 16);
    }
    for (; n >= 3; n -= 3, src += 3, out += 4) {
        uint64_t bits = (uint64_t)src[0] << 16 | (uint64_t)src[1] << 8 | src[2];
        put_pair(out, bits, 12);
        put_pair(out + 2, bits, 0);
    }
    if (n > 0) {
        uint64_t bits = (uint64_t)src[0] << 16 | (n > 1 ? (uint64_t)src[1] << 8 : 0);
        put_pair(out, bits, 12);
        put_pair(out + 2, bits, 0);
        if (n == 1)
            out[2] = '=';
        out[3] = '=';
        out += 4;
    }
    return (size_t)(out - dst);
}

bool
klr_base64_has(klr_base64_impl impl)
{
    switch (impl) {
    case KLR_BASE64_PLAIN:
        return true;
#if KLR_BASE64_X86
    case KLR_BASE64_SSSE3:
        return __builtin_cpu_supports("ssse3");
#else
    case KLR_BASE64_SSSE3:
        return false;
#endif
    case KLR_BASE64_AVX2:
#if KLR_BASE64_AVX2_WORKS
        return __builtin_cpu_supports("avx2");
#else
        return false;
#endif
    case KLR_BASE64_NEON:
        return KLR_BASE64_ARM; /* part of every 64-bit ARM */
    case KLR_BASE64_IMPLS:
        break;
    }
    return false;
}

size_t
klr_base64_encode_by(klr_base64_impl impl, char *dst, const unsigned char *src,
                     size_t n)
{
    size_t used = 0;
#if KLR_BASE64_X86
    if (impl == KLR_BASE64_AVX2)
        used = klr_base64_avx2(dst, src, n);
    else if (impl == KLR_BASE64_SSSE3)
        used = klr_base64_ssse3(dst, src, n);
#elif KLR_BASE64_ARM
    if (impl == KLR_BASE64_NEON)
        used = klr_base64_neon(dst, src, n);
#else
    (void)impl;
#endif
    size_t written = used / 3 * 4;
    return written + encode_plain(dst + written, src + used, n - used);
}

static size_t
decode_plain(unsigned char *dst, const char *src, size_t groups)
{
    const unsigned char *in = (const unsigned char *)src;
    for (size_t i = 0; i < groups; i++, in += 4, dst += 3) {
        uint32_t a = VALUE[in[0]], b = VALUE[in[1]], c = VALUE[in[2]], d = VALUE[in[3]];
        if ((a | b | c | d) > 63)
            return i;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        dst[0] = (unsigned char)(bits >> 16);
        dst[1] = (unsigned char)(bits >> 8);
        dst[2] = (unsigned char)bits;
    }
    return groups;
}

size_t
klr_base64_decode_by(klr_base64_impl impl, unsigned char *dst, const char *src,
                     size_t groups)
{
    size_t done = 0;
#if KLR_BASE64_X86
    if (impl == KLR_BASE64_AVX2)
        done = klr_base64_avx2_decode(dst, src, groups);
#else
    (void)impl;
#endif
    return done + decode_plain(dst + done * 3, src + done * 4, groups - done);
}

size_t
klr_base64_span_by(klr_base64_impl impl, const char *text, size_t len)
{
    const unsigned char *in = (const unsigned char *)text;
    size_t n = 0;
#if KLR_BASE64_X86
    if (impl == KLR_BASE64_AVX2)
        n = klr_base64_avx2_span(text, len);
#else
    (void)impl;
#endif
    /* Four at a time; NO is the only value above 63. */
    while (len - n >= 4 && (VALUE[in[n]] | VALUE[in[n + 1]] | VALUE[in[n + 2]] |
                            VALUE[in[n + 3]]) <= 63)
        n += 4;
    while (n < len && VALUE[in[n]] != NO)
        n++;
    return n;
}

static klr_base64_impl
fastest(void)
{
    if (klr_base64_has(KLR_BASE64_NEON))
        return KLR_BASE64_NEON;
    if (klr_base64_has(KLR_BASE64_AVX2))
        return KLR_BASE64_AVX2;
    return klr_base64_has(KLR_BASE64_SSSE3) ? KLR_BASE64_SSSE3 : KLR_BASE64_PLAIN;
}

size_t
klr_base64_encode(char *dst, const unsigned char *src, size_t n)
{
    return klr_base64_encode_by(fastest(), dst, src, n);
}

size_t
klr_base64_decode(unsigned char *dst, const char *src, size_t groups)
{
    return klr_base64_decode_by(fastest(), dst, src, groups);
}

size_t
klr_base64_span(const char *text, size_t len)
{
    return klr_base64_span_by(fastest(), text, len);
}

int
klr_base64_value(char c)
{
    int value = VALUE[(unsigned char)c];
    return value == NO ? -1 : value;
}
