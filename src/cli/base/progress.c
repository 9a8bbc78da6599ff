/* SPDX-License-Identifier: MIT */
/* progress.c - a progress line on a terminal */
#include "base/progress.h"

#include "base/clock.h"
#include "base/screen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A run that ends before FIRST_MS shows no line. */
enum { INTERVAL_MS = 200, FIRST_MS = 700 };

static bool active;
static size_t total;
static size_t shown; /* columns on the screen now */
static int64_t start_ms;
static int64_t last_ms;      /* when the line was last written */
static size_t last_done;     /* the count of the last line */
static int64_t last_done_ms; /* when that count was new, since the start */

void
cli_progress_begin(size_t all, bool quiet)
{
    struct screen screen = cli_screen_of(stderr, COLOR_NEVER);
    active = !quiet && screen.controls && all > 1;
    total = all;
    shown = 0;
    last_done = 0;
    last_done_ms = 0;
    start_ms = cli_now_ms();
    last_ms = start_ms + FIRST_MS - INTERVAL_MS;
}

/* Replaces the shown line in one write, so that nothing flickers. If the window became
   narrower, the old line was wrapped and takes several rows: all are erased. */
static void
replace_line(const char *line, size_t width)
{
    char up[24] = "";
    if (width > 0 && shown > width)
        snprintf(up, sizeof up, "\033[%uA", (unsigned)((shown - 1) / width));
    if (shown > 0)
        fprintf(stderr, "\r%s\033[J%s", up, line);
    else
        fputs(line, stderr);
    fflush(stderr);
    shown = strlen(line); /* ASCII: one column per byte */
}

void
cli_progress_hide(void)
{
    if (shown == 0)
        return;
    replace_line("", cli_screen_of(stderr, COLOR_NEVER).width);
    last_ms -= INTERVAL_MS;
}

static void
put_time(char *buf, size_t size, int64_t seconds)
{
    if (seconds >= 3600)
        snprintf(buf, size, "%d:%02d:%02d", (int)(seconds / 3600 % 10000),
                 (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        snprintf(buf, size, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

/* The estimate is made when an image finishes. It then counts down, but by no more than
   the mean time of one image, so that it stays plausible while no image finishes. */
static int64_t
seconds_left(size_t done)
{
    int64_t spent_ms = last_done_ms;
    int64_t mean_ms = spent_ms / (int64_t)done;
    int64_t since_ms = cli_now_ms() - start_ms - spent_ms;
    int64_t left_ms = spent_ms * (int64_t)(total - done) / (int64_t)done;
    left_ms -= since_ms < mean_ms ? since_ms : mean_ms;
    return left_ms > 0 ? (left_ms + 999) / 1000 : 0;
}

/* The longest of three forms that fits and leaves the last column free. */
static void
put_line(char *line, size_t size, size_t done, size_t failed, size_t width)
{
    char left[24] = "?";
    if (done != last_done)
        last_done_ms = cli_now_ms() - start_ms;
    last_done = done;
    int64_t per_minute = last_done_ms > 0 ? (int64_t)done * 60000 / last_done_ms : 0;
    if (done > 0)
        put_time(left, sizeof left, seconds_left(done));
    int percent = (int)(done * 100 / total);
    int len =
        snprintf(line, size, "%zu of %zu (%d%%), %zu failed, %lld per minute, %s left",
                 done, total, percent, failed, (long long)per_minute, left);
    if (len >= (int)width)
        len = snprintf(line, size, "%zu/%zu, %zu failed, %lld/min, %s", done, total,
                       failed, (long long)per_minute, left);
    if (len >= (int)width)
        snprintf(line, width, "%zu/%zu %d%%", done, total, percent);
}

void
cli_progress_show(size_t done, size_t failed)
{
    char line[200];
    if (!active || cli_now_ms() - last_ms < INTERVAL_MS)
        return;
    size_t width = cli_screen_of(stderr, COLOR_NEVER).width;
    put_line(line, sizeof line, done, failed, width < sizeof line ? width : 200);
    replace_line(line, width);
    last_ms = cli_now_ms();
}

void
cli_progress_end(void)
{
    cli_progress_hide();
    active = false;
}
