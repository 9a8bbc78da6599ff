/* SPDX-License-Identifier: MIT */
/*
 * weigh.c - run a program and print what it took
 *
 *     weigh PROGRAM [ARGUMENT]...
 *
 * A small program of its own, because a child begins with the peak memory of the
 * process that forked it, which would be that of a Python interpreter. One line:
 * seconds by the wall clock, seconds of user and system time, peak KiB, status. What
 * the program's own children took is counted in.
 */
#define _DEFAULT_SOURCE /* wait4 */

#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double
wall(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int
main(int argc, char **argv)
{
    struct rusage used;
    int status = 0;

    if (argc < 2)
        return 2;
    double start = wall();
    pid_t pid = fork();
    if (pid == 0) {
        (void)execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
        return 2;
    printf("%.6f %.6f %.6f %ld %d\n", wall() - start, seconds(used.ru_utime),
           seconds(used.ru_stime), used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
