/* key.h - the API key: from a file, standard input or the environment */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "options/options.h"

enum { KEY_MOST = 4096 };

/* Wipe it as soon as the library has its own copy. */
struct key {
    char text[KEY_MOST + 2]; /* one more than fits, to see that it does not */
    size_t len;
};

/* False: what is wrong was said, never with a byte of the key. */
bool cli_key_read(struct key *key, const struct options *options);
void cli_key_wipe(struct key *key);

#endif
