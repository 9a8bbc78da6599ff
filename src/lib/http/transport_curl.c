/* SPDX-License-Identifier: MIT */
/* transport_curl.c - the built-in transport, on libcurl */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"
#include "base/text.h"

#if KLR_HAS_CURL

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* ---- The functions of the transport ----------------------------------------- */

static klingrec_status
start(void *user, klingrec_exchange *x)
{
    klr_transfer *t;
    const klr_curl *curl = user;
    const klr_sigpipe sigpipe = klr_sigpipe_hold(curl->raises_sigpipe);
    CURLcode code = klr_transfer_begin(user, x, &t);
    klr_sigpipe_release(&sigpipe);
    if (code == CURLE_OUT_OF_MEMORY)
        return KLINGREC_ERR_NOMEM;
    if (code != CURLE_OK)
        return KLINGREC_ERR_SYSTEM;
    klingrec_exchange_set_data(x, t);
    return KLINGREC_OK;
}

/* Release the transfer and tell the core how its exchange ended. */
static void
complete_exchange(klr_transfer *t, klingrec_status status, CURLcode code)
{
    char detail[CURL_ERROR_SIZE] = "";
    klingrec_exchange *x = t->x;

    klr_transfer_stop(t, code); /* closes the connection unless it is kept */
    bool sent = klr_transfer_sent(t, code);
    if (status != KLINGREC_OK)
        (void)klr_text_copy(detail, sizeof detail,
                            t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
    klr_transfer_release(t, klr_transfer_is_reusable(t, code));
    klingrec_exchange_end(x, status, sent, detail);
}

static void
cancel(void *user, klingrec_exchange *x)
{
    const klr_curl *curl = user;
    const klr_sigpipe sigpipe = klr_sigpipe_hold(curl->raises_sigpipe);
    complete_exchange(klingrec_exchange_data(x), KLINGREC_ERR_CANCELED,
                      CURLE_ABORTED_BY_CALLBACK);
    klr_sigpipe_release(&sigpipe);
}

/* libcurl has done all it can for this transfer. */
static void
transfer_done(klr_transfer *t, CURLcode code)
{
    if (klr_transfer_is_stale(t, code)) {
        code = klr_transfer_renew(t);
        if (code == CURLE_OK)
            return;
    }
    code = klr_transfer_correct(t, code);
    complete_exchange(t, klr_transfer_status(t, code), code);
}

/* Handle the transfers that libcurl has finished. Returns whether there were any. */
static bool
collect(klr_curl *curl)
{
    bool any = false;
    int left;
    for (CURLMsg *message;
         (message = curl_multi_info_read(curl->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        any = true;
        if (message->easy_handle == curl->warming) {
            klr_warm_end(curl);
            continue;
        }
        char *found = NULL; /* the type that libcurl 7.68 demands */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
        transfer_done((void *)found, message->data.result);
    }
    return any;
}

/* Start the transfers that waited and may be added now. Returns whether there were
   any. */
static bool
start_settled(klr_curl *curl)
{
    bool any = false;
    for (klr_transfer *t; (t = curl->settling) != NULL && klr_settle_may_add(curl);
         any = true) {
        curl->settling = t->next;
        CURLcode code = klr_settle_add(t);
        if (code != CURLE_OK)
            transfer_done(t, code);
    }
    return any;
}

/* The same for those that waited for an address. */
static bool
start_resolved(klr_curl *curl)
{
    bool any = false;
    CURLcode code;
    for (klr_transfer *t; (t = klr_resolve_next(curl, &code)) != NULL; any = true)
        if (code != CURLE_OK)
            transfer_done(t, code);
    return any;
}

static int
wait_ms(const klr_curl *curl, int timeout_ms)
{
    uint64_t now_ms = klr_monotonic_ms(), until_ms = klr_resolve_until_ms(curl);
    if (curl->running > 0 && timeout_ms > klr_socket_wait_max_ms)
        timeout_ms = klr_socket_wait_max_ms;
    if (curl->settling != NULL && until_ms > klr_settle_until_ms(curl))
        until_ms = klr_settle_until_ms(curl);
    if (until_ms >= now_ms + (unsigned)timeout_ms)
        return timeout_ms;
    return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

/* Returns whether there may be more to do at once. */
static bool
advance(klr_curl *curl)
{
    const klr_sigpipe sigpipe = klr_sigpipe_hold(curl->raises_sigpipe);

    curl->closed_socket = false;
    (void)curl_multi_perform(curl->multi, &curl->running);
    curl->added = 0;
    bool any = collect(curl);
    /* After collect(): it is known which connections have become idle. */
    any = start_settled(curl) || any;
    any = start_resolved(curl) || any;
    klr_sigpipe_release(&sigpipe);
    /* If an address refuses, libcurl 7.88 waits seconds before it tries the next one,
       unless curl_multi_perform() is called again. */
    curl->has_more = any || curl->closed_socket;
    return curl->has_more;
}

static void
drive(void *user, int timeout_ms)
{
    klr_curl *curl = user;
    if (advance(curl) || timeout_ms == 0)
        return;
    /* The next drive() handles what is ready then: curl_multi_perform() costs system
       calls for each transfer, and a second call per wait would double them. */
    (void)curl_multi_poll(curl->multi, NULL, 0, wait_ms(curl, timeout_ms), NULL);
}

/* How often to look for what no descriptor shows. */
enum { TICK_MS = 10 };

static size_t
list_fds(void *user, klingrec_fd *fds, size_t capacity, int *timeout_ms)
{
    const klr_curl *curl = user;
    bool all = true;
    long due_ms = -1;
    size_t count = klr_socket_list(curl, fds, capacity, &all);
    (void)curl_multi_timeout(curl->multi, &due_ms);
    if (due_ms >= 0 && due_ms < *timeout_ms)
        *timeout_ms = (int)due_ms;
    if ((!all || curl->lookup != NULL) && *timeout_ms > TICK_MS)
        *timeout_ms = TICK_MS;
    *timeout_ms = curl->has_more ? 0 : wait_ms(curl, *timeout_ms);
    return count;
}

/* libcurl reports success for a full pipe too: its reader wakes up anyway. */
static bool
wake(void *user)
{
    klr_curl *curl = user;
    return curl_multi_wakeup(curl->multi) == CURLM_OK;
}

static void
warm_up(void *user, const char *url)
{
    klr_curl *curl = user;
    const klr_sigpipe sigpipe = klr_sigpipe_hold(curl->raises_sigpipe);
    klr_warm_begin(curl, url);
    klr_sigpipe_release(&sigpipe);
}

static void
close_transport(void *user)
{
    klr_curl *curl = user;
    klr_arena texts = curl->texts;
    const klr_sigpipe sigpipe = klr_sigpipe_hold(curl->raises_sigpipe);
    klr_transfer_free_spare(curl);
    klr_warm_end(curl);
    klr_resolve_close(curl);
    if (curl->multi != NULL)
        (void)curl_multi_cleanup(curl->multi);
    klr_socket_forget_all(curl);
    klr_store_free(curl);
    klr_sigpipe_release(&sigpipe);
    klr_free(&texts.alloc, curl, sizeof *curl);
    klr_arena_free(&texts);
}

/* ---- Creating the transport ------------------------------------------------- */

static klr_once_flag libcurl_once = KLR_ONCE_INIT;
static CURLcode global_code;

/* Never cleaned up: other code in this process may use libcurl. */
static void
start_libcurl(void)
{
    global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* If OpenSSL runs out of memory while it starts, it cannot be started again, libcurl
   does not report it, and the first TLS connection crashes. It needs 80 KiB. */
static bool
has_memory(void)
{
    enum { NEEDED = 1 << 20 };
    char *volatile probe = malloc(NEEDED);
    bool enough = probe != NULL;
    free(probe);
    return enough;
}

bool
klr_curl_is_built(void)
{
    return true;
}

size_t
klr_curl_version(char *buf, size_t size)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    size_t len = klr_text_add(buf, size, 0, "libcurl/%s", curl->version);
    if (curl->ssl_version != NULL)
        len = klr_text_add(buf, size, len, " %s", curl->ssl_version);
    return len;
}

/* A copy of a text that may be NULL; *ok becomes false when memory is short. */
static char *
keep_text(klr_curl *curl, const char *text, bool *ok)
{
    char *copy = NULL;
    if (text != NULL) {
        copy = klr_arena_copy(&curl->texts, text, strlen(text));
        *ok = *ok && copy != NULL;
    }
    return copy;
}

/* Whether the transport can check that nothing has arrived on a connection. It cannot
   see bytes in a TLS connection to a proxy, because libcurl does not expose it. */
static bool
can_see_inbound(const klr_curl_options *options)
{
    bool tls_to_proxy =
        options->proxy != NULL && strncmp(options->proxy, "https://", 8) == 0;
    return !tls_to_proxy && (!options->https || klr_tls_shows_inbound());
}

/* false: a text could not be copied. */
static bool
set_values(klr_curl *curl, const klr_curl_options *options)
{
    bool ok = true;
    klr_arena_init(&curl->texts, options->alloc);
    curl->proxy = keep_text(curl, options->proxy, &ok);
    curl->ca_file = keep_text(curl, options->ca_file, &ok);
    curl->ca_pem = keep_text(curl, options->ca_pem, &ok);
    curl->ca_folder = klr_curl_default_ca_folder();
    /* libcurl takes a long, which may have 32 bits; 8.23 refuses a negative one. */
    curl->connect_timeout_ms =
        options->connect_timeout_ms < INT_MAX ? options->connect_timeout_ms : INT_MAX;
    curl->https = options->https;
    curl->raises_sigpipe = options->https && !klr_curl_is(KLR_CURL_OWN_BIO);
    curl->sees_inbound = curl->keeps_connections = can_see_inbound(options);
    curl->resolves = !klr_curl_is(KLR_CURL_QUICK_EXIT) && klr_lookup_is_possible();
    return ok;
}

static klingrec_status
start_multi(klr_curl *curl, const klr_curl_options *options)
{
    errno = 0;
    curl->multi = curl_multi_init();
    /* Newer versions of libcurl fail when they get no descriptor for wake-ups. */
    if (curl->multi == NULL)
        return errno == EMFILE || errno == ENFILE ? KLINGREC_ERR_SYSTEM
                                                  : KLINGREC_ERR_NOMEM;
    /* One request at a time on a connection, whatever the server offers. */
    (void)curl_multi_setopt(curl->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    /* One kept connection for each concurrent request; the default is fewer. */
    (void)curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS,
                            (long)options->max_connections);
    /* Do not wait for a resolver that hangs; from libcurl 8.20 on. */
    (void)curl_multi_setopt(curl->multi, KLR_CURLMOPT_QUICK_EXIT, 1L);
    return KLINGREC_OK;
}

klingrec_status
klr_curl_transport(klingrec_transport *out, const klr_curl_options *options)
{
    if (!has_memory())
        return KLINGREC_ERR_NOMEM;
    klr_once(&libcurl_once, start_libcurl);
    if (global_code != CURLE_OK || !klr_curl_is(KLR_CURL_MIN))
        return KLINGREC_ERR_SYSTEM;
    if (options->ca_pem != NULL && !klr_curl_takes_ca_pem())
        return KLINGREC_ERR_ARGUMENT;
    klr_curl *curl = klr_new(options->alloc, sizeof *curl);
    if (curl == NULL)
        return KLINGREC_ERR_NOMEM;
    klingrec_status status =
        set_values(curl, options) ? start_multi(curl, options) : KLINGREC_ERR_NOMEM;
    if (status != KLINGREC_OK) {
        close_transport(curl);
        return status;
    }
    *out = klingrec_transport_default();
    out->user = curl;
    out->start = start;
    out->cancel = cancel;
    out->drive = drive;
    out->wake = wake;
    out->close = close_transport;
    out->fds = list_fds;
    out->warm_up = warm_up;
    return KLINGREC_OK;
}

#endif
