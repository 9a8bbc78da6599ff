/* fetch.c - reads URLs that others name, several at once */
#include "service/fetch.h"

#include "base/clock.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"
#include "service/connect.h"
#include "service/fetch_rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS_MAX = 5, HOP_BYTES = 65536, HEAD_BYTES = 65536 };
enum { CONNECT_MS = 10000, POLL_MS = 100 };

/* A name that is looked up and does not come back is left behind; from 8.20 on. */
#define MULTI_QUICK_EXIT ((CURLMoption)(CURLOPTTYPE_LONG + 21))

struct fetcher {
    const struct options *options;
    const struct fetch_calls *calls;
    struct fetch_origin local;
    CURLM *multi;
    struct transfer *transfers;
    size_t running;
};

/* One request; a redirect is another one. */
struct transfer {
    struct fetcher *fetcher;
    struct fetch *fetch;
    CURL *easy; /* NULL: none is running */
    int64_t end_ms;
    struct fetch_rules rules;
    uint64_t at;          /* the position of the next byte that arrives */
    uint64_t range_first; /* of Content-Range */
    uint64_t range_total;
    size_t head_bytes; /* of the answer's headers */
    bool has_range;
    bool has_begun; /* bytes have arrived */
    bool is_enough; /* all that are wanted */
    bool is_too_long;
    bool is_unkept;
    char error[CURL_ERROR_SIZE];
};

/* ---- What arrives -------------------------------------------------------------- */

static long
code_of(const struct transfer *t)
{
    long code = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

/* The range that was asked for. */
static bool
is_partial(const struct transfer *t)
{
    return t->fetch->end > 0 && code_of(t) == 206 && t->has_range &&
           t->range_first == t->fetch->from;
}

static bool
is_good(const struct transfer *t)
{
    return code_of(t) == 200 || is_partial(t);
}

/* Content-Length; -1: none. */
static curl_off_t
announced(const struct transfer *t)
{
    curl_off_t length = -1;
    (void)curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length;
}

static const char *
skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* "Content-Range: bytes 0-65535/123456"; the length may be "*". */
static size_t
on_header(char *line, size_t size, size_t count, void *user)
{
    static const char name[] = "content-range:", unit[] = "bytes";
    struct transfer *t = user;
    size_t len = size * count, before = sizeof name - 1;
    char value[80] = "";
    char *end;
    t->head_bytes += len;
    if (t->head_bytes > HEAD_BYTES) /* old versions of libcurl keep all of them */
        return 0;
    if (len <= before || len - before >= sizeof value ||
        !curl_strnequal(line, name, before))
        return len;
    memcpy(value, line + before, len - before);
    const char *at = skip_blanks(value);
    t->has_range = curl_strnequal(at, unit, sizeof unit - 1);
    if (!t->has_range)
        return len;
    t->range_first = strtoull(skip_blanks(at + sizeof unit - 1), &end, 10);
    t->has_range = *end == '-';
    end = strchr(end, '/');
    if (end != NULL && end[1] >= '0' && end[1] <= '9')
        t->range_total = strtoull(end + 1, NULL, 10);
    return len;
}

/* The first bytes of an answer. False: it is not wanted. */
static bool
begin_body(struct transfer *t)
{
    const struct fetch *fetch = t->fetch;
    t->has_begun = true;
    if (is_partial(t))
        t->at = fetch->from;
    t->is_too_long = fetch->end == 0 && announced(t) > (curl_off_t)fetch->max_bytes;
    return is_good(t) && !t->is_too_long;
}

/* A server may ignore the range and send everything: what comes before it is skipped,
   and the transfer ends after it. */
static size_t
on_bytes(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct fetch *fetch = t->fetch;
    const struct fetch_calls *calls = t->fetcher->calls;
    size_t len = size * count, skip = 0;
    if (code_of(t) / 100 == 3) { /* libcurl tells where it leads at its end only */
        t->at += len;
        return t->at <= HOP_BYTES ? len : 0;
    }
    if (t->is_enough || (!t->has_begun && !begin_body(t)))
        return 0;
    if (t->at < fetch->from)
        skip = len < fetch->from - t->at ? len : (size_t)(fetch->from - t->at);
    /* Not negative: it stops at either end, and what is skipped is before the range. */
    uint64_t room = (fetch->end > 0 ? fetch->end : fetch->max_bytes) - (t->at + skip);
    size_t kept = len - skip < room ? len - skip : (size_t)room;
    t->is_too_long = fetch->end == 0 && kept < len;
    t->is_unkept = !t->is_too_long && kept > 0 &&
                   !calls->take(calls->user, fetch, bytes + skip, kept);
    t->at += skip + kept;
    t->is_enough = fetch->end > 0 && t->at == fetch->end;
    bool stops = t->is_too_long || t->is_unkept || (t->is_enough && !is_partial(t));
    return stops ? 0 : len;
}

/* ---- Beginning ----------------------------------------------------------------- */

static bool
set_range(CURL *easy, const struct fetch *fetch)
{
    char range[60];
    if (fetch->end == 0)
        return true;
    snprintf(range, sizeof range, "%" PRIu64 "-%" PRIu64, fetch->from, fetch->end - 1);
    return curl_easy_setopt(easy, CURLOPT_RANGE, range) == CURLE_OK;
}

static bool
set_calls(CURL *easy, struct transfer *t, int64_t left_ms)
{
    long connect_ms = left_ms < CONNECT_MS ? (long)left_ms : (long)CONNECT_MS;
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK;
}

SAY_FORMAT(3, 4)
static void
fail(struct fetch *fetch, klingrec_status status, const char *format, ...)
{
    va_list args;
    int len = snprintf(fetch->message, sizeof fetch->message, "%s",
                       fetch->hops > 0 ? "after a redirect: " : "");
    fetch->status = status;
    va_start(args, format);
    (void)vsnprintf(fetch->message + len, sizeof fetch->message - (size_t)len, format,
                    args);
    va_end(args);
}

/* False: it has failed. */
static bool
begin(struct transfer *t)
{
    struct fetcher *fetcher = t->fetcher;
    struct fetch *fetch = t->fetch;
    int64_t left_ms = t->end_ms - cli_now_ms();
    *t = (struct transfer){.fetcher = fetcher,
                           .fetch = fetch,
                           .end_ms = t->end_ms,
                           .range_total = FETCH_UNKNOWN};
    fetch->total = FETCH_UNKNOWN;
    fetch->message[0] = '\0';
    t->easy = curl_easy_init();
    if (t->easy == NULL)
        cli_out_of_memory();
    const char *why = cli_fetch_rules_set(t->easy, fetch->url, fetch->may_be_http,
                                          fetcher->options, &fetcher->local, &t->rules);
    if (why == NULL && left_ms > 0 && set_calls(t->easy, t, left_ms) &&
        set_range(t->easy, fetch) &&
        curl_multi_add_handle(fetcher->multi, t->easy) == CURLM_OK) {
        fetcher->running++;
        return true;
    }
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    klingrec_status status = left_ms > 0 ? KLINGREC_ERR_SYSTEM : KLINGREC_ERR_TIMEOUT;
    if (why != NULL)
        fail(fetch, KLINGREC_ERR_IMAGE_URL, "%s", why);
    else
        fail(fetch, status, "%s", klingrec_status_string(status));
    return false;
}

/* ---- Ending -------------------------------------------------------------------- */

static void
set_total(struct transfer *t, bool is_whole)
{
    curl_off_t length = announced(t);
    if (is_partial(t))
        t->fetch->total = t->range_total;
    else if (length >= 0)
        t->fetch->total = (uint64_t)length;
    else if (is_whole)
        t->fetch->total = t->at;
}

static klingrec_status
status_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return KLINGREC_ERR_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return KLINGREC_ERR_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return KLINGREC_ERR_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return KLINGREC_ERR_TIMEOUT;
    default:
        return KLINGREC_ERR_TRANSFER;
    }
}

/* A code that another day may change is trouble of the network, not a wrong URL. */
static void
fail_with_code(struct fetch *fetch, long code)
{
    bool is_trouble = code >= 500 || code == 408 || code == 429;
    fail(fetch, is_trouble ? KLINGREC_ERR_TRANSFER : KLINGREC_ERR_IMAGE_URL, "HTTP %ld",
         code);
}

/* Each hop is a request of its own, under the same rules. */
static bool
follow(const struct transfer *t)
{
    struct fetch *fetch = t->fetch;
    char *where = NULL;
    if (curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &where) != CURLE_OK ||
        where == NULL || fetch->hops >= HOPS_MAX)
        return false;
    fetch->hops++;
    free(fetch->url);
    fetch->url = cli_copy_text(where);
    return true;
}

/* True: it was redirected. */
static bool
judge(struct transfer *t, CURLcode code)
{
    struct fetch *fetch = t->fetch;
    bool has_answer =
        code_of(t) != 0 && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
    bool is_whole = code == CURLE_OK;
    fetch->status = KLINGREC_OK;
    if (t->rules.is_refused && !has_answer) {
        fail(fetch, KLINGREC_ERR_IMAGE_URL, "its address %s is not a public one",
             t->rules.refused.text);
    } else if (t->is_too_long) {
        fail(fetch, KLINGREC_ERR_TRANSFER, "it has more than %" PRIu64 " bytes",
             fetch->max_bytes);
    } else if (t->is_unkept) {
        fail(fetch, KLINGREC_ERR_FILE, "it cannot be stored");
    } else if (has_answer && is_good(t) && (is_whole || t->is_enough)) {
        set_total(t, is_whole);
    } else if (has_answer && code_of(t) == 416 && fetch->from > 0) {
        fetch->total = fetch->from; /* there is no more */
    } else if (has_answer && !is_good(t)) {
        if (follow(t))
            return true;
        fail_with_code(fetch, code_of(t));
    } else {
        klingrec_status status = status_of(code);
        fail(fetch, status, "%s (%s)", klingrec_status_string(status),
             t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
    }
    return false;
}

static void
end(struct transfer *t)
{
    (void)curl_multi_remove_handle(t->fetcher->multi, t->easy);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    t->fetcher->running--;
}

/* The next request of a fetch that goes on, or the end of the fetch. */
static void
go_on(struct transfer *t, bool again)
{
    const struct fetch_calls *calls = t->fetcher->calls;
    while (!again || !begin(t)) {
        again = calls->done(calls->user, t->fetch);
        if (!again) {
            t->fetch = NULL;
            return;
        }
    }
}

/* ---- All ----------------------------------------------------------------------- */

static bool
start_next(struct transfer *t)
{
    const struct fetcher *fetcher = t->fetcher;
    t->fetch = fetcher->calls->next(fetcher->calls->user);
    if (t->fetch == NULL)
        return false;
    t->fetch->hops = 0;
    t->fetch->is_interrupted = false;
    t->end_ms = cli_now_ms() + fetcher->options->timeout_ms;
    go_on(t, true);
    return true;
}

/* Returns whether any has ended. */
static bool
collect(struct fetcher *fetcher)
{
    bool any = false;
    int left;
    for (CURLMsg *message;
         (message = curl_multi_info_read(fetcher->multi, &left)) != NULL;) {
        char *found = NULL; /* the type that libcurl 7.68 demands */
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* the message ends with the handle */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
        struct transfer *t = (void *)found;
        bool is_redirected = judge(t, code);
        end(t);
        go_on(t, is_redirected);
        any = true;
    }
    return any;
}

static void
interrupt(struct fetcher *fetcher)
{
    for (size_t i = 0; i < fetcher->options->jobs; i++) {
        struct transfer *t = &fetcher->transfers[i];
        if (t->fetch == NULL)
            continue;
        end(t);
        t->fetch->is_interrupted = true;
        fail(t->fetch, KLINGREC_ERR_CANCELED, "interrupted");
        (void)fetcher->calls->done(fetcher->calls->user, t->fetch);
        t->fetch = NULL;
    }
}

static void
work(struct fetcher *fetcher)
{
    bool more = true;
    while ((more || fetcher->running > 0) && !cli_interrupted()) {
        int running;
        for (size_t i = 0; more && i < fetcher->options->jobs; i++)
            if (fetcher->transfers[i].fetch == NULL)
                more = start_next(&fetcher->transfers[i]);
        (void)curl_multi_perform(fetcher->multi, &running);
        if (!collect(fetcher) && fetcher->running > 0)
            (void)curl_multi_poll(fetcher->multi, NULL, 0, POLL_MS, NULL);
    }
    interrupt(fetcher);
}

void
cli_fetch_all(const struct options *options, const struct fetch_calls *calls)
{
    struct fetcher fetcher = {.options = options, .calls = calls};
    cli_connect_protect(options);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    fetcher.local = cli_fetch_rules_origin(options);
    fetcher.multi = curl_multi_init();
    if (fetcher.multi == NULL)
        cli_out_of_memory();
    (void)curl_multi_setopt(fetcher.multi, MULTI_QUICK_EXIT, 1L);
    fetcher.transfers = cli_resize(NULL, options->jobs, sizeof *fetcher.transfers);
    for (size_t i = 0; i < options->jobs; i++)
        fetcher.transfers[i] = (struct transfer){.fetcher = &fetcher};
    work(&fetcher);
    free(fetcher.transfers);
    (void)curl_multi_cleanup(fetcher.multi);
}

bool
cli_fetch_is_possible(const struct options *options, const char *option)
{
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY"};
    const char *proxy =
        options->proxy != NULL && options->proxy[0] != '\0' ? "--proxy" : NULL;
    for (size_t i = sizeof variables / sizeof variables[0]; i-- > 0;)
        if (options->proxy == NULL && cli_host_is_set(variables[i]))
            proxy = variables[i];
    if (proxy != NULL)
        cli_say_error("%s connects directly, because a proxy chooses the address "
                      "itself; but %s is set. If this machine needs no proxy, use "
                      "--proxy \"\"",
                      option, proxy);
    return proxy == NULL;
}
