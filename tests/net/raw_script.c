/* SPDX-License-Identifier: MIT */
/* raw_script.c - runs the script of one connection of the raw server */
#define _GNU_SOURCE /* POLLRDHUP, strcasestr */

#include "raw_script.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { SILENCE_MAX_MS = 300000 }; /* ends a wrong test; a slow machine takes less */

/* ---- Bytes in and out ------------------------------------------------------- */

static void
record(raw_connection *c, const void *bytes, size_t len)
{
    struct raw_state *state = c->server->state;
    pthread_mutex_lock(&state->lock);
    raw_log_add(c->tls != NULL ? &c->server->secret : &c->server->clear, bytes, len);
    pthread_mutex_unlock(&state->lock);
}

static ssize_t
take_some(raw_connection *c, void *buf, size_t len)
{
    ssize_t n;
    do
        n = c->tls != NULL ? gnutls_record_recv(c->tls, buf, len)
                           : recv(c->fd, buf, len, 0);
    while (c->tls != NULL ? n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED
                          : n < 0 && errno == EINTR);
    return n;
}

static void
keep(raw_connection *c, const char *bytes, size_t len)
{
    size_t n = len < BODY_KEPT - c->body_len ? len : BODY_KEPT - c->body_len;
    memcpy(c->body + c->body_len, bytes, n);
    c->body_len += n;
}

static bool
take(raw_connection *c, size_t len)
{
    char buf[65536];
    while (len > 0) {
        ssize_t n = take_some(c, buf, len < sizeof buf ? len : sizeof buf);
        if (n <= 0)
            return false;
        record(c, buf, (size_t)n);
        keep(c, buf, (size_t)n);
        len -= (size_t)n;
    }
    return true;
}

static bool
take_counted(raw_connection *c)
{
    unsigned char count;
    if (take_some(c, &count, 1) != 1)
        return false;
    record(c, &count, 1);
    return take(c, count);
}

/* Recorded at once, because other connections record bytes at the same time. */
static bool
take_head(raw_connection *c)
{
    bool whole = false;
    c->head_len = 0;
    while (!whole && c->head_len < HEAD_MAX - 1 &&
           take_some(c, c->head + c->head_len, 1) == 1) {
        c->head_len++;
        whole =
            c->head_len >= 4 && memcmp(c->head + c->head_len - 4, "\r\n\r\n", 4) == 0;
    }
    c->head[c->head_len] = '\0';
    if (c->head_len > 0)
        record(c, c->head, c->head_len);
    return whole;
}

static bool
take_request(raw_connection *c)
{
    if (!take_head(c))
        return false;
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    c->body_len = 0;
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
give(raw_connection *c, const char *data, size_t len)
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

/* false: the client closed the connection within the time. */
static bool
wait_while_there(const raw_connection *c, int ms)
{
    struct pollfd p = {c->fd, POLLRDHUP, 0};
    return poll(&p, 1, ms) == 0;
}

/* If hundreds of connections end at once, their threads must not delay the client
   that is measured. */
static void
wait_until_stopped(const raw_connection *c)
{
    struct pollfd p = {c->server->state->stop[0], POLLIN, 0};
    (void)poll(&p, 1, SILENCE_MAX_MS);
}

static bool
give_slowly(raw_connection *c, const raw_step *step, size_t len)
{
    if (step->ms == 0)
        return give(c, step->data, len);
    for (size_t i = 0; i < len; i++) {
        if (!give(c, step->data + i, 1) || !wait_while_there(c, (int)step->ms))
            return false;
    }
    return true;
}

/* Does not read, so that unread bytes stay unread. */
static void
wait_until_gone(const raw_connection *c)
{
    (void)wait_while_there(c, SILENCE_MAX_MS);
}

/* ---- TLS -------------------------------------------------------------------- */

static ssize_t
push(gnutls_transport_ptr_t user, const void *data, size_t len)
{
    raw_connection *c = user;
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
    raw_connection *c = user;
    return recv(c->fd, data, len, 0);
}

static void
record_handshake(raw_connection *c)
{
    raw_server *server = c->server;
    gnutls_datum_t chosen = {NULL, 0};
    pthread_mutex_lock(&server->state->lock);
    server->handshake = SIZE_MAX - c->may_push;
    if (gnutls_alpn_get_selected_protocol(c->tls, &chosen) == 0 &&
        chosen.size < sizeof server->alpn)
        memcpy(server->alpn, chosen.data, chosen.size);
    pthread_mutex_unlock(&server->state->lock);
}

/* false: no TLS, because the step says so or the client closed the connection. */
static bool
shake_hands(raw_connection *c, size_t len)
{
    const raw_scripts *scripts = &c->server->state->scripts;
    const char *priority = scripts->priority != NULL ? scripts->priority : "NORMAL";
    unsigned char key[64] = "of tickets that nobody will ever use";
    const gnutls_datum_t ticket_key = {key, sizeof key};
    int code;

    c->may_push = len != 0 ? len : SIZE_MAX;
    if (gnutls_init(&c->tls,
                    GNUTLS_SERVER | GNUTLS_NO_SIGNAL | GNUTLS_NO_AUTO_SEND_TICKET) != 0)
        return false;
    gnutls_transport_set_ptr(c->tls, c);
    gnutls_transport_set_push_function(c->tls, push);
    gnutls_transport_set_pull_function(c->tls, pull);
    code = gnutls_priority_set_direct(c->tls, priority, NULL);
    if (code == 0 && !raw_tls_set_alpn(c->tls, scripts->alpn))
        code = GNUTLS_E_INTERNAL_ERROR;
    if (code == 0 && scripts->tickets)
        code = gnutls_session_ticket_enable_server(c->tls, &ticket_key);
    if (code == 0)
        code = gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE,
                                      scripts->identity->credentials);
    while (code == 0 && (code = gnutls_handshake(c->tls)) < 0 &&
           gnutls_error_is_fatal(code) == 0)
        code = 0;
    if (code == 0 && len == 0) {
        record_handshake(c);
        return true;
    }
    if (code < 0)
        (void)gnutls_alert_send_appropriate(c->tls, code);
    gnutls_deinit(c->tls);
    c->tls = NULL;
    return false;
}

/* ---- Scripts ---------------------------------------------------------------- */

static void
reset_connection(const raw_connection *c)
{
    struct linger none = {1, 0};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static void
say_the_end(const raw_connection *c)
{
    struct raw_state *state = c->server->state;
    (void)shutdown(c->fd, SHUT_WR);
    pthread_mutex_lock(&state->lock);
    state->ends++;
    pthread_cond_broadcast(&state->gone);
    pthread_mutex_unlock(&state->lock);
}

static void
wait_for_go(const raw_connection *c)
{
    struct raw_state *state = c->server->state;
    pthread_mutex_lock(&state->lock);
    while (state->goes == 0 && !state->stopped)
        (void)pthread_cond_wait(&state->gone, &state->lock);
    if (state->goes > 0)
        state->goes--;
    pthread_mutex_unlock(&state->lock);
}

static bool do_chosen(raw_connection *c);

/* false: the script has ended. */
static bool
do_step(raw_connection *c, const raw_step *step)
{
    size_t len = step->len + step->grow * c->number;
    switch (step->op) {
    case RAW_READ:
        return take(c, len);
    case RAW_COUNTED:
        return take_counted(c);
    case RAW_HEAD:
        return take_head(c);
    case RAW_REQUEST:
        return take_request(c);
    case RAW_TLS:
        return shake_hands(c, len) || len != 0;
    case RAW_TICKET:
        return gnutls_session_ticket_send(c->tls, 1, 0) == 0;
    case RAW_KEY:
        return gnutls_session_key_update(c->tls, len != 0 ? GNUTLS_KU_PEER : 0) == 0;
    case RAW_WAIT:
        wait_for_go(c);
        return true;
    case RAW_SEND:
        return give_slowly(c, step, len);
    case RAW_FLOOD:
        while (give(c, step->data, len))
            continue;
        return false;
    case RAW_PAUSE:
        pause_ms(step->ms);
        return true;
    case RAW_LEAVE:
        return shutdown(c->server->state->listener, SHUT_RDWR) == 0;
    case RAW_SHUT:
        say_the_end(c);
        return true;
    case RAW_FIN:
        say_the_end(c);
        wait_until_gone(c);
        return false;
    case RAW_STALL:
        wait_until_gone(c);
        return false;
    case RAW_HOLD:
        wait_until_stopped(c);
        return false;
    case RAW_RST:
        reset_connection(c);
        return false;
    case RAW_CHOOSE:
        return do_chosen(c);
    case RAW_END:
    case RAW_AGAIN:
        break;
    }
    return false;
}

static bool
do_chosen(raw_connection *c)
{
    const raw_step *step = c->reply.steps;
    c->server->state->scripts.choose(c->body, c->body_len, &c->reply);
    while (step->op != RAW_AGAIN && do_step(c, step))
        step++;
    return step->op == RAW_AGAIN;
}

void
raw_script_run(raw_connection *c)
{
    for (const raw_step *step = c->steps; do_step(c, step);)
        step = step[1].op == RAW_AGAIN ? c->steps : step + 1;
    if (c->tls != NULL)
        gnutls_deinit(c->tls);
}
