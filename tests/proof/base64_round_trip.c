/*
 * base64_round_trip.c - proof: decode(encode(x)) is x
 *
 * For any bytes, up to BYTES of them, also when they are encoded in place: their whole
 * groups of three decode to what they were, and the padding begins where it should.
 *
 * Assumed: the processor has no vectors, so that encode_plain() runs.
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
    unsigned char bytes[BYTES], text[KLR_BASE64_SIZE(BYTES)];
    size_t n, i;
    bool in_place;
    ASSUME(n <= sizeof bytes);
    const size_t chars = KLR_BASE64_SIZE(n);
    char *dst = (char *)text;
    unsigned char *src = in_place ? text + (chars - n) : bytes;
    const unsigned char before = i < n ? src[i] : 0;
    PROVE(klr_base64_encode(dst, src, n) == chars);
    PROVE(klr_base64_span(dst, chars) == (n * 4 + 2) / 3);

    unsigned char back[KLR_BASE64_SIZE(BYTES) / 4 * 3];
    PROVE(klr_base64_decode(back, dst, n / 3) == n / 3);
    PROVE(i >= n / 3 * 3 || back[i] == before);
    return 0;
}
