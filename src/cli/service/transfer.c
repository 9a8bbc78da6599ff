/* SPDX-License-Identifier: MIT */
/* transfer.c - one request of a fetch: what is asked for, what arrives, how it ends */
#include "service/transfer.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS_MAX = 5, HOP_BYTES = 65536, HEAD_BYTES = 65536, CONNECT_MS = 10000 };

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

void
cli_transfer_fail(struct fetch *fetch, klingrec_status status, const char *format, ...)
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

bool
cli_transfer_begin(struct transfer *t)
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
        cli_transfer_fail(fetch, KLINGREC_ERR_IMAGE_URL, "%s", why);
    else
        cli_transfer_fail(fetch, status, "%s", klingrec_status_string(status));
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
    cli_transfer_fail(fetch,
                      is_trouble ? KLINGREC_ERR_TRANSFER : KLINGREC_ERR_IMAGE_URL,
                      "HTTP %ld", code);
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

bool
cli_transfer_judge(struct transfer *t, CURLcode code)
{
    struct fetch *fetch = t->fetch;
    bool has_answer =
        code_of(t) != 0 && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
    bool is_whole = code == CURLE_OK;
    fetch->status = KLINGREC_OK;
    if (t->rules.is_refused && !has_answer) {
        cli_transfer_fail(fetch, KLINGREC_ERR_IMAGE_URL,
                          "its address %s is not a public one", t->rules.refused.text);
    } else if (t->is_too_long) {
        cli_transfer_fail(fetch, KLINGREC_ERR_TRANSFER,
                          "it has more than %" PRIu64 " bytes", fetch->max_bytes);
    } else if (t->is_unkept) {
        cli_transfer_fail(fetch, KLINGREC_ERR_FILE, "it cannot be stored");
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
        cli_transfer_fail(fetch, status, "%s (%s)", klingrec_status_string(status),
                          t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
    }
    return false;
}

void
cli_transfer_end(struct transfer *t)
{
    (void)curl_multi_remove_handle(t->fetcher->multi, t->easy);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    t->fetcher->running--;
}
