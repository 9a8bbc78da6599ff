/* row.h - what is known of one input of recognize, and how it is shown */
#ifndef CLI_ROW_H
#define CLI_ROW_H

#include "json.h"
#include "screen.h"

enum { REGION_KINDS = 4 };

enum row_state { ROW_WAITING, ROW_RUNNING, ROW_DONE };

struct row {
    size_t index;
    const char *input;
    char *message; /* of a failure, owned */
    enum row_state state;
    klingrec_status status;
    unsigned char regions[REGION_KINDS]; /* 0: not reported, 1: no, 2: yes */
    bool unsure;                         /* sent, and the answer was lost */
};

/* Take over what a result says. */
void row_take(struct row *row, const klingrec_result *result);

/* End a row that never became a job. */
void row_fail(struct row *row, klingrec_status status, const char *message);

void row_free(struct row *row);

/* result is NULL for a row that never became a job. */
void row_json(const struct row *row, const klingrec_result *result, FILE *file);

/* A table that is printed row by row; its columns are fixed when it begins. */
struct table {
    struct screen screen;
    size_t name_columns;
};

void table_begin(struct table *table, const struct screen *screen,
                 const struct row *rows, size_t count);
void table_row(const struct table *table, const struct row *row);

#endif
