/* SPDX-License-Identifier: MIT */
/* slurp.c - read a whole file */
#include "base/slurp.h"

#include "base/files.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/say.h"

#include <errno.h>
#include <string.h>

static bool
read_all(struct text *text, int file)
{
    char part[65536];
    cli_text_add(text, "", 0);
    while (!cli_interrupted()) {
        ptrdiff_t n = cli_file_read(file, part, sizeof part);
        if (n == 0)
            return true;
        if (n > 0)
            cli_text_add(text, part, (size_t)n);
        else if (errno != EINTR)
            return false;
    }
    return false;
}

bool
cli_slurp(struct text *text, const char *name, const char *what)
{
    bool is_stdin = strcmp(name, "-") == 0;
    cli_interrupt_reads(true);
    int file = is_stdin ? HOST_STDIN : cli_file_open(name, FILE_READ);
    bool good = file >= 0 && read_all(text, file);
    int error = errno;
    cli_interrupt_reads(false);
    if (!good && !cli_interrupted())
        cli_say_error("%s: '%s' cannot be read: %s", what, name, strerror(error));
    if (file >= 0 && !is_stdin)
        cli_file_close(file);
    return good;
}
