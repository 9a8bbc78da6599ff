/* SPDX-License-Identifier: MIT */
/* base64.h - bytes as text */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include "base/memory.h"

/* Appends bytes in base64, with "=" at the end (RFC 4648, section 4). */
void cli_base64_add(struct text *text, const void *bytes, size_t len);

/* Appends the bytes of a text in base64. False: it is not one. */
bool cli_base64_read(struct text *bytes, const char *text);

#endif
