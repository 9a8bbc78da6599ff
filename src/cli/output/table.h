/* SPDX-License-Identifier: MIT */
/* table.h - rows of recognize as a table for people */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/screen.h"
#include "service/row.h"

/* A table that is printed row by row; its columns are fixed when it begins. */
struct table {
    struct screen screen;
    size_t name_columns;
    bool plans; /* show the plan of --dry-run instead of regions */
    uint32_t required;
};

void cli_table_begin(struct table *table, const struct row *rows, size_t count);
void cli_table_row(const struct table *table, const struct row *row);

#endif
