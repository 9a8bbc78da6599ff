/* run.h - what recognize and its rehearsal share: rows that come and go out */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "input/list.h"
#include "journal/journal.h"
#include "output/writer.h"

struct tally {
    size_t done;
    size_t good;
    size_t unfit;  /* good, but not what --require asks for */
    size_t unsure; /* may be on the bill without an answer */
    size_t known;  /* from the journal, or equal to another image */
    size_t calls;  /* images that were given to the library, or would be */
    size_t sent;   /* of them those that left, as far as is known */
    size_t over;   /* not sent because of --max-calls */
    size_t unsent; /* their turn never came; over among them */
};

struct run {
    const struct options *options;
    struct rows rows;
    size_t started; /* rows before this one had their turn */
    size_t printed; /* in order: rows before this one are out */
    struct journal *journal;
    struct writer writer;
    struct tally tally;
    bool begun;   /* the output may take its place */
    bool stop;    /* no new image; what runs goes on */
    bool refused; /* nothing is sent any more: the key or account is refused */
    int exit;
};

/* Rows, fields, journal and output; not 0: the exit code, and what is wrong was said.
 */
int cli_run_begin(struct run *run, const struct options *options);

/* A row has its answer: count it, and print what can be printed. */
void cli_run_settle(struct run *run, struct row *row);

/* The same for a row that will not have its turn, and why. */
void cli_run_skip(struct run *run, struct row *row, const char *why);

/* Output complete or not, everything closed; the exit code. */
int cli_run_end(struct run *run);

#endif
