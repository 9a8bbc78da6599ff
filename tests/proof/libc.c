/* SPDX-License-Identifier: MIT */
/* libc.c - functions of the C library that CBMC does not know */
#include <string.h>

void *
memchr(const void *bytes, int c, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        if (p[i] == (unsigned char)c)
            return (void *)(p + i);
    return NULL;
}

size_t
strcspn(const char *text, const char *reject)
{
    size_t n = 0;
    while (text[n] != '\0' && strchr(reject, text[n]) == NULL)
        n++;
    return n;
}
