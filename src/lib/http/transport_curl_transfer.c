/* SPDX-License-Identifier: MIT */
/* transport_curl_transfer.c - a request through libcurl, on a reused handle */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"

#if KLR_HAS_CURL

enum { MAX_SPARE = 16 }; /* each keeps some 9 KiB */

/* ---- Callbacks -------------------------------------------------------------- */

static size_t
on_read(char *buf, size_t size, size_t count, void *user)
{
    klr_transfer *t = user;
    t->connected = true;
    t->end_unsent = false; /* not known for this connection */
    size_t n = klingrec_exchange_body_read(t->x, buf, size * count);
    return n == KLINGREC_BODY_FAILED ? CURL_READFUNC_ABORT : n;
}

/* libcurl sends the request again, on a new connection. */
static int
on_seek(void *user, curl_off_t offset, int origin)
{
    klr_transfer *t = user;
    bool ok = offset == 0 && origin == SEEK_SET && klingrec_exchange_body_rewind(t->x);
    return ok ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static size_t
on_write(char *bytes, size_t size, size_t count, void *user)
{
    klr_transfer *t = user;
    return klingrec_exchange_write(t->x, bytes, size * count) ? size * count : 0;
}

/* While a proxy keeps sending, libcurl applies no time limit of its own. */
static int
on_progress(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
            curl_off_t up)
{
    const klr_transfer *t = user;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return !t->connected && klr_monotonic_ms() >= t->connect_by_ms;
}

/* ---- Whether a response belongs to the request ------------------------------ */

/* A proxy from the environment may use TLS itself, below that of the service. */
static bool
is_layered(const klr_transfer *t)
{
    long tunnel = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    return t->curl->https && t->curl->proxy == NULL && tunnel != 0;
}

/* A new connection cannot hold a response to another request, so KLR_INBOUND_UNKNOWN
   counts as KLR_INBOUND_NONE there. */
static klr_inbound
inspect_connection(klr_transfer *t, const klr_connection *c)
{
    const klr_curl *curl = t->curl;
    klr_inbound inbound = KLR_INBOUND_UNKNOWN;
    if (!t->reused && is_layered(t)) /* not to be kept either */
        (void)curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
    else if (c != NULL && curl->sees_inbound)
        inbound =
            curl->https ? klr_tls_inbound(t->easy, c->fd) : klr_socket_inbound(c->fd);
    return inbound == KLR_INBOUND_UNKNOWN && !t->reused ? KLR_INBOUND_NONE : inbound;
}

static void
use_connection(klr_transfer *t, klr_connection *c)
{
    if (t->connection != NULL)
        t->connection->transfer = NULL;
    if (c->transfer != NULL)
        c->transfer->connection = NULL;
    t->connection = c;
    c->transfer = t;
    klr_connection_note_sent(c);
}

/*
 * Called before the head is sent, on new connections too. A byte that arrived before
 * may belong to another request's response, so no layer of the connection may hold one.
 * Otherwise the connection is abandoned, and nothing was sent.
 */
static int
on_connected(void *user, char *peer, char *local, int peer_port, int local_port)
{
    klr_transfer *t = user;
    long new_connections = 0;
    (void)local;
    (void)peer_port;
    (void)curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    t->reused = new_connections == 0;
    klr_connection *c = klr_connection_find(t->curl, peer, local_port);
    t->inbound = inspect_connection(t, c);
    if (t->reused && c != NULL)
        t->inbound = klr_settle_check(t->curl, c, t->inbound);
    if (t->inbound != KLR_INBOUND_NONE)
        return KLR_PREREQ_ABORT;
    t->begun = true;
    if (c != NULL)
        use_connection(t, c);
    return KLR_PREREQ_OK;
}

/* A response follows a request that was received: if the peer's TCP has acknowledged no
   byte of the request, the response was sent before. A success needs the whole body.
   TLS only adds bytes. */
static bool
is_foreign(const klr_transfer *t)
{
    bool good = t->head.http_status >= 200 && t->head.http_status <= 299;
    uint64_t least = good ? klingrec_exchange_body_size(t->x) : 1;
    return t->connection != NULL &&
           !klr_connection_has_acknowledged(t->connection, least);
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *user)
{
    klr_transfer *t = user;
    int before = t->head.http_status;
    bool good = klr_head_line(&t->head, bytes, size * count);
    if (good && t->head.http_status != before)
        t->foreign = is_foreign(t);
    return good && !t->foreign ? size * count : 0;
}

/* ---- Options for all exchanges ---------------------------------------------- */

static bool
set_callbacks(klr_transfer *t)
{
    CURL *easy = t->easy;
    return curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK;
}

/* Without this callback a kept connection cannot be checked, so none is kept. Its data
   comes first: it is not called without. */
static void
set_prereq(klr_transfer *t)
{
    if (curl_easy_setopt(t->easy, KLR_CURLOPT_PREREQDATA, t) != CURLE_OK ||
        curl_easy_setopt(t->easy, KLR_CURLOPT_PREREQFUNCTION, on_connected) != CURLE_OK)
        t->curl->keeps_connections = false;
}

static CURLcode
set_up(klr_transfer *t)
{
    if (!set_callbacks(t))
        return CURLE_FAILED_INIT;
    set_prereq(t);
    return klr_curl_set_options(t->curl, t->easy);
}

/* ---- Options for one exchange ----------------------------------------------- */

static bool
add_header(klr_transfer *t, const char *name, const char *value)
{
    char stack[256];
    size_t name_len = strlen(name), value_len = strlen(value);
    size_t size = name_len + value_len + sizeof ": ";
    char *line = size <= sizeof stack ? stack : klr_new(&t->curl->texts.alloc, size);
    if (line == NULL)
        return false;
    char *at = line + name_len;
    memcpy(line, name, name_len);
    *at++ = ':';
    if (value_len > 0)
        *at++ = ' ';
    memcpy(at, value, value_len + 1);
    struct curl_slist *headers = curl_slist_append(t->headers, line);
    klr_wipe(line, size);
    if (line != stack)
        klr_free(&t->curl->texts.alloc, line, size);
    if (headers != NULL)
        t->headers = headers;
    return headers != NULL;
}

static CURLcode
add_headers(klr_transfer *t)
{
    const char *name, *value;
    for (size_t i = 0; (name = klingrec_exchange_header(t->x, i, &value)) != NULL; i++)
        if (!add_header(t, name, value))
            return CURLE_OUT_OF_MEMORY;
    /* No "Expect: 100-continue": it costs a round trip, or a second if the server does
       not answer it. */
    return add_header(t, "Expect", "") ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* One of them contains the key. */
static void
free_headers(klr_transfer *t)
{
    for (struct curl_slist *header = t->headers; header != NULL; header = header->next)
        klr_wipe(header->data, strlen(header->data));
    curl_slist_free_all(t->headers);
    t->headers = NULL;
}

/* Each buffer costs four system calls. For large bodies 16 KiB cost 15 % more CPU than
   64, and 256 save little. libcurl frees the buffer when its size is set. */
static CURLcode
set_buffer(klr_transfer *t, curl_off_t body_size)
{
    const long size = (body_size <= 256 * 1024 ? 128 : 64) * 1024;
    if (t->buffer_size == size)
        return CURLE_OK;
    t->buffer_size = size;
    return curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, size);
}

static CURLcode
set_exchange(klr_transfer *t)
{
    CURL *easy = t->easy;
    long once = t->curl->keeps_connections ? 0 : 1;
    curl_off_t size = (curl_off_t)klingrec_exchange_body_size(t->x);
    CURLcode code = set_buffer(t, size);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, once);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, once);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
    if (code == CURLE_OK) /* a copy */
        code = curl_easy_setopt(easy, CURLOPT_URL, klingrec_exchange_url(t->x));
    return code;
}

static CURLcode
attach_exchange(klr_transfer *t, klingrec_exchange *x)
{
    CURLcode code;
    t->x = x;
    t->connect_ms = (long)t->curl->connect_timeout_ms;
    t->connect_by_ms = klr_monotonic_ms() + t->curl->connect_timeout_ms;
    t->begun = t->connected = false;
    t->end_unsent = t->was_sent = t->foreign = t->reused = false;
    t->inbound = KLR_INBOUND_NONE;
    t->head = (klr_head){.x = x};
    t->error[0] = '\0';
    if ((code = add_headers(t)) != CURLE_OK)
        return code;
    code = set_exchange(t);
    return code == CURLE_OK ? klr_resolve_add(t) : code;
}

/* ---- Lists ------------------------------------------------------------------ */

void
klr_transfer_append(klr_transfer **list, klr_transfer *t)
{
    while (*list != NULL)
        list = &(*list)->next;
    t->next = NULL;
    *list = t;
}

bool
klr_transfer_unlink(klr_transfer **list, const klr_transfer *t)
{
    while (*list != NULL && *list != t)
        list = &(*list)->next;
    bool found = *list != NULL;
    if (found)
        *list = t->next;
    return found;
}

/* ---- Creating and freeing --------------------------------------------------- */

static void
transfer_free(klr_transfer *t)
{
    free_headers(t);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->addresses);
    klr_free(&t->curl->texts.alloc, t, sizeof *t);
}

void
klr_transfer_free_spare(klr_curl *curl)
{
    for (klr_transfer *t; (t = curl->spare) != NULL;) {
        curl->spare = t->next;
        transfer_free(t);
    }
}

/* A spare one, or a new one. */
static CURLcode
acquire(klr_curl *curl, klr_transfer **out)
{
    klr_transfer *t = *out = curl->spare;
    if (t != NULL) {
        curl->spare = t->next;
        curl->spare_count--;
        return CURLE_OK;
    }
    t = *out = klr_new(&curl->texts.alloc, sizeof *t);
    if (t == NULL)
        return CURLE_OUT_OF_MEMORY;
    t->curl = curl;
    t->easy = curl_easy_init();
    return t->easy != NULL ? set_up(t) : CURLE_OUT_OF_MEMORY;
}

CURLcode
klr_transfer_begin(klr_curl *curl, klingrec_exchange *x, klr_transfer **out)
{
    CURLcode code = acquire(curl, out);
    if (code == CURLE_OK)
        code = attach_exchange(*out, x);
    if (code != CURLE_OK && *out != NULL)
        transfer_free(*out);
    return code;
}

bool
klr_transfer_is_stale(const klr_transfer *t, CURLcode code)
{
    return code == CURLE_ABORTED_BY_CALLBACK && t->reused &&
           t->inbound != KLR_INBOUND_NONE;
}

CURLcode
klr_transfer_renew(klr_transfer *t)
{
    (void)curl_multi_remove_handle(t->curl->multi, t->easy);
    t->error[0] = '\0';
    /* What ends it from here on is not stale: it is renewed once. */
    t->reused = false;
    t->inbound = KLR_INBOUND_NONE;
    CURLcode code = curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
    return code == CURLE_OK ? klr_settle_add(t) : code;
}

void
klr_transfer_stop(klr_transfer *t, CURLcode code)
{
    if (!klr_resolve_remove(t))
        klr_settle_remove(t);
    if (t->connection == NULL)
        return;
    /* libcurl 8.14 keeps a TLS connection on which half of a request was sent. */
    if (code != CURLE_OK)
        klr_connection_stop(t->connection);
    klr_settle_begin(t);
    t->connection->transfer = NULL;
    t->connection = NULL;
}

void
klr_transfer_release(klr_transfer *t, bool reusable)
{
    if (!reusable || t->curl->spare_count == MAX_SPARE) {
        transfer_free(t);
        return;
    }
    free_headers(t); /* libcurl does not read them before new ones are set */
    t->x = NULL;
    t->next = t->curl->spare;
    t->curl->spare = t;
    t->curl->spare_count++;
}

#endif
