/* input.h - what an argument names: a file, a URL, standard input */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "options/options.h"

#include <klingrec/klingrec.h>

bool cli_input_is_stdin(const char *input);
bool cli_input_is_url(const char *input);

/* False: standard input cannot be what the command line asks of it; that was said. */
bool cli_input_check_stdin(const struct options *options);

/* One image on standard input, whole and bounded. */
struct input_bytes {
    unsigned char *at;
    size_t len;
    klingrec_status status; /* why there is none, and then message */
    char message[160];
};

void cli_input_read_stdin(struct input_bytes *bytes, size_t most);
void cli_input_free(struct input_bytes *bytes);

#endif
