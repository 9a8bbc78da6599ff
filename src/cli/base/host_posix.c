/* SPDX-License-Identifier: MIT */
/* host_posix.c - standard streams, environment and terminal by POSIX calls */
#include "base/host.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* If a standard descriptor is closed, a journal or a connection could get its number,
   and output would be written into it. So closed ones are opened here in a way that
   makes their use fail. */
void
cli_host_begin(void)
{
    for (int fd = 0; fd <= HOST_STDERR; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == HOST_STDIN ? O_WRONLY : O_RDONLY);
}

bool
cli_host_is_terminal(int file)
{
    return isatty(file) != 0;
}

size_t
cli_host_columns(int file)
{
    struct winsize size;
    return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static const char *
variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* In the order in which the C library looks for the locale. */
bool
cli_host_shows_utf8(void)
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

bool
cli_host_shows_controls(int file)
{
    const char *term = variable("TERM");
    (void)file;
    return term != NULL && strcmp(term, "dumb") != 0;
}

size_t
cli_host_variable(const char *name, char *buf, size_t size)
{
    const char *value = variable(name);
    size_t len = value != NULL ? strlen(value) : 0;
    if (len > 0)
        memcpy(buf, value, len < size ? len : size);
    return len;
}

bool
cli_host_is_set(const char *name)
{
    return getenv(name) != NULL;
}

void
cli_host_unset(const char *name)
{
    (void)unsetenv(name);
}

size_t
cli_host_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
}

/* A job opens a file and, while it connects, up to two sockets. 1024 files are enough
   for all jobs, and no more than what select() can handle in a program that this one
   runs. */
size_t
cli_host_jobs_max(void)
{
    enum { FILES_WANTED = 1024, FILES_OTHER = 32, FILES_OF_JOB = 3 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return SIZE_MAX;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    if (before >= FILES_WANTED || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before;
    if (limit.rlim_cur < FILES_OTHER + FILES_OF_JOB)
        return 1;
    return (size_t)((limit.rlim_cur - FILES_OTHER) / FILES_OF_JOB);
}
