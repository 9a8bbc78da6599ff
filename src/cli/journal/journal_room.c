/* SPDX-License-Identifier: MIT */
/* journal_room.c - reserves room on the disk for answers before they are paid for */
#include "journal/journal.h"

#include "base/say.h"
#include "journal/journal_db.h"

/* The write-ahead log: a head, then frames of a head and a page each. A row changes a
   page with its name, one with its digest, and one with its mark and answer; more are
   needed when pages are split. */
enum {
    LOG_HEAD = 32,
    FRAME_HEAD = 24,
    FRAMES_PER_ROW = 16,
    CHECKPOINT_FRAMES = 1000, /* as SQLite does without a hook */
    CHUNK_BYTES = 256 * 1024
};

static int
on_commit(void *user, sqlite3 *db, const char *name, int frames)
{
    struct journal *journal = user;
    journal->frames = frames;
    if (frames >= CHECKPOINT_FRAMES)
        (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                        NULL);
    return SQLITE_OK;
}

void
cli_journal_count_frames(struct journal *journal)
{
    (void)sqlite3_wal_hook(journal->db, on_commit, journal);
}

/* SQLite lets a file grow ahead of its content in chunks. Zeros at the end of the log
   are not frames. */
static bool
grow(struct journal *journal, sqlite3_int64 bytes)
{
    sqlite3_file *log = NULL;
    int chunk = CHUNK_BYTES;
    if (sqlite3_file_control(journal->db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log) !=
            SQLITE_OK ||
        log == NULL || log->pMethods == NULL)
        return true; /* no log, as in a dry run without a file */
    (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
    return log->pMethods->xFileControl(log, SQLITE_FCNTL_SIZE_HINT, &bytes) ==
           SQLITE_OK;
}

bool
cli_journal_reserve(struct journal *journal, size_t rows)
{
    (void)cli_journal_is_stored(journal, true);
    /* Cannot overflow: there are at most 1,000 rows, and a page has at most 64 KiB. */
    sqlite3_int64 frames = journal->frames + (sqlite3_int64)rows * FRAMES_PER_ROW;
    sqlite3_int64 bytes = LOG_HEAD + frames * (journal->page_bytes + FRAME_HEAD);
    if (journal->dry_run || bytes <= journal->reserved)
        return true;
    bytes = (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES * CHUNK_BYTES;
    if (!grow(journal, bytes))
        return false;
    journal->reserved = bytes;
    return true;
}

void
cli_journal_say_full(const struct journal *journal)
{
    cli_say_error("--journal: '%s' has no room for more answers; is the disk full?",
                  journal->path);
}
