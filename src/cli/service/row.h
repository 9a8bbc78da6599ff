/* SPDX-License-Identifier: MIT */
/* row.h - one input of recognize, and its answer */
#ifndef CLI_ROW_H
#define CLI_ROW_H

#include "base/digest.h"
#include "service/answer.h"

enum row_state {
    ROW_WAITING,
    ROW_MARKED,   /* as sent; the mark is not on the disk yet */
    ROW_READY,    /* may be submitted */
    ROW_RUNNING,  /* submitted, or same as a row that is marked */
    ROW_ANSWERED, /* the answer is not in the journal yet */
    ROW_KEPT,     /* it is there, but not on the disk yet */
    ROW_DONE
};

/* What would happen to a row, as shown by --dry-run. */
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
    const char *below; /* in input: the path below the walked folder, or the name */
    const char *error; /* why this folder cannot be read; NULL: not so */
    struct row *same; /* the next row with the same image, which gets the same answer */
    struct answer *answer;
    struct answer *refusal; /* of --check-urls: why it is not to be sent */
    void *bytes;            /* of the image, until the library needs them no more */
    size_t len;             /* of bytes */
    unsigned char digest[DIGEST_BYTES];
    enum row_state state;
    enum plan plan;
    bool sent;   /* submitted by this run */
    bool unsent; /* never submitted; not in the table */
};

/* 1: the service reported each region as required; 0: it did not; -1: there is no
   answer, or nothing is required. required: the value of --require. */
int cli_row_qualifies(const struct row *row, uint32_t required);

/* Is the image one of those that --format names, --copy-to and --link-to select? It
   qualifies, or, if nothing is required, it is recognised or acceptable. */
bool cli_row_is_selected(const struct row *row, uint32_t required);

#endif
