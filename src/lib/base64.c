/* base64.c - standard base64 (RFC 4648, section 4): stream out, strict in */
#include "base64.h"

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
klr_base64_encode(char *dst, const unsigned char *src, size_t n)
{
    char *out = dst;
    for (; n >= 3; n -= 3, src += 3) {
        uint32_t bits = (uint32_t)src[0] << 16 | (uint32_t)src[1] << 8 | src[2];
        *out++ = ALPHABET[bits >> 18];
        *out++ = ALPHABET[bits >> 12 & 63];
        *out++ = ALPHABET[bits >> 6 & 63];
        *out++ = ALPHABET[bits & 63];
    }
    if (n > 0) {
        uint32_t bits = (uint32_t)src[0] << 16 | (n > 1 ? (uint32_t)src[1] << 8 : 0);
        *out++ = ALPHABET[bits >> 18];
        *out++ = ALPHABET[bits >> 12 & 63];
        *out++ = n > 1 ? ALPHABET[bits >> 6 & 63] : '=';
        *out++ = '=';
    }
    return (size_t)(out - dst);
}

int
klr_base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t
klr_base64_decode(unsigned char *dst, const char *src, size_t groups)
{
    for (size_t i = 0; i < groups; i++, src += 4, dst += 3) {
        int a = klr_base64_value(src[0]), b = klr_base64_value(src[1]);
        int c = klr_base64_value(src[2]), d = klr_base64_value(src[3]);
        if ((a | b | c | d) < 0)
            return i;
        uint32_t bits =
            (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | (uint32_t)d;
        dst[0] = (unsigned char)(bits >> 16);
        dst[1] = (unsigned char)(bits >> 8);
        dst[2] = (unsigned char)bits;
    }
    return groups;
}
