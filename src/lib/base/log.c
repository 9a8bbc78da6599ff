/* SPDX-License-Identifier: MIT */
/* log.c - one line at a time to the host's log callback */
#include "base/build.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void
klr_log_write(const klr_log *log, uint32_t level, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (log->fn == NULL || level > log->level)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->fn(log->user, level, line);
}
