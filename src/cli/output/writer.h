/* SPDX-License-Identifier: MIT */
/* writer.h - rows as NDJSON, CSV, TSV, a table, or the names of those that qualify */
#ifndef CLI_WRITER_H
#define CLI_WRITER_H

#include "base/memory.h"
#include "options/options.h"
#include "output/fields.h"
#include "output/table.h"

struct writer {
    const struct options *options;
    FILE *file;
    uint64_t fields; /* bits of cli_fields_table */
    struct table table;
    struct text line; /* a buffer for every row */
};

/* Writes the header. In a table the inputs of the rows determine the column widths. */
void cli_writer_begin(struct writer *writer, const struct row *rows, size_t count);
void cli_writer_row(struct writer *writer, const struct row *row);
/* Formats a row into writer->line, without a newline; not for a table or names. */
void cli_writer_line(struct writer *writer, const struct row *row);
void cli_writer_free(struct writer *writer);

#endif
