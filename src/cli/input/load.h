/* SPDX-License-Identifier: MIT */
/* load.h - the bytes of an input, their digest and their check */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "service/row.h"

/* The bytes are read once and kept, so that the bytes that are sent are those that were
   checked and digested, even if the file changes. */
struct load {
    unsigned char *bytes; /* NULL for a URL */
    size_t len;
    klingrec_image_info info; /* the result of the check; not for a URL */
};

/* Fills load and row->digest. False: the row has an answer that says why it cannot be
   sent; if interrupted while waiting for standard input, the row is unchanged. */
bool cli_load_row(struct load *load, struct row *row);
void cli_load_free(struct load *load);

/* Fills load with the bytes of a regular file, without a check. False: there is none of
   1 to max_bytes bytes. */
bool cli_load_file(struct load *load, const char *path, size_t max_bytes);

/* The digest that cli_load_row() computes, without a check. False: the input cannot be
   read, or is standard input, which is read only once. */
bool cli_load_digest(const char *input, unsigned char digest[DIGEST_BYTES]);

#endif
