/* SPDX-License-Identifier: MIT */
/* table.c - rows of recognize as a table for people */
#include "output/table.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* "head  face  cloth  object", with two blanks before each */
static const size_t cell_columns[REGION_KINDS] = {4, 4, 5, 6};
enum { CELLS = 4 + 4 + 5 + 6 + 4 * 2, NAME_MIN = 8 };

static void
put_padded(const struct table *table, const char *safe, size_t columns)
{
    size_t filled = cli_utf8_columns(safe);
    fputs(safe, table->screen.file);
    if (filled < columns)
        fprintf(table->screen.file, "%*s", (int)(columns - filled), "");
}

/* Of a name that is too long the end is shown, which is most specific. */
static void
put_name(const struct table *table, const char *name)
{
    const struct screen *screen = &table->screen;
    const char *dots = screen->ascii ? "..." : "\xE2\x80\xA6";
    struct text shown = {0};
    struct text safe = {0};

    cli_utf8_add_safe(&safe, name, screen->ascii);
    if (screen->width == 0 || cli_utf8_columns(safe.at) <= table->name_columns) {
        cli_text_puts(&shown, safe.at);
    } else {
        cli_text_puts(&shown, dots);
        cli_text_puts(&shown, cli_utf8_tail(safe.at, table->name_columns -
                                                         cli_utf8_columns(dots)));
    }
    put_padded(table, shown.at, table->name_columns);
    cli_text_free(&shown);
    cli_text_free(&safe);
}

/* Too narrow for the word "qualifies". */
static bool
is_narrow(const struct table *table)
{
    return table->screen.width > 0 && table->screen.width < CELLS + 2 + 9 + NAME_MIN;
}

static int
compare(const void *a, const void *b)
{
    const size_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

/* The widest name. Without a terminal names are not cut, so one that is much wider than
   most is left out, and moves the cells of its own row only. */
static size_t
widest_of(size_t *columns, size_t count, bool all)
{
    enum { ALWAYS = 40 };
    if (count == 0)
        return 0;
    qsort(columns, count, sizeof *columns, compare);
    size_t most = 2 * columns[(count - 1) / 2];
    most = most < ALWAYS ? ALWAYS : most;
    while (!all && count > 1 && columns[count - 1] > most)
        count--;
    return columns[count - 1];
}

/* The width of the name column: at most half of the line, and enough is left for the
   cells. */
static size_t
fit_name(const struct table *table, size_t columns)
{
    size_t width = table->screen.width;
    size_t last = table->required == 0 ? 0 : is_narrow(table) ? 2 + 3 : 2 + 9;
    size_t cells = CELLS + last;
    if (width == 0)
        return columns;
    size_t most = width / 2;
    if (width < cells + most)
        most = width > cells + NAME_MIN ? width - cells : NAME_MIN;
    return columns < most ? columns : most;
}

static void
put_title(const struct table *table)
{
    const struct screen *screen = &table->screen;
    cli_screen_begin(screen, SCREEN_BOLD);
    put_padded(table, "file", table->name_columns);
    fputs(table->plans           ? "  plan"
          : table->required == 0 ? "  head  face  cloth  object"
          : is_narrow(table)     ? "  head  face  cloth  object  ok?"
                                 : "  head  face  cloth  object  qualifies",
          screen->file);
    cli_screen_end(screen, SCREEN_BOLD);
    fputc('\n', screen->file);
}

void
cli_table_begin(struct table *table, const struct row *rows, size_t count)
{
    const struct screen *screen = &table->screen;
    size_t *columns = cli_resize(NULL, count, sizeof *columns);
    size_t title = strlen("file");
    struct text safe = {0};
    for (size_t i = 0; i < count; i++) {
        cli_text_clear(&safe);
        cli_utf8_add_safe(&safe, rows[i].input, screen->ascii);
        columns[i] = cli_utf8_columns(safe.at);
    }
    size_t widest = widest_of(columns, count, screen->width > 0);
    cli_text_free(&safe);
    free(columns);
    table->name_columns = fit_name(table, widest > title ? widest : title);
    put_title(table);
}

static void
put_cell(const struct table *table, const char *word, const char *color, size_t columns)
{
    fputs("  ", table->screen.file);
    cli_screen_begin(&table->screen, color);
    put_padded(table, word, columns);
    cli_screen_end(&table->screen, color);
}

static void
put_cells(const struct table *table, const struct row *row)
{
    static const char *const words[] = {"-", "no", "yes"};
    static const char *const colors[] = {SCREEN_DIM, NULL, SCREEN_GREEN};
    for (size_t i = 0; i < REGION_KINDS; i++) {
        unsigned char value = row->answer->regions[i];
        bool last = i + 1 == REGION_KINDS && table->required == 0;
        put_cell(table, words[value], colors[value], last ? 0 : cell_columns[i]);
    }
    if (table->required != 0) {
        bool good = cli_row_qualifies(row, table->required) == 1;
        put_cell(table, good ? "yes" : "no", good ? SCREEN_GREEN : SCREEN_RED, 0);
    }
    fputc('\n', table->screen.file);
}

static void
put_plan(const struct table *table, const struct row *row)
{
    static const char *const texts[] = {
        "",
        "would be sent",
        "",
        "same image as another input",
        "already answered in the journal",
        "was sent, but its answer was lost; use --retry-unsure to send it again",
        "would not be sent: over the limit of --max-calls",
    };
    fputs("  ", table->screen.file);
    cli_screen_wrap(&table->screen, texts[row->plan], table->name_columns + 2,
                    table->name_columns + 2);
}

static void
put_failure(const struct table *table, const struct row *row)
{
    struct text safe = {0};
    size_t at = table->name_columns + 2;
    cli_utf8_add_safe(&safe, row->answer->message, table->screen.ascii);
    if (row->answer->delivery == KLINGREC_DELIVERY_UNSURE)
        cli_text_puts(&safe, "; it was sent and may be billed");
    fputs("  ", table->screen.file);
    cli_screen_begin(&table->screen, SCREEN_RED);
    cli_screen_wrap(&table->screen, safe.at, at, at);
    cli_screen_end(&table->screen, SCREEN_RED);
    cli_text_free(&safe);
}

void
cli_table_row(const struct table *table, const struct row *row)
{
    put_name(table, row->input);
    if (table->plans && row->plan != PLAN_REFUSE)
        put_plan(table, row);
    else if (row->answer->status == KLINGREC_OK)
        put_cells(table, row);
    else
        put_failure(table, row);
}
