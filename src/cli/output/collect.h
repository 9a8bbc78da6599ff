/* SPDX-License-Identifier: MIT */
/* collect.h - --copy-to and --link-to: the images that qualify, in a folder */
#ifndef CLI_COLLECT_H
#define CLI_COLLECT_H

#include "options/options.h"

struct collect {
    const char *folder; /* NULL: nothing is collected */
    const char *option; /* for messages */
    size_t max_bytes;   /* of an image */
    size_t done;
    size_t present; /* the same image was there already */
    size_t failed;
    bool is_link;
    bool is_broken; /* the folder cannot be written: each further image would fail */
};

/* Creates the folder. Returns the exit code; if it is not 0, the error is reported. */
int cli_collect_begin(struct collect *collect, const struct options *options);

/* Puts an image into the folder, unless it is there. Nothing is ever overwritten.
   below: its path there. digest: that of the bytes that were recognised or checked.
   Errors are counted, and the first ones are reported. */
void cli_collect_add(struct collect *collect, const char *input, const char *below,
                     const unsigned char *digest);

/* Prints a summary, and returns the exit code. */
int cli_collect_end(const struct collect *collect);

#endif
