/* progress.c - one line on a terminal that says how far it is */
#include "base/progress.h"

#include "base/clock.h"
#include "base/screen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Who is done at once needs no line. */
enum { BETWEEN_MS = 200, FIRST_MS = 700 };

static bool active;
static size_t total;
static size_t shown; /* columns on the screen now */
static int64_t began;
static int64_t last;
static size_t known;        /* done when a number was new */
static int64_t known_after; /* ms since the beginning */

void
cli_progress_begin(size_t all, bool quiet)
{
    const char *term = getenv("TERM");
    struct screen screen = cli_screen_of(stderr, COLOR_NEVER);
    active = !quiet && screen.width > 0 && all > 1 && term != NULL && term[0] != '\0' &&
             strcmp(term, "dumb") != 0;
    total = all;
    shown = 0;
    known = 0;
    known_after = 0;
    began = cli_now_ms();
    last = began + FIRST_MS - BETWEEN_MS;
}

/* LINE in the place of what is shown, in one write: nothing flickers. A window that
   became narrower has broken the old line: its upper parts go too. */
static void
replace_by(const char *line, size_t width)
{
    char up[24] = "";
    if (width > 0 && shown > width)
        snprintf(up, sizeof up, "\033[%uA", (unsigned)((shown - 1) / width));
    if (shown > 0)
        fprintf(stderr, "\r%s\033[J%s", up, line);
    else
        fputs(line, stderr);
    fflush(stderr);
    shown = strlen(line); /* of ASCII, so columns too */
}

void
cli_progress_hide(void)
{
    if (shown == 0)
        return;
    replace_by("", cli_screen_of(stderr, COLOR_NEVER).width);
    last -= BETWEEN_MS;
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

/* As it was when the last one was done, and counting down since, though by no more than
   one image takes: while none ends, no figure runs away. */
static int64_t
seconds_left(size_t done)
{
    int64_t spent = known_after;
    int64_t each = spent / (int64_t)done;
    int64_t since = cli_now_ms() - began - spent;
    int64_t left = spent * (int64_t)(total - done) / (int64_t)done;
    left -= since < each ? since : each;
    return left > 0 ? (left + 999) / 1000 : 0;
}

/* The longest of three forms that leaves the last column free. */
static void
put_line(char *line, size_t size, size_t done, size_t failed, size_t width)
{
    char left[24] = "?";
    if (done != known)
        known_after = cli_now_ms() - began;
    known = done;
    int64_t per_minute = known_after > 0 ? (int64_t)done * 60000 / known_after : 0;
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
    if (!active || cli_now_ms() - last < BETWEEN_MS)
        return;
    size_t width = cli_screen_of(stderr, COLOR_NEVER).width;
    put_line(line, sizeof line, done, failed, width < sizeof line ? width : 200);
    replace_by(line, width);
    last = cli_now_ms();
}

void
cli_progress_end(void)
{
    cli_progress_hide();
    active = false;
}
