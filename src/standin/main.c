/* SPDX-License-Identifier: MIT */
/* main.c - start-up of klingrec-standin */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, BACKLOG = 4096 };

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* The signals are blocked except in pselect(), so that none is lost. */
static void
catch_signals(sigset_t *wait_mask)
{
    struct sigaction action;
    sigset_t blocked;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, wait_mask);
    sigdelset(wait_mask, SIGTERM);
    sigdelset(wait_mask, SIGINT);
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t
make_address(const struct options *options, union address *address)
{
    memset(address, 0, sizeof *address);
    if (options->ipv6) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_addr = in6addr_loopback;
        address->v6.sin6_port = htons((uint16_t)options->port);
        return sizeof address->v6;
    }
    address->v4.sin_family = AF_INET;
    address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->v4.sin_port = htons((uint16_t)options->port);
    return sizeof address->v4;
}

/* Listens on the loopback interface only. Returns a descriptor, or -1 with errno. */
static int
listen_on_loopback(const struct options *options, uint16_t *port)
{
    union address address;
    socklen_t len = make_address(options, &address);
    int yes = 1;
    int fd = socket(address.any.sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, &address.any, len) == 0 && listen(fd, BACKLOG) == 0 &&
        getsockname(fd, &address.any, &len) == 0) {
        *port = ntohs(options->ipv6 ? address.v6.sin6_port : address.v4.sin_port);
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Tests wait for this file, so it is written under another name and renamed. */
static bool
write_port_file(const char *path, uint16_t port)
{
    char temporary[4096];
    int len = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *file = fopen(temporary, "w");
    if (file == NULL)
        return false;
    bool good = fprintf(file, "%u\n", port) > 0;
    good = fclose(file) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return true;
    int error = errno;
    remove(temporary);
    errno = error;
    return false;
}

static int
serve(const struct options *options, pid_t parent)
{
    static struct server server;
    sigset_t wait_mask;
    uint16_t port = 0;
    int fd = listen_on_loopback(options, &port);
    if (fd < 0) {
        fprintf(stderr, "klingrec-standin: port %u: %s\n", options->port,
                strerror(errno));
        return EXIT_FAILED;
    }
    catch_signals(&wait_mask);
    bool started = standin_server_start(&server, options, parent, fd, port);
    if (!started)
        close(fd);
    if (started && options->port_file != NULL &&
        !write_port_file(options->port_file, port)) {
        fprintf(stderr, "klingrec-standin: --port-file '%s': %s\n", options->port_file,
                strerror(errno));
        started = false;
    }
    if (started) {
        printf("klingrec-standin: listening on %s\n", server.origin);
        fflush(stdout);
        standin_server_run(&server, &stop, &wait_mask);
    }
    standin_server_stop(&server);
    return started ? 0 : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
    struct options options;
    /* First of all, because the parent may end at any time. */
    const pid_t parent = getppid();
    if (!standin_options_parse(argc, argv, &options))
        return EXIT_USAGE;
    if (options.help)
        standin_options_help(stdout);
    else if (options.version)
        puts("klingrec-standin " STANDIN_VERSION);
    else if (options.list_answers)
        standin_answers_list(stdout);
    else
        return serve(&options, parent);
    return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}
