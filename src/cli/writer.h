/* writer.h - rows as NDJSON, CSV, TSV or a table */
#ifndef CLI_WRITER_H
#define CLI_WRITER_H

#include "fields.h"
#include "memory.h"
#include "options.h"

struct writer {
    const struct options *options;
    FILE *file;
    uint64_t fields; /* bits of fields_table */
    struct table table;
    struct text line; /* one buffer for all */
};

/* The head of the output. The rows' inputs decide the columns of a table. */
void writer_begin(struct writer *writer, const struct row *rows, size_t count);
void writer_row(struct writer *writer, const struct row *row);
/* The row in writer->line, without a newline; not of a table. */
void writer_line(struct writer *writer, const struct row *row);
void writer_free(struct writer *writer);

#endif
