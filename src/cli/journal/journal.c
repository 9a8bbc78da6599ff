/* journal.c - what was asked and answered, on SQLite */
#include "journal/journal.h"

#include "base/memory.h"
#include "base/say.h"
#include "journal/journal_answer.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* "klrc", so that no other program's file is taken for a journal. */
#define APPLICATION 1802269283
#define SCHEMA      2

enum query { Q_BEGIN, Q_COMMIT, Q_NAME, Q_FIND, Q_MARK, Q_KEEP, Q_FORGET, QUERIES };

static const char *const queries[QUERIES] = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "INSERT INTO name (endpoint, name, digest) VALUES (?1, ?3, ?2) "
    "ON CONFLICT DO UPDATE SET digest = ?2",
    "SELECT " JOURNAL_COLUMNS ", state FROM call WHERE endpoint = ?1 AND digest = ?2",
    "INSERT INTO call (endpoint, digest, state, at) VALUES (?1, ?2, 1, ?3) "
    "ON CONFLICT DO UPDATE SET doubts = doubts + (state = 3), state = 1, at = ?3",
    "UPDATE call SET state = ?21, at = ?22, (" JOURNAL_COLUMNS
    ") = (?3, ?4, ?5, ?6, ?7, ?8, "
    "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) "
    "WHERE endpoint = ?1 AND digest = ?2",
    /* What an earlier run was unsure of stays so when this one did not get through. */
    "UPDATE call SET state = CASE WHEN doubts > 0 THEN 3 ELSE 0 END "
    "WHERE endpoint = ?1 AND digest = ?2",
};

static const char schema[] =
    "CREATE TABLE call (endpoint TEXT NOT NULL, digest BLOB NOT NULL, "
    "state INTEGER NOT NULL, at INTEGER NOT NULL, doubts INTEGER NOT NULL DEFAULT 0, "
    "status INTEGER, delivery INTEGER, message TEXT, regions TEXT, region_list TEXT, "
    "format INTEGER, width INTEGER, height INTEGER, bytes INTEGER, broken INTEGER, "
    "edge INTEGER, http_status INTEGER, service_code INTEGER, attempts INTEGER, "
    "request_id TEXT, code TEXT, units TEXT, service_message TEXT, PRIMARY KEY "
    "(endpoint, digest)) "
    "WITHOUT ROWID;"
    "CREATE TABLE name (endpoint TEXT NOT NULL, name BLOB NOT NULL, "
    "digest BLOB NOT NULL, PRIMARY KEY (endpoint, name)) WITHOUT ROWID;"
    "PRAGMA application_id = 1802269283; PRAGMA user_version = 2;";

struct journal {
    sqlite3 *db;
    char *path;
    const char *endpoint;
    sqlite3_stmt *statements[QUERIES];
    bool open; /* a transaction */
    bool rehearse;
    bool failed;
};

static struct stat file; /* of the open journal; st_ino 0: there is none */

/* The file and its folder, in which others stand beside it. False: errno says why. */
static bool
may_write(const char *path)
{
    char *folder = cli_copy_text(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    errno = 0;
    bool may = access(slash != NULL ? folder : ".", W_OK | X_OK) == 0 &&
               (access(path, R_OK | W_OK) == 0 || errno == ENOENT);
    free(folder);
    return may;
}

static bool
fail(struct journal *journal)
{
    int code = sqlite3_errcode(journal->db);
    if (journal->failed)
        return false;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        cli_say_error(
            "--journal: '%s' is in use by another klingrec; wait for it, or give "
            "every one its own",
            journal->path);
    else if (!may_write(journal->path)) /* SQLite's own reason is of a later attempt */
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

/* ---- Statements ------------------------------------------------------------- */

static sqlite3_stmt *
use(struct journal *journal, enum query query)
{
    sqlite3_stmt **at = &journal->statements[query];
    if (*at == NULL &&
        sqlite3_prepare_v2(journal->db, queries[query], -1, at, NULL) != SQLITE_OK)
        (void)fail(journal);
    return *at;
}

static bool
finish(struct journal *journal, sqlite3_stmt *statement)
{
    bool good = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;
    if (!good)
        (void)fail(journal);
    (void)sqlite3_reset(statement);
    return good;
}

static sqlite3_stmt *
use_for(struct journal *journal, enum query query, const struct row *row)
{
    sqlite3_stmt *statement = NULL;
    if (!journal->open) {
        if (!finish(journal, use(journal, Q_BEGIN)))
            return NULL;
        journal->open = true;
    }
    statement = use(journal, query);
    (void)sqlite3_bind_text(statement, 1, journal->endpoint, -1, SQLITE_STATIC);
    (void)sqlite3_bind_blob(statement, 2, row->digest, DIGEST_BYTES, SQLITE_STATIC);
    return statement;
}

bool
cli_journal_commit(struct journal *journal)
{
    if (journal == NULL)
        return true;
    if (journal->failed)
        return false;
    if (!journal->open || journal->rehearse)
        return true;
    journal->open = false;
    return finish(journal, use(journal, Q_COMMIT));
}

/* ---- What rows ask ---------------------------------------------------------- */

bool
cli_journal_find(struct journal *journal, const struct row *row,
                 enum journal_state *state, struct answer **answer)
{
    *state = JOURNAL_MISSING;
    *answer = NULL;
    sqlite3_stmt *name = use_for(journal, Q_NAME, row);
    /* A name is bytes: not every file's is UTF-8. */
    (void)sqlite3_bind_blob(name, 3, row->input, (int)strlen(row->input),
                            SQLITE_STATIC);
    if (!finish(journal, name))
        return false;
    sqlite3_stmt *found = use_for(journal, Q_FIND, row);
    int code = sqlite3_step(found);
    if (code == SQLITE_ROW) {
        *state = (enum journal_state)sqlite3_column_int(found, JOURNAL_COLUMN_COUNT);
        if (*state == JOURNAL_ANSWERED)
            *answer = cli_journal_answer(found);
        if (*state == JOURNAL_UNSURE)
            *answer = cli_journal_unsure(found);
    }
    (void)sqlite3_reset(found);
    return code == SQLITE_ROW || code == SQLITE_DONE || fail(journal);
}

bool
cli_journal_mark(struct journal *journal, const struct row *row)
{
    sqlite3_stmt *statement = use_for(journal, Q_MARK, row);
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)time(NULL));
    return finish(journal, statement);
}

bool
cli_journal_keep(struct journal *journal, const struct row *row)
{
    const struct answer *answer = row->answer;
    bool unsure = answer->finality == KLINGREC_FINALITY_IN_DOUBT;
    if (answer->finality == KLINGREC_FINALITY_OPEN)
        return finish(journal, use_for(journal, Q_FORGET, row));
    sqlite3_stmt *statement = use_for(journal, Q_KEEP, row);
    cli_journal_bind(statement, answer);
    (void)sqlite3_bind_int(statement, 21, unsure ? JOURNAL_UNSURE : JOURNAL_ANSWERED);
    (void)sqlite3_bind_int64(statement, 22, (sqlite3_int64)time(NULL));
    return finish(journal, statement);
}

/* ---- Opening ---------------------------------------------------------------- */

static bool
execute(struct journal *journal, const char *sql)
{
    return sqlite3_exec(journal->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           fail(journal);
}

static bool
pragma(struct journal *journal, const char *name, int *value)
{
    char sql[64];
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof sql, "PRAGMA %s", name);
    bool good =
        sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;
    *value = good ? sqlite3_column_int(statement, 0) : 0;
    if (!good)
        (void)fail(journal);
    (void)sqlite3_finalize(statement);
    return good;
}

/* Somebody else's database is left alone, and so is a newer program's. */
static bool
is_ours(struct journal *journal, bool *is_new)
{
    int application, version, content;
    if (!pragma(journal, "application_id", &application) ||
        !pragma(journal, "user_version", &version) ||
        !pragma(journal, "schema_version", &content))
        return false;
    *is_new = content == 0;
    if (*is_new || (application == APPLICATION && version == SCHEMA))
        return true;
    cli_say_error("--journal: '%s' is %s", journal->path,
                  application == APPLICATION
                      ? "another version's; use that klingrec"
                      : "a database, but no journal of klingrec");
    return false;
}

/*
 * WAL: a kill leaves every commit readable, and a commit is one write and one sync.
 * FULL: a commit is on the disk when it returns, so that not even a power cut forgets
 * what was paid. EXCLUSIVE: one process at a time, or two would both pay.
 */
static bool
prepare(struct journal *journal)
{
    bool is_new;
    sqlite3_busy_timeout(journal->db, 500);
    if (!execute(journal, "PRAGMA locking_mode = EXCLUSIVE") ||
        !is_ours(journal, &is_new) ||
        !execute(journal, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"))
        return false;
    if (!finish(journal, use(journal, Q_BEGIN)))
        return false;
    journal->open = true;
    return (!is_new || execute(journal, schema)) &&
           execute(journal, "UPDATE call SET state = 3 WHERE state = 1") &&
           cli_journal_commit(journal);
}

/* SQLite takes ":memory:" and "file:..." for something else than a file's name. */
static char *
path_of(const char *name)
{
    struct text path = {0};
    cli_text_puts(&path, name[0] == '/' ? "" : "./");
    cli_text_puts(&path, name);
    return path.at;
}

struct journal *
cli_journal_open(const char *path, const char *endpoint, bool rehearse)
{
    struct journal *journal = cli_resize(NULL, 1, sizeof *journal);
    memset(journal, 0, sizeof *journal);
    journal->path = cli_copy_text(path);
    journal->endpoint = endpoint;
    journal->rehearse = rehearse;
    /* A rehearsal leaves no file behind where there was none. */
    char *real =
        rehearse && access(path, F_OK) != 0 ? cli_copy_text(":memory:") : path_of(path);
    bool good = sqlite3_open(real, &journal->db) == SQLITE_OK || fail(journal);
    free(real);
    if (good && prepare(journal)) {
        if (stat(path, &file) != 0)
            file.st_ino = 0;
        return journal;
    }
    cli_journal_close(journal);
    return NULL;
}

bool
cli_journal_is_file(const char *path)
{
    struct stat info;
    return file.st_ino != 0 && stat(path, &info) == 0 && info.st_ino == file.st_ino &&
           info.st_dev == file.st_dev;
}

void
cli_journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    file.st_ino = 0;
    for (size_t i = 0; i < QUERIES; i++)
        (void)sqlite3_finalize(journal->statements[i]);
    if (journal->open)
        (void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
    (void)sqlite3_close(journal->db);
    free(journal->path);
    free(journal);
}

/* ---- For the report --------------------------------------------------------- */

static void
give(sqlite3_stmt *found, size_t index, journal_fn fn, void *user)
{
    struct row row;
    struct text name = {0};
    bool unsure = sqlite3_column_int(found, JOURNAL_COLUMN_COUNT) != JOURNAL_ANSWERED;
    memset(&row, 0, sizeof row);
    cli_text_add(&name, sqlite3_column_blob(found, JOURNAL_COLUMN_COUNT + 1),
                 (size_t)sqlite3_column_bytes(found, JOURNAL_COLUMN_COUNT + 1));
    row.index = index;
    row.input = name.at;
    row.answer = unsure ? cli_journal_unsure(found) : cli_journal_answer(found);
    fn(user, &row);
    cli_answer_free(row.answer);
    cli_text_free(&name);
}

bool
cli_journal_each(const char *path, journal_fn fn, void *user)
{
    static const char sql[] =
        "SELECT " JOURNAL_COLUMNS
        ", state, name FROM name JOIN call USING (endpoint, digest) "
        "WHERE state > 0 ORDER BY name, endpoint";
    struct journal journal;
    sqlite3_stmt *found = NULL;
    int code = SQLITE_ERROR;
    bool is_new = true;
    memset(&journal, 0, sizeof journal);
    journal.path = cli_copy_text(path);
    char *real = path_of(path);
    bool good =
        sqlite3_open_v2(real, &journal.db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ||
        fail(&journal);
    free(real);
    /* Without shared memory the file is read like the one who wrote it does. */
    good = good && execute(&journal, "PRAGMA locking_mode = EXCLUSIVE") &&
           is_ours(&journal, &is_new);
    if (good && !is_new &&
        sqlite3_prepare_v2(journal.db, sql, -1, &found, NULL) == SQLITE_OK)
        for (size_t i = 0; (code = sqlite3_step(found)) == SQLITE_ROW; i++)
            give(found, i, fn, user);
    if (good && !is_new && code != SQLITE_DONE)
        good = fail(&journal);
    (void)sqlite3_finalize(found);
    (void)sqlite3_close(journal.db);
    free(journal.path);
    return good;
}
