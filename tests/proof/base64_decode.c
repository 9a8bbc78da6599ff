/* SPDX-License-Identifier: MIT */
/*
 * base64_decode.c - proof: klr_base64_decode() and klr_base64_span() over any text
 *
 * For each text of up to BYTES characters: nothing outside of the text and the buffer
 * is accessed. The span ends at the text's end or at a character that is not in the
 * alphabet, and the groups before that are those that decode.
 *
 * Assumed: the processor has no vectors.
 */
#include "base/build.h"

#include "proof.h"

#undef __x86_64__
#undef __i386__
#undef __aarch64__
#include "base/base64.c"

int
main(void)
{
    char text[BYTES];
    unsigned char bytes[BYTES / 4 * 3];
    size_t len, i;
    ASSUME(len <= sizeof text);
    /* Both buffers end where the text ends. */
    const char *src = text + (sizeof text - len);
    unsigned char *dst = bytes + (sizeof bytes - len / 4 * 3);
    const size_t span = klr_base64_span(src, len);
    PROVE(span <= len);
    PROVE(span == len || klr_base64_value(src[span]) < 0);
    PROVE(i >= span || klr_base64_value(src[i]) >= 0);
    PROVE(klr_base64_decode(dst, src, len / 4) == span / 4);
    return 0;
}
