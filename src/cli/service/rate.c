/* rate.c - so many attempts per minute, alone or shared with other processes */
#include "service/rate.h"

#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LATE_US = 100000,     /* a turn used so late does not move those behind it */
    MINUTE_US = 60000000, /* plus LATE_US: no minute sees a turn too many */
    AHEAD_US = 30000000,  /* no turn is taken further ahead: its taker may die */
    APART_US = 30000000,  /* as far as clocks of several machines may be apart */
    HAND_US = 1000000,    /* then a turn is over */
    SPREAD_MS = 50,       /* so that not all come back at once */
    BUSY_MS = 5,
    BUSY_SAY_US = 10000000
};

/* The file: this, and 20 digits: when the next turn is, in microseconds since 1970. */
static const char head[] = "klingrec turns 1 ";
enum { HEAD = sizeof head - 1, RECORD = HEAD + 21 };

struct rate {
    uint64_t spacing_us; /* 0: no limit */
    uint64_t next_us;    /* the first turn that nobody has, without a file */
    uint64_t turn_us;    /* ours, which is to come; 0: none */
    uint64_t given_us;   /* when cli_rate_take() last gave one */
    uint64_t busy_us;    /* since when somebody else has the lock; 0: not */
    uint32_t in_hand;    /* turns given and not used yet */
    const char *path;
    int file; /* -1: none */
    bool failed;
};

/* With a file since 1970, for only this means the same on every machine. */
static uint64_t
now_us(const struct rate *rate)
{
    struct timespec now;
    (void)clock_gettime(rate->file >= 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- The schedule ----------------------------------------------------------- */

/* The turn at *next is the caller's from now on, and *next the one behind it. 0: it is
   too far ahead to be taken. */
static uint64_t
take_from(uint64_t *next, uint64_t now, uint64_t spacing)
{
    /* Nobody puts it further off than this: a clock was or is wrong. */
    if (*next > now + AHEAD_US + spacing + APART_US)
        *next = now;
    if (*next > now + AHEAD_US)
        return 0;
    uint64_t turn = *next + LATE_US < now ? now : *next;
    *next = turn + spacing;
    return turn;
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

/* An empty file is one that nobody has used yet. */
static bool
read_next(struct rate *rate, uint64_t *next)
{
    char record[RECORD + 2] = "";
    ssize_t len = pread(rate->file, record, sizeof record - 1, 0);
    *next = 0;
    if (len < 0)
        return fail_system(rate);
    if (len == 0)
        return true;
    if (len != RECORD || memcmp(record, head, HEAD) != 0 ||
        strspn(record + HEAD, "0123456789") != 20 || record[RECORD - 1] != '\n')
        return fail(rate,
                    "is not a klingrec rate file; name a file that does not exist yet");
    *next = strtoull(record + HEAD, NULL, 10);
    return true;
}

static bool
write_next(struct rate *rate, uint64_t next)
{
    char record[RECORD + 1];
    snprintf(record, sizeof record, "%s%020" PRIu64 "\n", head, next);
    return pwrite(rate->file, record, RECORD, 0) == RECORD || fail_system(rate);
}

/* Of the whole file. The system takes it back from whoever dies. */
static bool
lock(const struct rate *rate, short type)
{
    struct flock all;
    memset(&all, 0, sizeof all);
    all.l_type = type;
    all.l_whence = SEEK_SET;
    return fcntl(rate->file, F_SETLK, &all) == 0;
}

/* A process that is stopped while it holds the lock blocks all others: say why. */
static void
say_busy(struct rate *rate, uint64_t now)
{
    if (rate->busy_us == 0)
        rate->busy_us = now;
    if (now - rate->busy_us < BUSY_SAY_US)
        return;
    cli_say_warning("--rate-file: another process has kept '%s' locked for %d s",
                    rate->path, BUSY_SAY_US / 1000000);
    rate->busy_us = now;
}

/* Of the locked file. */
static uint64_t
take_locked(struct rate *rate, uint64_t now)
{
    struct stat info;
    uint64_t next, turn;
    if (!read_next(rate, &next))
        return 0;
    /* Others would make a new one, and so would everybody have all turns. */
    if (fstat(rate->file, &info) == 0 && info.st_nlink == 0) {
        (void)fail(rate, "was removed while it was in use");
        return 0;
    }
    turn = take_from(&next, now, rate->spacing_us);
    return turn != 0 && write_next(rate, next) ? turn : 0;
}

/* 0: there is none to be had now. */
static uint64_t
take_turn(struct rate *rate, uint64_t now)
{
    if (rate->file < 0)
        return take_from(&rate->next_us, now, rate->spacing_us);
    if (!lock(rate, F_WRLCK)) {
        if (errno == EAGAIN || errno == EACCES)
            say_busy(rate, now);
        else
            (void)fail_system(rate);
        return 0;
    }
    rate->busy_us = 0;
    uint64_t turn = take_locked(rate, now);
    (void)lock(rate, F_UNLCK);
    return turn;
}

static bool
open_file(struct rate *rate)
{
    struct stat info;
    uint64_t next;
    /* Without waiting: opening a pipe that nobody reads would hang for ever. */
    rate->file = open(rate->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (rate->file < 0 || fstat(rate->file, &info) != 0)
        return fail_system(rate);
    if (!S_ISREG(info.st_mode))
        return fail(rate, "is no regular file");
    return read_next(rate, &next);
}

/* ---- Turns ------------------------------------------------------------------ */

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

/* Once we have a turn, nobody is asked again until it comes. */
static uint32_t
ask(struct rate *rate, uint64_t now)
{
    uint64_t turn = rate->turn_us;
    if (rate->spacing_us == 0)
        return 0;
    if (turn == 0 || turn + HAND_US < now || turn > now + AHEAD_US + APART_US)
        turn = rate->turn_us = take_turn(rate, now);
    if (rate->failed)
        return UINT32_MAX;
    if (turn == 0)
        return (uint32_t)(1 + now % (rate->busy_us != 0 ? BUSY_MS : SPREAD_MS));
    if (turn > now)
        return (uint32_t)((turn - now + 999) / 1000);
    rate->turn_us = 0;
    return 0;
}

uint32_t
cli_rate_take(struct rate *rate)
{
    uint64_t now = now_us(rate);
    uint32_t wait_ms = ask(rate, now);
    if (wait_ms == 0) {
        rate->in_hand++;
        rate->given_us = now;
    }
    return wait_ms;
}

/* A turn that the library could not use at once, because the service told it to wait,
   is a turn of the past. */
uint32_t
cli_rate_admit(void *user)
{
    struct rate *rate = user;
    uint64_t now = now_us(rate);
    if (rate->in_hand > 0 && now - rate->given_us < HAND_US) {
        rate->in_hand--;
        return 0;
    }
    rate->in_hand = 0;
    return ask(rate, now);
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
        close(rate->file);
    free(rate);
}
