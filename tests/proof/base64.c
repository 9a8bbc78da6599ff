/*
 * base64.c - proof: encoder, decoder and klr_base64_span() over any bytes
 *
 * For any bytes, up to BYTES of them: nothing outside of the buffers is accessed, also
 * when the bytes lie in the tail of the text's own buffer; decode(encode(x)) is x, and
 * whether a text decodes is what klr_base64_span() says.
 *
 * Assumed: the processor has no vectors, so that encode_plain() runs.
 */
#include "base/build.h"

#include "proof.h"

#undef __x86_64__
#undef __i386__
#undef __aarch64__
#include "base/base64.c"

enum { CHARS = KLR_BASE64_SIZE(BYTES) };

/* Encode n bytes, in place or not, and decode the whole groups. */
static void
round_trip(void)
{
    unsigned char bytes[BYTES], text[CHARS], back[BYTES];
    size_t n, i;
    bool in_place;
    ASSUME(n <= BYTES);
    /* Both buffers end where the text ends. */
    const size_t chars = KLR_BASE64_SIZE(n);
    char *dst = (char *)text + (CHARS - chars);
    unsigned char *src = in_place ? text + (CHARS - n) : bytes + (BYTES - n);
    const unsigned char before = i < n ? src[i] : 0;
    PROVE(klr_base64_encode(dst, src, n) == chars);
    PROVE(klr_base64_span(dst, chars) == (n * 4 + 2) / 3);
    PROVE(klr_base64_decode(back, dst, n / 3) == n / 3);
    PROVE(i >= n / 3 * 3 || back[i] == before);
}

/* Decode any text. */
static void
any_text(void)
{
    char text[CHARS];
    unsigned char bytes[CHARS / 4 * 3];
    size_t len;
    ASSUME(len <= CHARS);
    const char *src = text + (CHARS - len);
    const size_t span = klr_base64_span(src, len);
    PROVE(span <= len);
    PROVE(span == len || klr_base64_value(src[span]) < 0);
    unsigned char *dst = bytes + (sizeof bytes - len / 4 * 3);
    const size_t groups = klr_base64_decode(dst, src, len / 4);
    PROVE(groups == span / 4);
}

int
main(void)
{
    bool text;
    if (text)
        any_text();
    else
        round_trip();
    return 0;
}
