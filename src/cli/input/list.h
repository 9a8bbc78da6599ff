/* SPDX-License-Identifier: MIT */
/* list.h - the list of all inputs: --files-from, folders, shards */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "service/row.h"

#include "options/options.h"

/* Appends the inputs of --files-from. False: it cannot be read; the error is reported.
 */
bool cli_list_read(struct options *options);

/* The rows of this shard. Their indexes count the inputs of all shards. */
struct rows {
    struct row *at;
    size_t count;
    size_t size;
    size_t all; /* inputs of all shards */
};

/* Reports inputs that cannot be images as they are given: there is no such file, or it
   is a folder without --recursive. */
void cli_list_report_mistakes(const struct options *options);

void cli_list_rows(struct rows *rows, const struct options *options);
void cli_list_free(struct rows *rows);

#endif
