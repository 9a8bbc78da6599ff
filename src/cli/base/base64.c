/* base64.c - bytes as text */
#include "base/base64.h"

void
cli_base64_add(struct text *text, const void *bytes, size_t len)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        unsigned bits = (unsigned)at[i] << 16 | (left > 1 ? at[i + 1] * 256u : 0) |
                        (left > 2 ? at[i + 2] : 0u);
        char four[] = {letters[bits >> 18], letters[bits >> 12 & 63],
                       left > 1 ? letters[bits >> 6 & 63] : '=',
                       left > 2 ? letters[bits & 63] : '='};
        cli_text_add(text, four, sizeof four);
    }
}
