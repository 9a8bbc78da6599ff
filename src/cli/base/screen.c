/* screen.c - what the output goes to: its width, colours and characters */
#include "base/screen.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 20, WIDTH_MOST = 1000 };

static size_t
bounded(unsigned long width)
{
    return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

static size_t
terminal_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return bounded(size.ws_col);
    const char *columns = getenv("COLUMNS");
    unsigned long width = columns != NULL ? strtoul(columns, NULL, 10) : 0;
    return width > 0 ? bounded(width) : WIDTH_DEFAULT;
}

static const char *
variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The order in which the C library itself asks for the locale. */
static bool
knows_utf8(void)
{
    const char *locale = variable("LC_ALL");
    if (locale == NULL)
        locale = variable("LC_CTYPE");
    if (locale == NULL)
        locale = variable("LANG");
    return locale != NULL &&
           (strstr(locale, "UTF-8") != NULL || strstr(locale, "utf8") != NULL ||
            strstr(locale, "utf-8") != NULL || strstr(locale, "UTF8") != NULL);
}

struct screen
cli_screen_of(FILE *file, enum color_wish wish)
{
    struct screen screen = {file, 0, wish == COLOR_ALWAYS, false};
    int fd = fileno(file);
    if (!isatty(fd))
        return screen;
    const char *term = variable("TERM");
    bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    screen.width = terminal_width(fd);
    screen.ascii = !knows_utf8();
    if (wish == COLOR_AUTO)
        screen.color = !dumb && variable("NO_COLOR") == NULL;
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

/* Bytes of safe that go on a line with so many columns left; fresh: it is empty. */
static size_t
line_length(const char *safe, size_t columns, bool fresh)
{
    size_t fits = cli_utf8_fit(safe, columns);
    if (safe[fits] == '\0' || safe[fits] == ' ')
        return fits;
    for (size_t at = fits; at > 0; at--)
        if (safe[at - 1] == ' ')
            return at - 1;
    return fresh && fits > 0 ? fits : 0;
}

void
cli_screen_wrap(const struct screen *screen, const char *safe, size_t at, size_t indent)
{
    size_t width = screen->width;
    if (indent + 10 > width)
        indent = 0;
    for (bool fresh = false; width > 0 && *safe != '\0'; fresh = true) {
        size_t left = at < width ? width - at : 0;
        size_t len = line_length(safe, left, fresh);
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
}
