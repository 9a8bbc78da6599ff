/* SPDX-License-Identifier: MIT */
/* raw_server.c - a server that sends the bytes of a script and can stop at any byte */
#define _GNU_SOURCE /* accept4, pipe2, memmem */

#include "raw_script.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- What is recorded ------------------------------------------------------- */

enum { LOG_MAX = 64 * 1024 * 1024 };

void
raw_log_add(raw_log *log, const void *bytes, size_t len)
{
    if (log->len + len > LOG_MAX)
        return;
    if (log->len + len > log->capacity) {
        size_t capacity = 2 * (log->len + len);
        char *grown = realloc(log->data, capacity);
        if (grown == NULL)
            return;
        log->data = grown;
        log->capacity = capacity;
    }
    memcpy(log->data + log->len, bytes, len);
    log->len += len;
}

bool
raw_log_has_bytes(const raw_log *log, const void *bytes, size_t len)
{
    return log->len > 0 && memmem(log->data, log->len, bytes, len) != NULL;
}

bool
raw_log_has(const raw_log *log, const char *text)
{
    return raw_log_has_bytes(log, text, strlen(text));
}

/* ---- Connections ------------------------------------------------------------ */

static void *
serve(void *user)
{
    raw_connection *c = user;
    struct raw_state *state = c->server->state;

    raw_script_run(c);
    pthread_mutex_lock(&state->lock);
    state->open[c->slot] = -1;
    (void)close(c->fd);
    free(c);
    state->active--;
    state->ends++;
    pthread_cond_broadcast(&state->gone);
    pthread_mutex_unlock(&state->lock);
    return NULL;
}

static const raw_step *
script_of(const raw_scripts *scripts, unsigned number)
{
    size_t last = sizeof scripts->steps / sizeof scripts->steps[0] - 1;
    while (last > 0 && scripts->steps[last] == NULL)
        last--;
    return scripts->steps[number < last ? number : last];
}

/* Under the lock. */
static unsigned
free_slot(const struct raw_state *state)
{
    unsigned slot = 0;
    while (slot < CONNECTIONS_MAX - 1 && state->open[slot] >= 0)
        slot++;
    return slot;
}

static void
begin(raw_server *server, int fd)
{
    struct raw_state *state = server->state;
    raw_connection *c = calloc(1, sizeof *c);
    pthread_attr_t detached;
    pthread_t thread;
    int on = 1;

    if (c == NULL) {
        (void)close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->server = server;
    c->fd = fd;
    pthread_mutex_lock(&state->lock);
    c->number = server->connections++;
    c->steps = script_of(&state->scripts, c->number);
    c->slot = free_slot(state);
    state->open[c->slot] = fd;
    state->active++;
    pthread_mutex_unlock(&state->lock);
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &detached, serve, c) != 0)
        abort();
    (void)pthread_attr_destroy(&detached);
}

static void *
accept_all(void *user)
{
    raw_server *server = user;
    struct raw_state *state = server->state;
    struct pollfd p[2] = {{state->listener, POLLIN, 0}, {state->stop[0], POLLIN, 0}};

    if (state->scripts.deaf)
        p[0].fd = -1;
    do {
        (void)poll(p, 2, -1);
        /* Connections that were made before the stop are still served. */
        for (int fd = -1;
             !state->scripts.deaf &&
             (fd = accept4(state->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
            begin(server, fd);
        if (errno == EINVAL) /* RAW_LEAVE */
            p[0].fd = -1;
    } while ((p[1].revents & POLLIN) == 0);
    return NULL;
}

/* ---- Life ------------------------------------------------------------------- */

/* The address of this machine, with a port. Returns its length. */
static socklen_t
loopback(struct sockaddr_storage *at, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)at;
    memset(at, 0, sizeof *at);
    if (raw_is_ipv6()) {
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4->sin_port = htons(port);
    return sizeof *v4;
}

static bool
listen_here(raw_server *server)
{
    struct raw_state *state = server->state;
    struct sockaddr_storage at;
    socklen_t len = loopback(&at, 0);
    int small = 4096;

    state->listener =
        socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (state->listener < 0)
        return false;
    if (state->scripts.small_window)
        (void)setsockopt(state->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (bind(state->listener, (struct sockaddr *)&at, len) != 0 ||
        listen(state->listener, CONNECTIONS_MAX) != 0 ||
        getsockname(state->listener, (struct sockaddr *)&at, &len) != 0)
        return false;
    server->port = ntohs(raw_is_ipv6() ? ((struct sockaddr_in6 *)&at)->sin6_port
                                       : ((struct sockaddr_in *)&at)->sin_port);
    return true;
}

bool
raw_is_ipv6(void)
{
    const char *text = getenv("NET_IPV6");
    return text != NULL && text[0] != '\0';
}

raw_server *
raw_server_start(const raw_scripts *scripts)
{
    raw_server *server = calloc(1, sizeof *server);
    if (server != NULL)
        server->state = calloc(1, sizeof *server->state);
    if (server == NULL || server->state == NULL)
        abort();
    struct raw_state *state = server->state;
    state->scripts = *scripts;
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
        state->open[i] = -1;
    (void)pthread_mutex_init(&state->lock, NULL);
    (void)pthread_cond_init(&state->gone, NULL);
    if (!listen_here(server) || pipe2(state->stop, O_CLOEXEC) != 0 ||
        pthread_create(&state->acceptor, NULL, accept_all, server) != 0) {
        perror("net: the test server");
        abort();
    }
    return server;
}

void
raw_server_stop(raw_server *server)
{
    struct raw_state *state = server->state;
    if (state == NULL)
        return;
    if (write(state->stop[1], "", 1) != 1)
        abort();
    (void)pthread_join(state->acceptor, NULL);
    pthread_mutex_lock(&state->lock);
    /* Bytes that have arrived can still be read afterwards. */
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
        if (state->open[i] >= 0)
            (void)shutdown(state->open[i], SHUT_RDWR);
    state->stopped = true;
    pthread_cond_broadcast(&state->gone);
    while (state->active > 0)
        (void)pthread_cond_wait(&state->gone, &state->lock);
    pthread_mutex_unlock(&state->lock);
    (void)close(state->listener);
    (void)close(state->stop[0]);
    (void)close(state->stop[1]);
    (void)pthread_mutex_destroy(&state->lock);
    (void)pthread_cond_destroy(&state->gone);
    free(state);
    server->state = NULL;
}

void
raw_server_free(raw_server *server)
{
    if (server == NULL)
        return;
    raw_server_stop(server);
    free(server->clear.data);
    free(server->secret.data);
    free(server);
}

void
raw_server_wait_for_end(const raw_server *server)
{
    struct raw_state *state = server->state;
    pthread_mutex_lock(&state->lock);
    while (state->ends == 0)
        (void)pthread_cond_wait(&state->gone, &state->lock);
    pthread_mutex_unlock(&state->lock);
}

void
raw_server_settle(const raw_server *server)
{
    struct raw_state *state = server->state;
    struct sockaddr_storage at;
    socklen_t len = loopback(&at, server->port);
    char byte;
    /* One more connection, which is accepted after all others. */
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, len) != 0)
        abort();
    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, &byte, 1, 0) > 0)
        continue;
    (void)close(fd);
    pthread_mutex_lock(&state->lock);
    while (state->active > 0)
        (void)pthread_cond_wait(&state->gone, &state->lock);
    pthread_mutex_unlock(&state->lock);
}

unsigned
raw_server_requests(const raw_server *server)
{
    pthread_mutex_lock(&server->state->lock);
    unsigned requests = server->requests;
    pthread_mutex_unlock(&server->state->lock);
    return requests;
}

void
raw_server_go(const raw_server *server)
{
    pthread_mutex_lock(&server->state->lock);
    server->state->goes++;
    pthread_cond_broadcast(&server->state->gone);
    pthread_mutex_unlock(&server->state->lock);
}
