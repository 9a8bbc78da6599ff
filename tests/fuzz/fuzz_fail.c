/* fuzz_fail.c - reports a broken promise */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void
fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}
