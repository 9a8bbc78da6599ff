/* journal.h - what was asked and answered, kept so that nothing is paid for twice */
#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include "service/row.h"

struct journal;

enum journal_state {
    JOURNAL_MISSING,  /* never asked, or asked and surely not paid */
    JOURNAL_SENT,     /* by this run, which has no answer yet */
    JOURNAL_ANSWERED, /* for good */
    JOURNAL_UNSURE    /* sent, and nobody knows what came of it */
};

/*
 * Answers of one endpoint; nobody else may have the file open meanwhile. What an
 * earlier run had sent when it died becomes unsure. rehearse: nothing is changed, not
 * even when it is told so. NULL: it cannot be opened; that was said.
 */
struct journal *cli_journal_open(const char *path, const char *endpoint, bool rehearse);

/* The functions below return false once the file cannot be written or read; said
   once. Nothing lasts before cli_journal_commit(). */
bool cli_journal_commit(struct journal *journal);

/* *answer is the caller's; NULL when missing or sent. Remembers the row's name too. */
bool cli_journal_find(struct journal *journal, const struct row *row,
                      enum journal_state *state, struct answer **answer);

/* Before a row goes out. */
bool cli_journal_mark(struct journal *journal, const struct row *row);

/* After it came back. What was surely not paid is forgotten, so that it is asked again
   next time. */
bool cli_journal_keep(struct journal *journal, const struct row *row);

void cli_journal_close(struct journal *journal);

/* Is this the file of the open journal? To open and close it once more would give up
   the locks on it, which keep other programs out. */
bool cli_journal_is_file(const char *path);

/* Every name with its answer, in the order of the names; for the report. False: the
   file cannot be read; that was said. row dies with the call. */
typedef void (*journal_fn)(void *user, const struct row *row);
bool cli_journal_each(const char *path, journal_fn fn, void *user);

#endif
