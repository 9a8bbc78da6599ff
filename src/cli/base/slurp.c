/* slurp.c - read a whole file */
#include "base/slurp.h"

#include "base/interrupt.h"
#include "base/say.h"

#include <errno.h>
#include <string.h>

bool
cli_slurp_stream(struct text *text, FILE *file)
{
    char part[65536];
    size_t n;
    cli_text_add(text, "", 0);
    while ((n = fread(part, 1, sizeof part, file)) > 0 && !cli_interrupted())
        cli_text_add(text, part, n);
    return ferror(file) == 0 && !cli_interrupted();
}

bool
cli_slurp(struct text *text, const char *name, const char *what)
{
    bool is_stdin = strcmp(name, "-") == 0;
    cli_interrupt_reads(true);
    FILE *file = is_stdin ? stdin : fopen(name, "rb");
    errno = file != NULL ? 0 : errno;
    bool good = file != NULL && cli_slurp_stream(text, file);
    cli_interrupt_reads(false);
    if (!good && !cli_interrupted())
        cli_say_error("%s: '%s' cannot be read: %s", what, name,
                      errno != 0 ? strerror(errno) : "read error");
    if (file != NULL && !is_stdin)
        fclose(file);
    return good;
}
