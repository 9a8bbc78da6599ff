/* SPDX-License-Identifier: MIT */
/* journal.h - stores what was sent and answered, so that nothing is sent and billed
 * twice */
#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include "service/row.h"

struct journal;

enum journal_state {
    JOURNAL_MISSING,  /* never sent, or certainly not billed */
    JOURNAL_SENT,     /* by this run, without an answer yet */
    JOURNAL_ANSWERED, /* finally */
    JOURNAL_UNSURE    /* sent, with an unknown outcome */
};

/*
 * Opens the journal of one endpoint and locks its file. What an earlier run had sent
 * when it was killed becomes JOURNAL_UNSURE. dry_run: nothing is ever written to the
 * file. NULL: it cannot be opened; the error is reported.
 */
struct journal *cli_journal_open(const char *path, const char *endpoint, bool dry_run);

/* The functions below return false after an error of the file; the first one is
   reported. Changes are on the disk after cli_journal_commit(). */
bool cli_journal_commit(struct journal *journal);

/* Commits on another thread. The other functions wait until this is done. */
void cli_journal_store(struct journal *journal);

/* Is what cli_journal_store() commits on the disk, or has the journal failed? wait:
   until one of them is so. */
bool cli_journal_is_stored(struct journal *journal, bool wait);

bool cli_journal_has_failed(const struct journal *journal);

/* Reserves room on the disk for the answers of so many rows: those in flight and the
   next one. Call it before cli_journal_find(). False: there is none; the journal can
   still store the answers in flight. */
bool cli_journal_reserve(struct journal *journal, size_t rows);
void cli_journal_say_full(const struct journal *journal);

/* *answer belongs to the caller; NULL if missing or sent. Also stores the name of the
   row. */
bool cli_journal_find(struct journal *journal, const struct row *row,
                      enum journal_state *state, struct answer **answer);

/* The same without the name; nothing is changed. */
bool cli_journal_look(struct journal *journal, const struct row *row,
                      enum journal_state *state, struct answer **answer);

/* Marks a row as sent; call before it is submitted. */
bool cli_journal_mark(struct journal *journal, const struct row *row);

/* Stores the answer of a row. If it was certainly not billed, the mark is removed, so
   that the next run sends it again. */
bool cli_journal_keep(struct journal *journal, const struct row *row);

/* Removes the mark of a row that was not sent. */
bool cli_journal_forget(struct journal *journal, const struct row *row);

void cli_journal_close(struct journal *journal);

/* Is this the file of the open journal? Opening and closing it elsewhere in this
   process would release its POSIX locks, which keep other processes out. */
bool cli_journal_is_file(const char *path);

/* Calls fn for every name and its answer, sorted by name; for the report. row is valid
   during the call only. False: the file cannot be read; the error is reported. */
typedef void (*journal_fn)(void *user, const struct row *row);
bool cli_journal_each(const char *path, journal_fn fn, void *user);

#endif
