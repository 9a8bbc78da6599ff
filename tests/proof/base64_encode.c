/* SPDX-License-Identifier: MIT */
/*
 * base64_encode.c - proof: the plain encoder stays inside of its buffers
 *
 * For any bytes, up to BYTES of them, also when they lie in the tail of the text's own
 * buffer: nothing outside of the buffers is accessed, and the text has the length that
 * KLR_BASE64_SIZE() says.
 *
 * Assumed: the processor has no vectors, so that encode_plain() runs.
 */
#include "base/build.h"

#include "proof.h"

#undef __x86_64__
#undef __i386__
#undef __aarch64__

/* The copy of a pair of characters out of the table. */
static const char *table;
static size_t table_len;
static void
copy_pair(char *to, const char *from)
{
    char any[2];
    PROVE(__CPROVER_same_object(from, table) && from >= table &&
          from + 2 <= table + table_len);
    to[0] = any[0];
    to[1] = any[1];
}

#define memcpy(to, from, n) copy_pair(to, from)
#include "base/base64.c"
#undef memcpy

int
main(void)
{
    unsigned char bytes[BYTES], text[KLR_BASE64_SIZE(BYTES)];
    size_t n;
    bool in_place;
    ASSUME(n <= sizeof bytes);
    table = PAIR;
    table_len = sizeof PAIR;
    /* Both buffers end where the bytes end. */
    char *dst = (char *)text + (sizeof text - KLR_BASE64_SIZE(n));
    unsigned char *src = (in_place ? text + sizeof text : bytes + sizeof bytes) - n;
    PROVE(klr_base64_encode(dst, src, n) == KLR_BASE64_SIZE(n));
    return 0;
}
