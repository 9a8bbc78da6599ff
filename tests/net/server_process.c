/* SPDX-License-Identifier: MIT */
/* server_process.c - the stand-in as a child process */
#define _POSIX_C_SOURCE 200809L

#include "server_process.h"

#include "net.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 65536, ARGUMENTS_MAX = 12 };

static void
give_up(const char *what)
{
    perror(what);
    exit(2);
}

/* A stream with the output of the program. */
static FILE *
start(const char *const *arguments, pid_t *pid)
{
    union {
        const char *const *in;
        char *const *out;
    } argv = {arguments};
    int ends[2];
    if (pipe(ends) != 0 || (*pid = fork()) < 0)
        give_up("net: a process");
    if (*pid == 0) {
        (void)dup2(ends[1], 1);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execv(arguments[0], argv.out);
        _exit(127);
    }
    (void)close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (out == NULL)
        give_up("net: a pipe");
    return out;
}

void
program_start(program *started, const char *path, const char *cert_file,
              const char *key_file)
{
    const char *arguments[ARGUMENTS_MAX] = {
        path,      "--exit-with-parent", "--key", NET_KEY, "--cert",
        cert_file, "--key-pem",          key_file};
    char line[256] = "";
    if (cert_file == NULL)
        arguments[4] = NULL;
    FILE *out = start(arguments, &started->pid);
    const char *at = fgets(line, sizeof line, out);
    at = at != NULL ? strstr(line, "listening on ") : NULL;
    if (at == NULL || sscanf(at, "listening on %63s", started->origin) != 1) {
        fprintf(stderr, "net: %s did not start: %s\n", path, line);
        exit(2);
    }
    (void)fclose(out);
}

void
program_stop(program *started)
{
    (void)kill(started->pid, SIGTERM);
    (void)waitpid(started->pid, NULL, 0);
}

char *
program_output(const char *path, const char *argument)
{
    const char *arguments[ARGUMENTS_MAX] = {path, argument};
    pid_t pid;
    char *text = calloc(1, OUTPUT_MAX);
    FILE *out = start(arguments, &pid);
    if (text == NULL)
        give_up("net: memory");
    (void)!fread(text, 1, OUTPUT_MAX - 1, out);
    (void)fclose(out);
    (void)waitpid(pid, NULL, 0);
    return text;
}

const char *
program_ask(const program *started, const char *request)
{
    static char answer[OUTPUT_MAX];
    struct sockaddr_in at;
    size_t len = 0;
    ssize_t n = 1;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)strtoul(strrchr(started->origin, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        write(fd, request, strlen(request)) != (ssize_t)strlen(request))
        give_up("net: the stand-in");
    while (n > 0 && len < sizeof answer - 1) {
        n = read(fd, answer + len, sizeof answer - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    answer[len] = '\0';
    (void)close(fd);
    return answer;
}
