/* SPDX-License-Identifier: MIT */
/* input.h - the kinds of inputs, and reading standard input */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "options/options.h"

#include <klingrec/klingrec.h>

bool cli_input_is_stdin(const char *input);
bool cli_input_is_url(const char *input);

/* False: standard input cannot be used as the options require; the error is reported.
 */
bool cli_input_check_stdin(const struct options *options);

/* One image from standard input, of limited size. */
struct input_bytes {
    unsigned char *at;
    size_t len;
    klingrec_status status; /* not OK: message says why */
    char message[160];
};

void cli_input_read_stdin(struct input_bytes *bytes, size_t max_bytes);
void cli_input_free(struct input_bytes *bytes);

#endif
