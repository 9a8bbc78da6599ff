/* SPDX-License-Identifier: MIT */
/* writer.c - rows as NDJSON, CSV, TSV, a table, or the names of those that qualify */
#include "output/writer.h"

#include "base/json.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

/* ---- NDJSON ----------------------------------------------------------------- */

static void
put_json(struct json *json, const struct field *field, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        cli_json_null(json, field->key);
        break;
    case VALUE_TEXT:
        cli_json_text(json, field->key, value->text);
        if (strcmp(field->name, "input") == 0 && !cli_utf8_is_valid(value->text))
            cli_json_bytes(json, "input_bytes", value->text);
        break;
    case VALUE_NUMBER:
        cli_json_number(json, field->key, value->number);
        break;
    case VALUE_BOOL:
        cli_json_bool(json, field->key, value->number != 0);
        break;
    case VALUE_JSON:
        cli_json_raw(json, field->key, value->text);
        break;
    }
}

static bool
has_group(const struct row *row, const char *group)
{
    return strcmp(group, "image") == 0 ? row->answer->has_image
                                       : row->answer->status == KLINGREC_OK;
}

static bool
same_group(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The fields of a group are consecutive in the table. A group without data is null. */
static void
write_json(struct writer *writer, const struct row *row)
{
    struct json json = {&writer->line, false};
    const char *group = NULL;
    cli_json_open(&json, NULL, '{');
    for (size_t i = 0; cli_fields_table[i].name != NULL; i++) {
        const struct field *field = &cli_fields_table[i];
        struct value value;
        if ((writer->fields >> i & 1) == 0)
            continue;
        if (!same_group(field->group, group)) {
            if (group != NULL && has_group(row, group))
                cli_json_close(&json, '{');
            group = field->group;
            if (group != NULL && has_group(row, group))
                cli_json_open(&json, group, '{');
            else if (group != NULL)
                cli_json_null(&json, group);
        }
        if (group != NULL && !has_group(row, group))
            continue;
        field->get(row, writer->options->require, &value);
        put_json(&json, field, &value);
    }
    if (group != NULL && has_group(row, group))
        cli_json_close(&json, '{');
    cli_json_close(&json, '{');
}

/* ---- CSV and TSV ------------------------------------------------------------ */

/* Spreadsheets run a cell that begins like this as a formula, also after blanks. An
   apostrophe in front makes it text. A cell that looks so already gets one more, so
   that removing one gives the text back. Most TSV readers treat a quote as in CSV. */
static bool
needs_apostrophe(const char *safe, bool is_csv)
{
    safe += strspn(safe, " '");
    return *safe != '\0' && strchr(is_csv ? "=+-@|%" : "=+-@|%\"", *safe) != NULL;
}

/* safe contains no control characters, so a record is always one line. In CSV text is
   always quoted, so that readers do not guess its type. */
static void
put_safe(struct text *line, const char *safe, bool is_csv)
{
    if (is_csv)
        cli_text_puts(line, "\"");
    if (needs_apostrophe(safe, is_csv))
        cli_text_puts(line, "'");
    for (const char *at = safe; *at != '\0'; at++)
        cli_text_add(line, *at == '"' && is_csv ? "\"\"" : at,
                     *at == '"' && is_csv ? 2 : 1);
    if (is_csv)
        cli_text_puts(line, "\"");
}

static void
put_text(struct text *line, const char *value, bool is_csv)
{
    struct text safe = {0};
    cli_utf8_add_safe(&safe, value, false);
    put_safe(line, safe.at, is_csv);
    cli_text_free(&safe);
}

static void
put_cell(struct text *line, const struct value *value, bool is_csv)
{
    char digits[24];
    switch (value->kind) {
    case VALUE_NULL:
        return;
    case VALUE_NUMBER:
        snprintf(digits, sizeof digits, "%" PRId64, value->number);
        cli_text_puts(line, digits);
        return;
    case VALUE_BOOL:
        cli_text_puts(line, value->number != 0 ? "true" : "false");
        return;
    case VALUE_TEXT:
        put_text(line, value->text, is_csv);
        return;
    case VALUE_JSON: /* has its own escapes */
        put_safe(line, value->text, is_csv);
        return;
    }
}

/* row: NULL for the column names. */
static void
write_cells(struct writer *writer, const struct row *row)
{
    bool is_csv = writer->options->format == FORMAT_CSV, first = true;
    for (size_t i = 0; cli_fields_table[i].name != NULL; i++) {
        struct value value;
        if ((writer->fields >> i & 1) == 0)
            continue;
        if (!first)
            cli_text_puts(&writer->line, is_csv ? "," : "\t");
        first = false;
        if (row == NULL) {
            cli_text_puts(&writer->line, cli_fields_table[i].name);
            continue;
        }
        cli_fields_table[i].get(row, writer->options->require, &value);
        put_cell(&writer->line, &value, is_csv);
    }
}

/* ---- The whole -------------------------------------------------------------- */

static void
put_line(struct writer *writer)
{
    fwrite(writer->line.at, 1, writer->line.len, writer->file);
    fputc('\n', writer->file);
}

void
cli_writer_begin(struct writer *writer, const struct row *rows, size_t count)
{
    const struct options *options = writer->options;
    if (options->format == FORMAT_TABLE) {
        writer->table.screen =
            cli_screen_of(writer->file, (enum color_wish)options->color);
        writer->table.plans = options->dry_run;
        writer->table.required = options->require;
        cli_table_begin(&writer->table, rows, count);
    } else if (options->format != FORMAT_NDJSON && options->format != FORMAT_NAMES) {
        cli_text_clear(&writer->line);
        write_cells(writer, NULL);
        put_line(writer);
    }
}

void
cli_writer_row(struct writer *writer, const struct row *row)
{
    if (writer->options->format == FORMAT_TABLE) {
        cli_table_row(&writer->table, row);
        return;
    }
    if (writer->options->format == FORMAT_NAMES) {
        if (cli_row_is_selected(row, writer->options->require))
            fwrite(row->input, 1, strlen(row->input) + 1, writer->file);
        return;
    }
    cli_writer_line(writer, row);
    put_line(writer);
}

void
cli_writer_line(struct writer *writer, const struct row *row)
{
    cli_text_clear(&writer->line);
    if (writer->options->format == FORMAT_NDJSON)
        write_json(writer, row);
    else
        write_cells(writer, row);
}

void
cli_writer_free(struct writer *writer)
{
    cli_text_free(&writer->line);
}
