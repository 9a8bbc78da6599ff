/* output.c - standard output, whose failures are not overlooked */
#include "output.h"

#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool failed;

static bool
fail(int error)
{
    if (!failed)
        say_error("the output cannot be written: %s",
                  error != 0 ? strerror(error) : "write error");
    failed = true;
    return false;
}

bool
output_flush(void)
{
    if (failed)
        return false;
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail(errno);
    return true;
}

bool
output_close(void)
{
    bool good = output_flush();
    errno = 0;
    if (fclose(stdout) != 0 && good)
        return fail(errno);
    return good;
}
