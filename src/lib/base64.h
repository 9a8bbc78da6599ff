/* base64.h - standard base64 (RFC 4648, section 4): stream out, strict in */
#ifndef KLR_BASE64_H
#define KLR_BASE64_H

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
 * decoded: less than asked when a character is not of the alphabet, which stands
 * in the group after them.
 */
size_t klr_base64_decode(unsigned char *dst, const char *src, size_t groups);

/* The value of one character, or -1. */
int klr_base64_value(char c);

#endif
