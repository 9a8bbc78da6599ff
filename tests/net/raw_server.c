/* raw_server.c - a server that sends the bytes it is told to and breaks off there */
#define _GNU_SOURCE /* POLLRDHUP, accept4, memmem */

#include "raw_server.h"

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
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1000, LOG_MAX = 64 * 1024 * 1024, HEAD_MAX = 64 * 1024 };
enum { SILENCE_MAX_MS = 60000 }; /* however wrong a test goes, it ends */

struct raw_state {
    raw_scripts scripts;
    int listener;
    int stop[2]; /* a pipe: readable once the server is to stop */
    pthread_t acceptor;
    pthread_mutex_t lock; /* for all below and for the server's own fields */
    pthread_cond_t gone;
    unsigned active;
    int open[CONNECTIONS_MAX]; /* sockets of connections under way, or -1 */
};

typedef struct connection {
    raw_server *server;
    const raw_step *steps;
    unsigned number;
    unsigned slot;
    int fd;
    gnutls_session_t tls;
    size_t may_push; /* raw bytes that TLS may still send */
    char head[HEAD_MAX];
    size_t head_len;
} connection;

/* ---- What is recorded ------------------------------------------------------- */

static void
log_add(raw_log *log, const void *bytes, size_t len)
{
    if (log->len + len > LOG_MAX)
        return;
    char *grown = realloc(log->data, log->len + len);
    if (grown == NULL)
        return;
    memcpy(grown + log->len, bytes, len);
    log->data = grown;
    log->len += len;
}

bool
raw_log_has(const raw_log *log, const char *text)
{
    return log->len > 0 && memmem(log->data, log->len, text, strlen(text)) != NULL;
}

static void
record(connection *c, const void *bytes, size_t len)
{
    struct raw_state *state = c->server->state;
    pthread_mutex_lock(&state->lock);
    log_add(c->tls != NULL ? &c->server->secret : &c->server->clear, bytes, len);
    pthread_mutex_unlock(&state->lock);
}

/* ---- Bytes in and out ------------------------------------------------------- */

static ssize_t
take_some(connection *c, void *buf, size_t len)
{
    ssize_t n;
    do
        n = c->tls != NULL ? gnutls_record_recv(c->tls, buf, len)
                           : recv(c->fd, buf, len, 0);
    while (c->tls != NULL ? n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED
                          : n < 0 && errno == EINTR);
    if (n > 0)
        record(c, buf, (size_t)n);
    return n;
}

static bool
take(connection *c, size_t len)
{
    char buf[65536];
    while (len > 0) {
        ssize_t n = take_some(c, buf, len < sizeof buf ? len : sizeof buf);
        if (n <= 0)
            return false;
        len -= (size_t)n;
    }
    return true;
}

static bool
take_head(connection *c)
{
    c->head_len = 0;
    while (c->head_len < HEAD_MAX - 1) {
        if (take_some(c, c->head + c->head_len, 1) != 1)
            return false;
        c->head_len++;
        c->head[c->head_len] = '\0';
        if (c->head_len >= 4 && memcmp(c->head + c->head_len - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

static bool
take_request(connection *c)
{
    if (!take_head(c))
        return false;
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    if (length == NULL || !take(c, strtoul(strchr(length, ':') + 1, NULL, 10)))
        return false;
    pthread_mutex_lock(&c->server->state->lock);
    c->server->requests++;
    pthread_mutex_unlock(&c->server->state->lock);
    return true;
}

static bool
send_raw(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static bool
give(connection *c, const char *data, size_t len)
{
    if (c->tls == NULL)
        return send_raw(c->fd, data, len);
    while (len > 0) {
        ssize_t n = gnutls_record_send(c->tls, data, len);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static void
pause_ms(unsigned ms)
{
    struct timespec span = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&span, &span) != 0 && errno == EINTR)
        continue;
}

static bool
give_slowly(connection *c, const raw_step *step, size_t len)
{
    if (step->ms == 0)
        return give(c, step->data, len);
    for (size_t i = 0; i < len; i++) {
        if (!give(c, step->data + i, 1))
            return false;
        pause_ms(step->ms);
    }
    return true;
}

/* Without reading, so that what was sent here and not taken stays so. */
static void
wait_until_gone(connection *c)
{
    struct pollfd p = {c->fd, POLLRDHUP, 0};
    (void)poll(&p, 1, SILENCE_MAX_MS);
}

/* ---- TLS -------------------------------------------------------------------- */

static ssize_t
push(gnutls_transport_ptr_t user, const void *data, size_t len)
{
    connection *c = user;
    size_t n = len < c->may_push ? len : c->may_push;
    bool good = send_raw(c->fd, data, n);
    c->may_push -= n;
    if (good && n == len)
        return (ssize_t)len;
    gnutls_transport_set_errno(c->tls, EPIPE);
    return -1;
}

static ssize_t
pull(gnutls_transport_ptr_t user, void *data, size_t len)
{
    connection *c = user;
    return recv(c->fd, data, len, 0);
}

/* false: there is no TLS, as the step wants it or because the client went. */
static bool
shake_hands(connection *c, size_t len)
{
    const raw_scripts *scripts = &c->server->state->scripts;
    const char *priority = scripts->priority != NULL ? scripts->priority : "NORMAL";
    int code;

    c->may_push = len != 0 ? len : SIZE_MAX;
    if (gnutls_init(&c->tls,
                    GNUTLS_SERVER | GNUTLS_NO_SIGNAL | GNUTLS_NO_AUTO_SEND_TICKET) != 0)
        return false;
    gnutls_transport_set_ptr(c->tls, c);
    gnutls_transport_set_push_function(c->tls, push);
    gnutls_transport_set_pull_function(c->tls, pull);
    code = gnutls_priority_set_direct(c->tls, priority, NULL);
    if (code == 0)
        code = gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE,
                                      scripts->identity->credentials);
    while (code == 0 && (code = gnutls_handshake(c->tls)) < 0 &&
           gnutls_error_is_fatal(code) == 0)
        code = 0;
    if (code == 0 && len == 0) {
        pthread_mutex_lock(&c->server->state->lock);
        c->server->handshake = SIZE_MAX - c->may_push;
        pthread_mutex_unlock(&c->server->state->lock);
        return true;
    }
    gnutls_deinit(c->tls);
    c->tls = NULL;
    return false;
}

/* ---- Scripts ---------------------------------------------------------------- */

static void
reset_connection(const connection *c)
{
    struct linger none = {1, 0};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

/* false: the script is over. */
static bool
do_step(connection *c, const raw_step *step)
{
    size_t len = step->len + step->grow * c->number;
    switch (step->op) {
    case RAW_READ:
        return take(c, len);
    case RAW_HEAD:
        return take_head(c);
    case RAW_REQUEST:
        return take_request(c);
    case RAW_TLS:
        return shake_hands(c, len) || len != 0;
    case RAW_SEND:
        return give_slowly(c, step, len);
    case RAW_FLOOD:
        while (give(c, step->data, len))
            continue;
        return false;
    case RAW_PAUSE:
        pause_ms(step->ms);
        return true;
    case RAW_FIN:
        (void)shutdown(c->fd, SHUT_WR);
        wait_until_gone(c);
        return false;
    case RAW_STALL:
        wait_until_gone(c);
        return false;
    case RAW_RST:
        reset_connection(c);
        return false;
    case RAW_END:
    case RAW_AGAIN:
        break;
    }
    return false;
}

static void *
serve(void *user)
{
    connection *c = user;
    struct raw_state *state = c->server->state;

    for (const raw_step *step = c->steps; do_step(c, step);)
        step = step[1].op == RAW_AGAIN ? c->steps : step + 1;
    if (c->tls != NULL)
        gnutls_deinit(c->tls);
    pthread_mutex_lock(&state->lock);
    state->open[c->slot] = -1;
    (void)close(c->fd);
    free(c);
    state->active--;
    pthread_cond_broadcast(&state->gone);
    pthread_mutex_unlock(&state->lock);
    return NULL;
}

/* ---- Connections ------------------------------------------------------------ */

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
    connection *c = calloc(1, sizeof *c);
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
        /* Who came before the end is still served. */
        for (int fd = -1;
             !state->scripts.deaf &&
             (fd = accept4(state->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
            begin(server, fd);
    } while ((p[1].revents & POLLIN) == 0);
    return NULL;
}

/* ---- Life ------------------------------------------------------------------- */

static bool
listen_here(raw_server *server)
{
    struct raw_state *state = server->state;
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int small = 4096;

    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    state->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (state->listener < 0)
        return false;
    if (state->scripts.small_window)
        (void)setsockopt(state->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (bind(state->listener, (struct sockaddr *)&at, len) != 0 ||
        listen(state->listener, CONNECTIONS_MAX) != 0 ||
        getsockname(state->listener, (struct sockaddr *)&at, &len) != 0)
        return false;
    server->port = ntohs(at.sin_port);
    return true;
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
    /* What has arrived can still be read after this. */
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
        if (state->open[i] >= 0)
            (void)shutdown(state->open[i], SHUT_RDWR);
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
