/* load.h - an input's bytes, their digest, and whether the service would take them */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "service/row.h"

/* What goes out is what was checked and what the digest is of, even when the file
   changes meanwhile: so the bytes are read once and kept. */
struct load {
    unsigned char *bytes; /* NULL for a URL */
    size_t len;
    klingrec_image_info info; /* what the check found; of a URL nothing */
};

/* Fills load and row->digest; false: the row is settled with why it cannot be sent.
   Interrupted while waiting for standard input, the row stays as it is. */
bool cli_load_row(struct load *load, struct row *row);
void cli_load_free(struct load *load);

/* The digest that cli_load_row() gives this input, without a check; false: its bytes
   cannot be had, or are not looked at before its turn. */
bool cli_load_digest(const char *input, unsigned char *digest);

#endif
