/* SPDX-License-Identifier: MIT */
/* say.c - messages on standard error */
#include "base/say.h"

#include "base/progress.h"
#include "base/utf8.h"

#include <stdarg.h>

static enum color_wish color_wish = COLOR_NEVER;
static bool is_quiet;

void
cli_say_setup(enum color_wish wish, bool quiet)
{
    color_wish = wish;
    is_quiet = quiet;
}

SAY_FORMAT(3, 0)
static void
say(const char *label, const char *sgr, const char *format, va_list args)
{
    char line[8192]; /* a path of up to 4096 bytes, and a reason */
    struct text safe = {0};
    struct screen screen = cli_screen_of(stderr, color_wish);

    cli_progress_hide();
    (void)vsnprintf(line, sizeof line, format, args);
    cli_utf8_add_safe(&safe, line, screen.ascii);
    fputs("klingrec: ", stderr);
    cli_screen_begin(&screen, sgr);
    fputs(label, stderr);
    cli_screen_end(&screen, sgr);
    cli_screen_wrap(&screen, safe.at, sizeof "klingrec: " - 1 + cli_utf8_columns(label),
                    2);
    cli_text_free(&safe);
}

void
cli_say_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("error: ", SCREEN_RED, format, args);
    va_end(args);
}

void
cli_say_warning(const char *format, ...)
{
    va_list args;
    if (is_quiet)
        return;
    va_start(args, format);
    say("warning: ", SCREEN_YELLOW, format, args);
    va_end(args);
}

void
cli_say_note(const char *format, ...)
{
    va_list args;
    if (is_quiet)
        return;
    va_start(args, format);
    say("", NULL, format, args);
    va_end(args);
}
