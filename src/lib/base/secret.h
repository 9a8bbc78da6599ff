/* SPDX-License-Identifier: MIT */
/* secret.h - the key as a header value, and how it is hidden in other texts */
#ifndef KLR_SECRET_H
#define KLR_SECRET_H

#include "base/alloc.h"

enum { KLR_KEY_MAX = 4096 };

/*
 * The value of an Authorization header. ERR_ARGUMENT when key is not a bearer
 * token of RFC 6750 (letters, digits and -._~+/, then =), or is too long. libcurl
 * would send a line break in it, and with it another header.
 */
klingrec_status klr_secret_new(const klr_alloc *alloc, const char *key, char **out);

/* How many bytes from the start of a key are valid: all of them for a valid key. */
size_t klr_secret_good_length(const char *key);

/* The same from a callback; ERR_AUTH when it has no usable token. */
klingrec_status klr_secret_ask(const klr_alloc *alloc, klingrec_token_fn token,
                               void *user, char **out);

/*
 * Overwrite every copy of the secret's key in bytes with stars: in upper or lower case,
 * and with characters written as escapes of JSON, of a URL or of HTML. A prefix of the
 * key of 8 or more characters at the end of the text is overwritten too. A key of fewer
 * than 8 characters could be an ordinary word, so it is not searched for.
 */
void klr_secret_hide(const char *secret, char *bytes, size_t len);
/* Wipes it first. secret may be NULL. */
void klr_secret_free(const klr_alloc *alloc, char *secret);

#endif
