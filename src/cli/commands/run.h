/* SPDX-License-Identifier: MIT */
/* run.h - the state and the output of recognize, with and without --dry-run */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "input/list.h"
#include "journal/journal.h"
#include "output/breakdown.h"
#include "output/collect.h"
#include "output/regions.h"
#include "output/writer.h"

struct tally {
    size_t done;
    size_t good;
    size_t unfit;  /* good, but does not qualify */
    size_t unsure; /* may be billed, without an answer */
    size_t known;  /* answered by the journal, or same as another image */
    size_t calls;  /* images that were submitted, or would be */
    size_t sent;   /* of the calls, those that may have left */
    size_t over;   /* not sent because of --max-calls */
    size_t unsent; /* never submitted, including over */
};

struct run {
    const struct options *options;
    struct rows rows;
    size_t started; /* rows before this one were loaded */
    size_t printed; /* with --ordered: rows before this one were printed */
    struct journal *journal;
    struct writer writer;
    struct collect collect;
    struct regions regions;
    struct tally tally;
    struct breakdown breakdown; /* of the failures in tally */
    bool begun;                 /* the output may be committed */
    bool lost;                  /* the output failed; rows keep their answers */
    bool stop;                  /* start no new image; wait for those in flight */
    bool refused; /* send nothing more: the service refused the key or account */
    int exit;
};

/* Opens journal and output and lists the rows. Returns the exit code; if it is not 0,
   the error is reported. */
int cli_run_begin(struct run *run, const struct options *options);

/* The row has an answer: counts it, and prints the rows that can be printed. */
void cli_run_settle(struct run *run, struct row *row);

/* The same for a row that will not be sent; why is the message. */
void cli_run_skip(struct run *run, struct row *row, const char *why);

/* Whether answers in flight can still be printed or stored. */
bool cli_run_can_store(struct run *run);

/* Whether there is a journal that can no longer be used. */
bool cli_run_journal_failed(const struct run *run);

/* Shows how far the run is, on a terminal and in --progress. */
void cli_run_show(const struct run *run);

/* Commits the output, closes everything, and returns the exit code. */
int cli_run_finish(struct run *run);

#endif
