/* SPDX-License-Identifier: MIT */
/* journal.c - stores what was sent and answered, in SQLite */
#include "journal/journal.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/threads.h"
#include "journal/journal_answer.h"
#include "journal/journal_db.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const queries[QUERIES] = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "INSERT INTO name (endpoint, name, digest) VALUES (?1, ?3, ?2) "
    "ON CONFLICT (endpoint, name) DO UPDATE SET digest = ?2",
    "SELECT " JOURNAL_COLUMNS ", state FROM call WHERE endpoint = ?1 AND digest = ?2",
    "INSERT INTO call (endpoint, digest, state, at) VALUES (?1, ?2, 1, ?3) "
    "ON CONFLICT (endpoint, digest) DO UPDATE "
    "SET doubts = doubts + (state = 3), state = 1, at = ?3",
    "UPDATE call SET state = ?21, at = ?22, (" JOURNAL_COLUMNS
    ") = (?3, ?4, ?5, ?6, ?7, ?8, "
    "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) "
    "WHERE endpoint = ?1 AND digest = ?2",
    /* Unsure from an earlier run and not sent by this one: still unsure. */
    "UPDATE call SET state = CASE WHEN doubts > 0 THEN 3 ELSE 0 END "
    "WHERE endpoint = ?1 AND digest = ?2",
};

enum { OPEN_FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX };

static struct file_info file; /* of the open journal */
static bool is_open;

/* ---- Statements ------------------------------------------------------------- */

static sqlite3_stmt *
prepare_query(struct journal *journal, enum journal_query query)
{
    sqlite3_stmt **at = &journal->statements[query];
    if (*at == NULL &&
        sqlite3_prepare_v2(journal->db, queries[query], -1, at, NULL) != SQLITE_OK)
        (void)cli_journal_fail(journal);
    return *at;
}

static sqlite3_stmt *
prepare_for_row(struct journal *journal, enum journal_query query,
                const struct row *row)
{
    sqlite3_stmt *statement = NULL;
    (void)cli_journal_is_stored(journal, true);
    if (!journal->in_transaction) {
        if (!cli_journal_finish(journal, prepare_query(journal, Q_BEGIN)))
            return NULL;
        journal->in_transaction = true;
    }
    statement = prepare_query(journal, query);
    (void)sqlite3_bind_text(statement, 1, journal->endpoint, -1, SQLITE_STATIC);
    (void)sqlite3_bind_blob(statement, 2, row->digest, DIGEST_BYTES, SQLITE_STATIC);
    return statement;
}

bool
cli_journal_commit(struct journal *journal)
{
    if (journal == NULL)
        return true;
    (void)cli_journal_is_stored(journal, true);
    if (journal->failed)
        return false;
    if (!journal->in_transaction || journal->dry_run)
        return true;
    journal->in_transaction = false;
    return cli_journal_finish(journal, prepare_query(journal, Q_COMMIT));
}

/* ---- Committing on a thread -------------------------------------------------- */

/* A sync takes milliseconds; requests and answers go on meanwhile. */
static void
run_commits(void *user)
{
    struct journal *journal = user;
    cli_threads_lock();
    while (!journal->must_end) {
        if (!journal->must_commit) {
            cli_threads_wait(CHANGE_WORK);
            continue;
        }
        cli_threads_unlock();
        int code = sqlite3_step(journal->statements[Q_COMMIT]);
        cli_threads_lock();
        journal->commit_code = code;
        journal->must_commit = false;
        cli_threads_wake_all(CHANGE_DONE);
    }
    journal->has_thread = false;
    cli_threads_wake_all(CHANGE_DONE);
    cli_threads_unlock();
}

void
cli_journal_store(struct journal *journal)
{
    (void)cli_journal_is_stored(journal, true);
    if (journal->failed || !journal->in_transaction || journal->dry_run ||
        prepare_query(journal, Q_COMMIT) == NULL)
        return;
    cli_threads_lock();
    if (!journal->has_thread)
        journal->has_thread = cli_thread_start(run_commits, journal);
    journal->must_commit = journal->is_storing = journal->has_thread;
    cli_threads_wake_all(CHANGE_WORK);
    cli_threads_unlock();
    if (journal->is_storing)
        journal->in_transaction = false;
    else
        (void)cli_journal_commit(journal);
}

bool
cli_journal_is_stored(struct journal *journal, bool wait)
{
    if (!journal->is_storing)
        return true;
    cli_threads_lock();
    while (journal->must_commit && wait)
        cli_threads_wait(CHANGE_DONE);
    journal->is_storing = journal->must_commit;
    cli_threads_unlock();
    if (journal->is_storing)
        return false;
    (void)cli_journal_finished(journal, journal->statements[Q_COMMIT],
                               journal->commit_code);
    return true;
}

bool
cli_journal_has_failed(const struct journal *journal)
{
    return journal->failed;
}

static void
end_thread(struct journal *journal)
{
    (void)cli_journal_is_stored(journal, true);
    cli_threads_lock();
    journal->must_end = true;
    cli_threads_wake_all(CHANGE_WORK);
    while (journal->has_thread)
        cli_threads_wait(CHANGE_DONE);
    cli_threads_unlock();
}

/* ---- Rows ------------------------------------------------------------------- */

bool
cli_journal_look(struct journal *journal, const struct row *row,
                 enum journal_state *state, struct answer **answer)
{
    *state = JOURNAL_MISSING;
    *answer = NULL;
    sqlite3_stmt *found = prepare_for_row(journal, Q_FIND, row);
    int code = sqlite3_step(found);
    if (code == SQLITE_ROW) {
        int number = sqlite3_column_int(found, JOURNAL_COLUMN_COUNT);
        /* Of a damaged file: it must not be sent again. */
        *state = number >= JOURNAL_MISSING && number <= JOURNAL_UNSURE
                     ? (enum journal_state)number
                     : JOURNAL_UNSURE;
        if (*state == JOURNAL_ANSWERED)
            *answer = cli_journal_answer(found);
        if (*state == JOURNAL_UNSURE)
            *answer = cli_journal_unsure(found);
    }
    (void)sqlite3_reset(found);
    return code == SQLITE_ROW || code == SQLITE_DONE || cli_journal_fail(journal);
}

bool
cli_journal_find(struct journal *journal, const struct row *row,
                 enum journal_state *state, struct answer **answer)
{
    *state = JOURNAL_MISSING;
    *answer = NULL;
    sqlite3_stmt *name = prepare_for_row(journal, Q_NAME, row);
    /* A blob, because file names need not be UTF-8. */
    (void)sqlite3_bind_blob(name, 3, row->input, (int)strlen(row->input),
                            SQLITE_STATIC);
    return cli_journal_finish(journal, name) &&
           cli_journal_look(journal, row, state, answer);
}

bool
cli_journal_mark(struct journal *journal, const struct row *row)
{
    sqlite3_stmt *statement = prepare_for_row(journal, Q_MARK, row);
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)time(NULL));
    return cli_journal_finish(journal, statement);
}

bool
cli_journal_forget(struct journal *journal, const struct row *row)
{
    return cli_journal_finish(journal, prepare_for_row(journal, Q_FORGET, row));
}

bool
cli_journal_keep(struct journal *journal, const struct row *row)
{
    const struct answer *answer = row->answer;
    bool unsure = answer->finality == KLINGREC_FINALITY_IN_DOUBT;
    if (answer->finality == KLINGREC_FINALITY_OPEN)
        return cli_journal_forget(journal, row);
    sqlite3_stmt *statement = prepare_for_row(journal, Q_KEEP, row);
    cli_journal_bind(statement, answer);
    (void)sqlite3_bind_int(statement, 21, unsure ? JOURNAL_UNSURE : JOURNAL_ANSWERED);
    (void)sqlite3_bind_int64(statement, 22, (sqlite3_int64)time(NULL));
    return cli_journal_finish(journal, statement);
}

/* ---- Opening ---------------------------------------------------------------- */

/*
 * WAL: after a kill every commit is readable, and a commit costs one write and one
 * sync. FULL: a commit is on the disk when it returns, so that a power failure loses no
 * answer that was paid for. EXCLUSIVE: one process at a time, or two would send the
 * same image.
 */
static bool
set_up(struct journal *journal)
{
    bool is_new;
    sqlite3_busy_timeout(journal->db, 500);
    if (!cli_journal_execute(journal, "PRAGMA locking_mode = EXCLUSIVE") ||
        !cli_journal_is_ours(journal, &is_new) ||
        !cli_journal_execute(journal,
                             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"))
        return false;
    if (!cli_journal_finish(journal, prepare_query(journal, Q_BEGIN)))
        return false;
    journal->in_transaction = true;
    cli_journal_count_frames(journal);
    /* The version is written each time, because the first commit tells how long the log
       is. */
    return (!is_new || cli_journal_execute(journal, cli_journal_schema)) &&
           cli_journal_execute(journal, "UPDATE call SET state = 3 WHERE state = 1") &&
           cli_journal_make_ours(journal) && cli_journal_commit(journal) &&
           cli_journal_pragma(journal, "page_size", &journal->page_bytes);
}

/* An endpoint that was forgotten, or a wrong one, would pay for everything again. */
static void
warn_of_other_endpoint(struct journal *journal)
{
    static const char sql[] = "SELECT endpoint FROM call WHERE NOT EXISTS "
                              "(SELECT * FROM call WHERE endpoint = ?1) LIMIT 1";
    sqlite3_stmt *found = NULL;
    if (sqlite3_prepare_v2(journal->db, sql, -1, &found, NULL) == SQLITE_OK &&
        sqlite3_bind_text(found, 1, journal->endpoint, -1, SQLITE_STATIC) ==
            SQLITE_OK &&
        sqlite3_step(found) == SQLITE_ROW)
        cli_say_warning(
            "--journal: '%s' has only answers of the endpoint %s, which are "
            "not used for %s",
            journal->path, (const char *)sqlite3_column_text(found, 0),
            journal->endpoint);
    (void)sqlite3_finalize(found);
}

struct journal *
cli_journal_open(const char *path, const char *endpoint, bool dry_run)
{
    struct journal *journal = cli_resize(NULL, 1, sizeof *journal);
    memset(journal, 0, sizeof *journal);
    journal->path = cli_copy_text(path);
    journal->endpoint = endpoint;
    journal->dry_run = dry_run;
    /* A dry run creates no file, and SQLite would write into an empty one. */
    struct file_info info;
    bool is_none = dry_run && (!cli_file_info(path, &info) || info.bytes == 0);
    char *real = is_none ? cli_copy_text(":memory:") : cli_journal_path(path);
    /* SQLite need not lock, because one thread at a time uses it, nor count memory. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    bool good = sqlite3_open_v2(real, &journal->db, OPEN_FLAGS, NULL) == SQLITE_OK ||
                cli_journal_fail(journal);
    free(real);
    if (good && set_up(journal)) {
        is_open = cli_file_info(path, &file);
        warn_of_other_endpoint(journal);
        return journal;
    }
    cli_journal_close(journal);
    return NULL;
}

bool
cli_journal_is_file(const char *path)
{
    struct file_info info;
    return is_open && cli_file_info(path, &info) && cli_file_is_same(&info, &file);
}

void
cli_journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    end_thread(journal);
    is_open = false;
    for (size_t i = 0; i < QUERIES; i++)
        (void)sqlite3_finalize(journal->statements[i]);
    if (journal->in_transaction)
        (void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
    (void)sqlite3_close(journal->db);
    free(journal->path);
    free(journal);
}
