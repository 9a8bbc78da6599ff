/* SPDX-License-Identifier: MIT */
/* journal_each.c - reads all answers of a journal, for the report */
#include "journal/journal.h"

#include "base/memory.h"
#include "journal/journal_answer.h"
#include "journal/journal_db.h"

#include <stdlib.h>
#include <string.h>

static void
call_with_row(sqlite3_stmt *found, size_t index, journal_fn fn, void *user)
{
    struct row row;
    struct text name = {0};
    bool unsure = sqlite3_column_int(found, JOURNAL_COLUMN_COUNT) != JOURNAL_ANSWERED;
    memset(&row, 0, sizeof row);
    cli_text_add(&name, sqlite3_column_blob(found, JOURNAL_COLUMN_COUNT + 1),
                 (size_t)sqlite3_column_bytes(found, JOURNAL_COLUMN_COUNT + 1));
    if (sqlite3_column_bytes(found, JOURNAL_COLUMN_COUNT + 2) == DIGEST_BYTES)
        memcpy(row.digest, sqlite3_column_blob(found, JOURNAL_COLUMN_COUNT + 2),
               DIGEST_BYTES);
    row.index = index;
    row.input = name.at;
    row.answer = unsure ? cli_journal_unsure(found) : cli_journal_answer(found);
    fn(user, &row);
    cli_answer_free(row.answer);
    cli_text_free(&name);
}

/* ---- For the report --------------------------------------------------------- */
bool
cli_journal_each(const char *path, journal_fn fn, void *user)
{
    static const char sql[] =
        "SELECT " JOURNAL_COLUMNS
        ", state, name, digest FROM name JOIN call USING (endpoint, digest) "
        "WHERE state > 0 ORDER BY name, endpoint";
    struct journal journal;
    sqlite3_stmt *found = NULL;
    int code = SQLITE_ERROR;
    bool is_new = true;
    memset(&journal, 0, sizeof journal);
    journal.path = cli_copy_text(path);
    char *real = cli_journal_path(path);
    bool good =
        sqlite3_open_v2(real, &journal.db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ||
        cli_journal_fail(&journal);
    free(real);
    /* Without shared memory, as when the journal was written. */
    good = good && cli_journal_execute(&journal, "PRAGMA locking_mode = EXCLUSIVE") &&
           cli_journal_is_ours(&journal, &is_new);
    if (good && !is_new &&
        sqlite3_prepare_v2(journal.db, sql, -1, &found, NULL) == SQLITE_OK)
        for (size_t i = 0; (code = sqlite3_step(found)) == SQLITE_ROW; i++)
            call_with_row(found, i, fn, user);
    if (good && !is_new && code != SQLITE_DONE)
        good = cli_journal_fail(&journal);
    (void)sqlite3_finalize(found);
    (void)sqlite3_close(journal.db);
    free(journal.path);
    return good;
}
