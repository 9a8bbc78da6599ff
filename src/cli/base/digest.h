/* SPDX-License-Identifier: MIT */
/* digest.h - SHA-256 */
#ifndef CLI_DIGEST_H
#define CLI_DIGEST_H

#include <stddef.h>

enum { DIGEST_BYTES = 32 };

/* The digest of a followed by b. */
void cli_digest(const void *a, size_t a_len, const void *b, size_t b_len,
                unsigned char out[DIGEST_BYTES]);

#endif
