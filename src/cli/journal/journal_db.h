/* journal_db.h - the database of a journal: its schema, whose it is, its errors */
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
    bool open; /* a transaction */
    bool rehearse;
    bool failed;
};

/* The first error of a journal is said. Always false. */
bool cli_journal_fail(struct journal *journal);

/* Steps a statement that gives no rows, and resets it. NULL is an error. */
bool cli_journal_finish(struct journal *journal, sqlite3_stmt *statement);

/* Statements without parameters and without rows. */
bool cli_journal_execute(struct journal *journal, const char *sql);

/* The tables of a new journal. */
extern const char cli_journal_schema[];

/* False: the database is of another program or of another version of klingrec; that was
   said. */
bool cli_journal_is_ours(struct journal *journal, bool *is_new);

/* The name of a file as SQLite does not misread it; the caller frees it. */
char *cli_journal_path(const char *name);

#endif
