/* SPDX-License-Identifier: MIT */
/* screen.c - the terminal: its width, colours and character set */
#include "base/screen.h"

#include "base/host.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 20, WIDTH_MAX = 1000 };

static size_t
bounded(size_t width)
{
    return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

static size_t
terminal_width(int fd)
{
    size_t width = cli_host_columns(fd);
    if (width > 0)
        return bounded(width);
    const char *columns = getenv("COLUMNS");
    width = columns != NULL ? strtoul(columns, NULL, 10) : 0;
    return width > 0 ? bounded(width) : WIDTH_DEFAULT;
}

struct screen
cli_screen_of(FILE *file, enum color_wish wish)
{
    struct screen screen = {file, 0, wish == COLOR_ALWAYS, false, false};
    int fd = fileno(file);
    if (!cli_host_is_terminal(fd))
        return screen;
    const char *no_color = getenv("NO_COLOR");
    screen.width = terminal_width(fd);
    screen.ascii = !cli_host_shows_utf8();
    screen.controls = cli_host_shows_controls(fd);
    if (wish == COLOR_AUTO)
        screen.color = screen.controls && (no_color == NULL || no_color[0] == '\0');
    return screen;
}

void
cli_screen_begin(const struct screen *screen, const char *sgr)
{
    if (screen->color && sgr != NULL)
        fprintf(screen->file, "\033[%sm", sgr);
}

void
cli_screen_end(const struct screen *screen, const char *sgr)
{
    if (screen->color && sgr != NULL)
        fputs("\033[0m", screen->file);
}

/* The number of bytes of safe that fit into the columns left on a line. is_empty: the
   line is empty, so a word that is too long goes beyond its end: a path or a name can
   be copied only if it is whole. */
static size_t
line_length(const char *safe, size_t columns, bool is_empty)
{
    size_t fits = cli_utf8_fit(safe, columns);
    if (safe[fits] == '\0' || safe[fits] == ' ')
        return fits;
    for (size_t at = fits; at > 0; at--)
        if (safe[at - 1] == ' ')
            return at - 1;
    return is_empty ? strcspn(safe, " ") : 0;
}

void
cli_screen_wrap(const struct screen *screen, const char *safe, size_t at, size_t indent)
{
    size_t width = screen->width;
    if (indent + 10 > width)
        indent = 0;
    for (bool is_empty = false; width > 0 && *safe != '\0'; is_empty = true) {
        size_t left = at < width ? width - at : 0;
        size_t len = line_length(safe, left, is_empty);
        fwrite(safe, 1, len, screen->file);
        safe += len;
        while (*safe == ' ')
            safe++;
        if (*safe == '\0')
            break;
        fprintf(screen->file, "\n%*s", (int)indent, "");
        at = indent;
    }
    fputs(safe, screen->file);
    fputc('\n', screen->file);
    if (screen->file == stderr)
        (void)fflush(stderr); /* the console of Windows is buffered */
}
