/* SPDX-License-Identifier: MIT */
/* key.h - the API key: from a file, a command, standard input or the environment */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "options/options.h"

enum { KEY_MAX = 4096 };

/* Wipe it as soon as the library has its own copy. */
struct key {
    char text[KEY_MAX +
              2]; /* one more byte, to detect a key that is too long, and a NUL */
    size_t len;
};

/* Is there a file, a command or a variable to read the key from? */
bool cli_key_is_named(const struct options *options);

/* False: no valid key; the error is reported, without any byte of the key. */
bool cli_key_read(struct key *key, const struct options *options);
void cli_key_wipe(struct key *key);

#endif
