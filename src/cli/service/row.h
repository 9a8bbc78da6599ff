/* row.h - one input of recognize and what came of it */
#ifndef CLI_ROW_H
#define CLI_ROW_H

#include "base/digest.h"
#include "base/screen.h"
#include "service/answer.h"

enum row_state { ROW_WAITING, ROW_RUNNING, ROW_DONE };

/* What --dry-run says would happen. */
#define PLANS(X)                                                                       \
    X(PLAN_NONE, NULL)                                                                 \
    X(PLAN_SEND, "send")                                                               \
    X(PLAN_REFUSE, "refuse")                                                           \
    X(PLAN_SAME, "same")                                                               \
    X(PLAN_ANSWERED, "answered")                                                       \
    X(PLAN_UNSURE, "unsure")                                                           \
    X(PLAN_OVER, "over_max_calls")

enum plan {
#define PLANS_VALUE(name, word) name,
    PLANS(PLANS_VALUE)
#undef PLANS_VALUE
};

struct row {
    size_t index;
    const char *input;
    const char *error; /* why this folder is not walked, as a sentence, else NULL */
    struct row *same;  /* the next row that waits for the same image's answer */
    struct answer *answer;
    void *bytes; /* of the image, while the library needs them */
    unsigned char digest[DIGEST_BYTES];
    enum row_state state;
    enum plan plan;
    bool sent;   /* given to the library by this run */
    bool unsent; /* its turn never came: the table leaves it out */
};

/* 1: all of required are there; 0: not; -1: there is no answer, or no requirement. */
int cli_row_qualifies(const struct row *row, uint32_t required);

/* A table that is printed row by row; its columns are fixed when it begins. */
struct table {
    struct screen screen;
    size_t name_columns;
    bool plans; /* what would happen, instead of regions */
    uint32_t required;
};

void cli_table_begin(struct table *table, const struct row *rows, size_t count);
void cli_table_row(const struct table *table, const struct row *row);

#endif
