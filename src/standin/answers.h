/* SPDX-License-Identifier: MIT */
/* answers.h - the table of all answers of the stand-in */
#ifndef STANDIN_ANSWERS_H
#define STANDIN_ANSWERS_H

#include <stddef.h>
#include <stdio.h>

enum wire {
    WIRE_WHOLE,      /* an ordinary answer with Content-Length */
    WIRE_CHUNKED,    /* chunked, without Content-Length */
    WIRE_CUT,        /* the full Content-Length, half of the body, then closed */
    WIRE_DROP,       /* closed after the request was read */
    WIRE_DROP_EARLY, /* closed after the request's headers were read */
    WIRE_RESET,      /* as drop, but with a TCP reset */
    WIRE_HANG        /* no answer for ten minutes, then closed */
};

enum {
    /* Only for requests that the service would accept; others are refused. */
    ANSWER_JUDGED = 1,
    /* Sent by the edge in front of the gateway, so without the header of the gateway.
     */
    ANSWER_EDGE = 2,
    /* The shape of the body depends on the path. */
    ANSWER_BY_SHAPE = 4
};

/* body and headers are templates: a single quote stands for a double quote, and
 * {{name}} is replaced (render.c has the names). NULL: there is none. */
struct answer {
    const char *name;
    unsigned status;
    const char *type; /* Content-Type */
    const char *text; /* the default of {{text}} */
    const char *body;
    const char *headers; /* lines */
    enum wire wire;
    unsigned flags;
    const char *note; /* for --list-answers */
};

extern const struct answer standin_answers_table[];
extern const size_t standin_answers_table_count;

/* NULL: no such name. */
const struct answer *standin_answer_find(const char *name);
const struct answer *standin_answer_find_part(const char *name, size_t len);

/* NULL past the end. */
const struct answer *standin_answer_at(size_t index);
size_t standin_answer_index(const struct answer *answer);
size_t standin_answer_count(void);

void standin_answers_list(FILE *file);

#endif /* STANDIN_ANSWERS_H */
