/* SPDX-License-Identifier: MIT */
/* regions.h - --save-regions: the cut-outs that answers name, in a folder */
#ifndef CLI_REGIONS_H
#define CLI_REGIONS_H

#include "options/options.h"
#include "service/row.h"

struct regions {
    const struct options *options;
    const char *folder;     /* NULL: nothing is saved */
    struct region_file *at; /* those to be saved, by name when it begins */
    size_t count, size, next;
    size_t saved;
    size_t present; /* saved by an earlier run */
    size_t failed;
    size_t nameless; /* the service named no URL */
    bool is_broken;  /* the folder cannot be written: each further one would fail */
    int exit;
};

/* Creates the folder. Returns the exit code; if it is not 0, the error is reported. */
int cli_regions_begin(struct regions *regions, const struct options *options);

/* Keeps in mind the cut-outs of an answer. Nothing is fetched yet. */
void cli_regions_add(struct regions *regions, const struct row *row);

/* Fetches those that are not in the folder. Nothing there is ever overwritten. Errors
   are reported, and then a summary. Returns the exit code, and frees the list. */
int cli_regions_save(struct regions *regions);

#endif
