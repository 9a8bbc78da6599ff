/* SPDX-License-Identifier: MIT */
/* command_posix.c - runs a command by /bin/sh */
#include "base/command.h"

#include "base/clock.h"
#include "base/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_MS = 20, GRACE_MS = 1000 };

extern char **environ;

/* This program ignores two signals; the command must not. Returns 0 or an errno value.
 */
static int
start(const char *command, int out, pid_t *child)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t reset;
    (void)sigemptyset(&reset);
    (void)sigaddset(&reset, SIGPIPE);
    (void)sigaddset(&reset, SIGXFSZ);
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attr);
    if (error == 0) {
        (void)posix_spawnattr_setsigdefault(&attr, &reset);
        (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
        error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&files, out, 1);
        if (error == 0)
            error = posix_spawn(child, "/bin/sh", &files, &attr, argv, environ);
        (void)posix_spawnattr_destroy(&attr);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Waits up to ms for output, and reads what is there. False: there will be none. */
static bool
read_some(int in, int ms, char *buf, size_t size, size_t *len)
{
    struct pollfd ready = {in, POLLIN, 0};
    if (*len == size)
        return false;
    if (poll(&ready, 1, ms) <= 0)
        return true;
    ssize_t n = read(in, buf + *len, size - *len);
    if (n > 0)
        *len += (size_t)n;
    return n > 0 || (n < 0 && errno == EINTR);
}

static bool
has_ended(pid_t child, int *status)
{
    return waitpid(child, status, WNOHANG) != 0;
}

static void
end(pid_t child, int *status)
{
    (void)kill(child, SIGTERM);
    for (int ms = 0; ms < GRACE_MS; ms += STEP_MS) {
        if (has_ended(child, status))
            return;
        cli_interrupt_sleep(STEP_MS);
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, status, 0);
}

/* A program that the command left behind may keep the pipe open: the end of the command
   is the end of its output, too. */
static enum child_end
await(pid_t child, int in, int64_t until_ms, char *buf, size_t size, size_t *len,
      int *code)
{
    int status = 0;
    bool more = true, ended = false;
    while (!ended && cli_now_ms() < until_ms && !cli_interrupted()) {
        ended = has_ended(child, &status);
        if (more)
            more = read_some(in, ended ? 0 : STEP_MS, buf, size, len);
        else if (*len == size)
            break; /* it may wait for us to read more */
        else if (!ended)
            cli_interrupt_sleep(STEP_MS);
    }
    while (ended && more) {
        size_t before = *len;
        more = read_some(in, 0, buf, size, len) && *len > before;
    }
    if (!ended)
        end(child, &status);
    if (!ended && *len < size)
        return cli_interrupted() ? CHILD_INTERRUPTED : CHILD_LATE;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return *len < size && *code != 0 ? CHILD_FAILED : CHILD_DONE;
}

enum child_end
cli_command_run(const char *command, int limit_ms, char *buf, size_t size, size_t *len,
                int *code)
{
    int ends[2];
    pid_t child = 0;
    *len = 0;
    *code = 0;
    if (pipe(ends) != 0)
        return CHILD_UNSTARTED;
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    (void)signal(SIGCHLD, SIG_DFL); /* while it is ignored, exit codes are lost */
    int error = start(command, ends[1], &child);
    (void)close(ends[1]);
    enum child_end how = CHILD_UNSTARTED;
    if (error == 0)
        how = await(child, ends[0], cli_now_ms() + limit_ms, buf, size, len, code);
    (void)close(ends[0]);
    errno = error;
    return how;
}
