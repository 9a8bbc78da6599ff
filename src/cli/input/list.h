/* list.h - everything the command line asks for: lists, folders, shards */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "service/row.h"

#include "options/options.h"

/* Add what --files-from lists to the inputs. False: it cannot be read; that was said.
 */
bool cli_list_read(struct options *options);

/* The rows of this shard; their indexes count all inputs of all shards. */
struct rows {
    struct row *at;
    size_t count;
    size_t size;
    size_t all; /* inputs of all shards */
};

void cli_list_rows(struct rows *rows, const struct options *options);
void cli_list_free(struct rows *rows);

#endif
