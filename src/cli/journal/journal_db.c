/* SPDX-License-Identifier: MIT */
/* journal_db.c - the SQLite database of a journal: schema, version, errors */
#include "journal/journal_db.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "klrc": distinguishes a journal from other databases. */
enum { APPLICATION = 1802269283, SCHEMA = 2 };

/* The first column of a key tells most entries apart, so comparing ends there. Rows of
   call are stored as they are marked, so what one commit changes shares its pages. */
const char cli_journal_schema[] =
    "CREATE TABLE call (endpoint TEXT NOT NULL, digest BLOB NOT NULL, "
    "state INTEGER NOT NULL, at INTEGER NOT NULL, doubts INTEGER NOT NULL DEFAULT 0, "
    "status INTEGER, delivery INTEGER, message TEXT, regions TEXT, region_list TEXT, "
    "format INTEGER, width INTEGER, height INTEGER, bytes INTEGER, broken INTEGER, "
    "edge INTEGER, http_status INTEGER, service_code INTEGER, attempts INTEGER, "
    "request_id TEXT, code TEXT, units TEXT, service_message TEXT, PRIMARY KEY "
    "(digest, endpoint));"
    "CREATE TABLE name (endpoint TEXT NOT NULL, name BLOB NOT NULL, "
    "digest BLOB NOT NULL, PRIMARY KEY (name, endpoint)) WITHOUT ROWID;";

/* The file and its folder, where SQLite creates further files. False: see errno. */
static bool
may_write(const char *path)
{
    char *folder = cli_path_folder(path);
    errno = 0;
    bool may =
        cli_file_may_create_in(folder) && (cli_file_may_write(path) || errno == ENOENT);
    free(folder);
    return may;
}

bool
cli_journal_fail(struct journal *journal)
{
    int code = sqlite3_errcode(journal->db);
    if (journal->failed)
        return false;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        cli_say_error(
            "--journal: '%s' is in use by another klingrec process; wait for it or use "
            "another journal",
            journal->path);
    else if (!may_write(journal->path)) /* SQLite reports another reason */
        cli_say_error("--journal: '%s' cannot be opened: %s", journal->path,
                      strerror(errno));
    else if (code == SQLITE_CANTOPEN && sqlite3_system_errno(journal->db) != 0)
        cli_say_error("--journal: '%s' cannot be opened: %s", journal->path,
                      strerror(sqlite3_system_errno(journal->db)));
    else
        cli_say_error("--journal: '%s': %s", journal->path,
                      sqlite3_errmsg(journal->db));
    journal->failed = true;
    return false;
}

bool
cli_journal_finished(struct journal *journal, sqlite3_stmt *statement, int code)
{
    if (code != SQLITE_DONE)
        (void)cli_journal_fail(journal);
    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

bool
cli_journal_finish(struct journal *journal, sqlite3_stmt *statement)
{
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;
    return cli_journal_finished(journal, statement, code);
}

bool
cli_journal_execute(struct journal *journal, const char *sql)
{
    return sqlite3_exec(journal->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           cli_journal_fail(journal);
}

bool
cli_journal_pragma(struct journal *journal, const char *name, int *value)
{
    char sql[64];
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof sql, "PRAGMA %s", name);
    bool good =
        sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;
    *value = good ? sqlite3_column_int(statement, 0) : 0;
    if (!good)
        (void)cli_journal_fail(journal);
    (void)sqlite3_finalize(statement);
    return good;
}

/* Databases of other programs and of other versions are not changed. */
bool
cli_journal_is_ours(struct journal *journal, bool *is_new)
{
    int application, version, content;
    if (!cli_journal_pragma(journal, "application_id", &application) ||
        !cli_journal_pragma(journal, "user_version", &version) ||
        !cli_journal_pragma(journal, "schema_version", &content))
        return false;
    *is_new = content == 0;
    if (*is_new || (application == APPLICATION && version == SCHEMA))
        return true;
    cli_say_error("--journal: '%s' %s", journal->path,
                  application == APPLICATION
                      ? "was written by another version of klingrec; use that version"
                      : "is a database, but not a klingrec journal");
    return false;
}

bool
cli_journal_make_ours(struct journal *journal)
{
    char sql[80];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION, SCHEMA);
    return cli_journal_execute(journal, sql);
}

/* SQLite gives ":memory:" and "file:..." a special meaning. */
char *
cli_journal_path(const char *name)
{
    struct text path = {0};
    cli_text_puts(&path, cli_path_is_absolute(name) ? "" : "./");
    cli_text_puts(&path, name);
    return path.at;
}
