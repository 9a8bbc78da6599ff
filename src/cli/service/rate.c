/* SPDX-License-Identifier: MIT */
/* rate.c - a limit of attempts per minute, for one process or shared by several */
#include "service/rate.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LATE_US = 100000,     /* a slot taken up to this late does not delay the next */
    MINUTE_US = 60000000, /* plus LATE_US: no minute has one slot too many */
    AHEAD_MAX_US =
        30000000, /* slots are not taken earlier: the process may be killed */
    CLOCK_SKEW_US = 30000000, /* the allowed difference between clocks of machines */
    VALID_US = 1000000,       /* how long a slot that was taken can be used */
    RETRY_SPREAD_MS = 50,     /* so that processes do not retry all at once */
    RETRY_BUSY_MS = 5,
    WARN_BUSY_US = 10000000
};

/* The file: this, and the start of the next slot in microseconds since 1970, as 20
   digits and a newline. */
static const char magic[] = "klingrec rate 1 ";
enum { MAGIC = sizeof magic - 1, RECORD = MAGIC + 21 };

struct rate {
    uint64_t spacing_us;  /* 0: no limit */
    uint64_t next_us;     /* the start of the next free slot, without a file */
    uint64_t slot_us;     /* the start of our slot, in the future; 0: none */
    uint64_t acquired_us; /* when cli_rate_acquire() last took a slot */
    uint64_t busy_us;     /* since when another process has the lock; 0: not locked */
    uint32_t unused;      /* slots that were acquired, but not used yet */
    const char *path;
    int file; /* -1: none */
    bool failed;
};

/* With a file the time since 1970, which is the same on all machines. */
static uint64_t
read_clock_us(const struct rate *rate)
{
    return rate->file >= 0 ? cli_date_us() : cli_now_us();
}

/* ---- The schedule ----------------------------------------------------------- */

/* Takes the slot at *next_us and advances *next_us. 0: it is too far in the future. */
static uint64_t
acquire_slot(uint64_t *next_us, uint64_t now_us, uint64_t spacing_us)
{
    /* Further ahead than any process sets it: a clock was or is wrong. */
    if (*next_us > now_us + AHEAD_MAX_US + spacing_us + CLOCK_SKEW_US)
        *next_us = now_us;
    if (*next_us > now_us + AHEAD_MAX_US)
        return 0;
    uint64_t slot_us = *next_us + LATE_US < now_us ? now_us : *next_us;
    *next_us = slot_us + spacing_us;
    return slot_us;
}

/* ---- The file --------------------------------------------------------------- */

static bool
fail(struct rate *rate, const char *why)
{
    if (!rate->failed)
        cli_say_error("--rate-file: '%s' %s", rate->path, why);
    rate->failed = true;
    return false;
}

static bool
fail_system(struct rate *rate)
{
    char why[160];
    snprintf(why, sizeof why, "cannot be used: %s", strerror(errno));
    return fail(rate, why);
}

/* An empty file is new. */
static bool
read_next(struct rate *rate, uint64_t *next_us)
{
    char record[RECORD + 2] = "";
    ptrdiff_t len = cli_file_read_start(rate->file, record, sizeof record - 1);
    *next_us = 0;
    if (len < 0)
        return fail_system(rate);
    if (len == 0)
        return true;
    if (len != RECORD || memcmp(record, magic, MAGIC) != 0 ||
        strspn(record + MAGIC, "0123456789") != 20 || record[RECORD - 1] != '\n')
        return fail(rate,
                    "is not a klingrec rate file; name a file that does not exist yet");
    *next_us = strtoull(record + MAGIC, NULL, 10);
    return true;
}

static bool
write_next(struct rate *rate, uint64_t next_us)
{
    char record[RECORD + 1];
    snprintf(record, sizeof record, "%s%020" PRIu64 "\n", magic, next_us);
    return cli_file_write_start(rate->file, record, RECORD) || fail_system(rate);
}

/* A process that is stopped while it holds the lock blocks all others. */
static void
warn_busy(struct rate *rate, uint64_t now_us)
{
    if (rate->busy_us == 0)
        rate->busy_us = now_us;
    if (now_us - rate->busy_us < WARN_BUSY_US)
        return;
    cli_say_warning("--rate-file: another process has kept '%s' locked for %d s",
                    rate->path, WARN_BUSY_US / 1000000);
    rate->busy_us = now_us;
}

/* Takes a slot from the file, which is locked. */
static uint64_t
acquire_locked(struct rate *rate, uint64_t now_us)
{
    struct file_info info;
    uint64_t next_us;
    if (!read_next(rate, &next_us))
        return 0;
    /* Other processes would create a new file, with the same slots once more. */
    if (cli_file_info_of(rate->file, &info) && info.is_removed) {
        (void)fail(rate, "was removed while it was in use");
        return 0;
    }
    uint64_t slot_us = acquire_slot(&next_us, now_us, rate->spacing_us);
    return slot_us != 0 && write_next(rate, next_us) ? slot_us : 0;
}

/* Takes the next slot. 0: none is available now. */
static uint64_t
acquire_next(struct rate *rate, uint64_t now_us)
{
    if (rate->file < 0)
        return acquire_slot(&rate->next_us, now_us, rate->spacing_us);
    if (!cli_file_lock_shared(rate->file)) {
        if (errno == EBUSY)
            warn_busy(rate, now_us);
        else
            (void)fail_system(rate);
        return 0;
    }
    rate->busy_us = 0;
    uint64_t slot_us = acquire_locked(rate, now_us);
    (void)cli_file_unlock_shared(rate->file);
    return slot_us;
}

static bool
open_file(struct rate *rate)
{
    struct file_info info;
    uint64_t next_us;
    rate->file = cli_file_open(rate->path, FILE_UPDATE);
    if (rate->file < 0 || !cli_file_info_of(rate->file, &info))
        return fail_system(rate);
    if (info.kind != FILE_REGULAR)
        return fail(rate, "is not a regular file");
    return read_next(rate, &next_us);
}

/* ---- Slots ------------------------------------------------------------------ */

struct rate *
cli_rate_open(uint32_t per_minute, const char *path)
{
    struct rate *rate = cli_resize(NULL, 1, sizeof *rate);
    memset(rate, 0, sizeof *rate);
    rate->file = -1;
    rate->path = path;
    if (per_minute > 0)
        rate->spacing_us = (MINUTE_US + LATE_US + per_minute - 1) / per_minute;
    if (path == NULL || open_file(rate))
        return rate;
    cli_rate_close(rate);
    return NULL;
}

/* Milliseconds until a slot starts; 0: it is used now. A slot in the future is kept, so
   that the file is not read again until it starts. */
static uint32_t
wait_for_slot_ms(struct rate *rate, uint64_t now_us)
{
    uint64_t slot_us = rate->slot_us;
    if (rate->spacing_us == 0)
        return 0;
    if (slot_us == 0 || slot_us + VALID_US < now_us ||
        slot_us > now_us + AHEAD_MAX_US + CLOCK_SKEW_US)
        slot_us = rate->slot_us = acquire_next(rate, now_us);
    if (rate->failed)
        return UINT32_MAX;
    if (slot_us == 0)
        return (uint32_t)(1 + now_us % (rate->busy_us != 0 ? RETRY_BUSY_MS
                                                           : RETRY_SPREAD_MS));
    if (slot_us > now_us)
        return (uint32_t)((slot_us - now_us + 999) / 1000);
    rate->slot_us = 0;
    return 0;
}

uint32_t
cli_rate_acquire(struct rate *rate)
{
    uint64_t now_us = read_clock_us(rate);
    uint32_t wait_ms = wait_for_slot_ms(rate, now_us);
    if (wait_ms == 0) {
        rate->unused++;
        rate->acquired_us = now_us;
    }
    return wait_ms;
}

/* A slot that was not used within VALID_US, because the service asked to wait, is lost.
 */
uint32_t
cli_rate_admit(void *user)
{
    struct rate *rate = user;
    uint64_t now_us = read_clock_us(rate);
    if (rate->unused > 0 && now_us - rate->acquired_us < VALID_US) {
        rate->unused--;
        return 0;
    }
    rate->unused = 0;
    return wait_for_slot_ms(rate, now_us);
}

bool
cli_rate_failed(const struct rate *rate)
{
    return rate->failed;
}

void
cli_rate_close(struct rate *rate)
{
    if (rate == NULL)
        return;
    if (rate->file >= 0)
        cli_file_close(rate->file);
    free(rate);
}
