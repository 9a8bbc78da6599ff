/* SPDX-License-Identifier: MIT */
/* journal_db.h - the SQLite database of a journal: schema, version, errors */
#ifndef CLI_JOURNAL_DB_H
#define CLI_JOURNAL_DB_H

#include <sqlite3.h>
#include <stdbool.h>

enum journal_query {
    Q_BEGIN,
    Q_COMMIT,
    Q_NAME,
    Q_FIND,
    Q_MARK,
    Q_KEEP,
    Q_FORGET,
    QUERIES
};

struct journal {
    sqlite3 *db;
    char *path;
    const char *endpoint;
    sqlite3_stmt *statements[QUERIES];
    sqlite3_int64 reserved; /* bytes of the log that are on the disk already */
    int page_bytes;
    int frames; /* in the log after the last commit */
    bool in_transaction;
    bool dry_run;
    bool failed;
    bool is_storing; /* the thread may still use db; no other thread does meanwhile */
    /* Of the thread that commits, under the lock of threads.h */
    bool has_thread, must_commit, must_end;
    int commit_code; /* of SQLite */
};

/* Reports the first error of a journal. Always false. */
bool cli_journal_fail(struct journal *journal);

/* Runs a statement that returns no rows, and resets it. NULL is an error. */
bool cli_journal_finish(struct journal *journal, sqlite3_stmt *statement);

/* The same for a statement that has run already; code is what it returned. */
bool cli_journal_finished(struct journal *journal, sqlite3_stmt *statement, int code);

/* Runs SQL without parameters that returns no rows. */
bool cli_journal_execute(struct journal *journal, const char *sql);

/* Keeps the number of frames up to date from now on. */
void cli_journal_count_frames(struct journal *journal);

/* An integer that SQLite knows under a name. */
bool cli_journal_pragma(struct journal *journal, const char *name, int *value);

/* The tables of a new journal. */
extern const char cli_journal_schema[];

/* False: the database belongs to another program or to another version of klingrec; the
   error is reported. */
bool cli_journal_is_ours(struct journal *journal, bool *is_new);

/* Stores what cli_journal_is_ours() looks at. */
bool cli_journal_make_ours(struct journal *journal);

/* A path that SQLite does not interpret as a URI; the caller frees it. */
char *cli_journal_path(const char *name);

#endif
