/* SPDX-License-Identifier: MIT */
/* base64.h - a strict base64 decoder */
#ifndef STANDIN_BASE64_H
#define STANDIN_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes canonical base64 (RFC 4648 section 4): the standard alphabet, padded, no line
 * breaks, unused bits zero. On success *out is allocated with malloc(). Empty text and
 * a lack of memory are failures too.
 */
bool standin_base64_decode(const char *text, size_t len, unsigned char **out,
                           size_t *out_len);

#endif /* STANDIN_BASE64_H */
