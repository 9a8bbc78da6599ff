/* SPDX-License-Identifier: MIT */
/* base64.h - base64 (RFC 4648, section 4): a fast encoder, a fast and strict decoder */
#ifndef KLR_BASE64_H
#define KLR_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters for n bytes, padding included. */
#define KLR_BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/*
 * Encode n bytes to dst, padded at the end when n is not a multiple of 3; returns
 * the characters written, without a NUL. src may lie in the tail of dst's own
 * KLR_BASE64_SIZE(n) bytes, ending where they end: that is encoded in place.
 */
size_t klr_base64_encode(char *dst, const unsigned char *src, size_t n);

/*
 * Decode whole groups of four characters without padding. Returns the groups
 * decoded: fewer than asked when a character is not in the alphabet. That character is
 * in the group after the decoded ones.
 */
size_t klr_base64_decode(unsigned char *dst, const char *src, size_t groups);

/* The number of characters that the text begins with and that are in the alphabet. */
size_t klr_base64_span(const char *text, size_t len);

/* The value of one character, or -1. */
int klr_base64_value(char c);

/*
 * The implementations. The functions above use the fastest one that this processor can
 * run. The choice on each call costs one read of a constant. Tests call each
 * implementation. Decoder and span are plain but for AVX2.
 */
typedef enum klr_base64_impl {
    KLR_BASE64_PLAIN,
    KLR_BASE64_SSSE3,
    KLR_BASE64_AVX2,
    KLR_BASE64_NEON,
    KLR_BASE64_IMPLS /* their number */
} klr_base64_impl;

bool klr_base64_has(klr_base64_impl impl);
size_t klr_base64_encode_by(klr_base64_impl impl, char *dst, const unsigned char *src,
                            size_t n);
size_t klr_base64_decode_by(klr_base64_impl impl, unsigned char *dst, const char *src,
                            size_t groups);
size_t klr_base64_span_by(klr_base64_impl impl, const char *text, size_t len);

/*
 * Encode as many whole groups from the start of n bytes as fill the vectors. Return
 * the bytes consumed, a multiple of 3. They read nothing past n, and they load bytes
 * before they store over them. In base64_x86.c and base64_neon.c.
 */
size_t klr_base64_ssse3(char *dst, const unsigned char *src, size_t n);
size_t klr_base64_avx2(char *dst, const unsigned char *src, size_t n);
size_t klr_base64_neon(char *dst, const unsigned char *src, size_t n);

/* Decode, or measure, as much from the start as is valid and fills the vectors. Return
   the groups, or characters. Nothing is read past src or written past its bytes. */
size_t klr_base64_avx2_decode(unsigned char *dst, const char *src, size_t groups);
size_t klr_base64_avx2_span(const char *text, size_t len);

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define KLR_BASE64_X86 1
#else
#define KLR_BASE64_X86 0
#endif
/* gcc does not align the stack for 32-byte registers on 64-bit Windows (its bug 54412).
   meson.build says where the assembler takes moves that need no alignment. */
#if KLR_BASE64_X86 &&                                                                  \
    (!defined(_WIN32) || defined(__clang__) || defined(KLR_UNALIGNED_MOVES))
#define KLR_BASE64_AVX2_WORKS 1
#else
#define KLR_BASE64_AVX2_WORKS 0
#endif
#if defined(__GNUC__) && defined(__aarch64__)
#define KLR_BASE64_ARM 1
#else
#define KLR_BASE64_ARM 0
#endif

#endif
