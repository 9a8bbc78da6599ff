/* secret.h - the one text that must not travel: "Bearer " and a key */
#ifndef KLR_SECRET_H
#define KLR_SECRET_H

#include "base/alloc.h"

enum { KLR_KEY_MAX = 4096 };

/*
 * The value of an Authorization header. ERR_ARGUMENT when key is not a bearer
 * token of RFC 6750 (letters, digits and -._~+/, then =), or is too long: libcurl
 * would let a line break through and so a header of somebody else's.
 */
klingrec_status klr_secret_new(const klr_alloc *alloc, const char *key, char **out);

/* How many bytes of a key are as they should be: all of them when it is good. */
size_t klr_secret_good_length(const char *key);

/* The same from a callback; ERR_AUTH when it has no usable token. */
klingrec_status klr_secret_ask(const klr_alloc *alloc, klingrec_token_fn token,
                               void *user, char **out);

/*
 * Overwrite the secret's key with stars wherever it stands in bytes, in upper or lower
 * case, and each character as it is or as an escape of JSON, of a URL or of HTML; and 8
 * or more characters of its begin where the text ends. A key of fewer than 8 characters
 * could be any word, so it is left.
 */
void klr_secret_hide(const char *secret, char *bytes, size_t len);
/* Wipes it first. NULL is fine. */
void klr_secret_free(const klr_alloc *alloc, char *secret);

#endif
