/* SPDX-License-Identifier: MIT */
/* transport_curl_resolve.c - looks up the host's address before libcurl needs it */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"
#include "base/text.h"

#if KLR_HAS_CURL

#include <stdlib.h>

/*
 * Before libcurl 7.87, the end of a transfer waits for a resolver that hangs. There the
 * transport looks up the name itself, and gives libcurl the address. A client has one
 * endpoint, so it has one name: that of its proxy, or of the endpoint.
 */
enum { ADDRESSES_MAX_AGE_MS = 60000 }; /* as in libcurl */

typedef struct host_port {
    char *name, *port;
} host_port;

static void
free_host(host_port *h)
{
    curl_free(h->name);
    curl_free(h->port);
}

static bool
is_address(const char *name)
{
    return name[0] == '[' || name[strspn(name, "0123456789.")] == '\0';
}

/* false: it needs no lookup, or libcurl does it. */
static bool
parse_host(const char *url, bool is_proxy, host_port *h)
{
    CURLU *parts = curl_url();
    bool ok =
        parts != NULL &&
        curl_url_set(parts, CURLUPART_URL, url,
                     CURLU_NON_SUPPORT_SCHEME | CURLU_DEFAULT_SCHEME) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &h->name, 0) == CURLUE_OK;
    if (ok && curl_url_get(parts, CURLUPART_PORT, &h->port, 0) != CURLUE_OK)
        ok = is_proxy && strncmp(url, "https://", 8) != 0
                 ? false /* libcurl's default is not that of the scheme */
                 : curl_url_get(parts, CURLUPART_PORT, &h->port, CURLU_DEFAULT_PORT) ==
                       CURLUE_OK;
    curl_url_cleanup(parts);
    return ok && !is_address(h->name);
}

static const char *
variable(const char *lower, const char *upper)
{
    const char *value = getenv(lower);
    return value != NULL ? value : getenv(upper);
}

/* The proxy that libcurl takes from the environment. */
static const char *
proxy_of_environment(void)
{
    const char *proxy = variable("https_proxy", "HTTPS_PROXY");
    return proxy != NULL ? proxy : variable("all_proxy", "ALL_PROXY");
}

const char *
klr_resolve_proxy(const klr_curl *curl)
{
    const char *proxy = curl->proxy;
    if (proxy == NULL && curl->https)
        proxy = proxy_of_environment();
    return proxy == NULL || proxy[0] == '\0' ? NULL : proxy;
}

/* The name that has to be looked up: the proxy's or the endpoint's. false: as
   parse_host(). */
static bool
find_host(const klr_transfer *t, host_port *h)
{
    const klr_curl *curl = t->curl;
    const char *proxy = klr_resolve_proxy(curl);
    if (proxy == NULL)
        return parse_host(klingrec_exchange_url(t->x), false, h);
    /* Only libcurl knows whether no_proxy contains this host. */
    if (curl->proxy == NULL && variable("no_proxy", "NO_PROXY") != NULL)
        return false;
    return parse_host(proxy, true, h);
}

static void
abandon_lookup(klr_curl *curl)
{
    klr_lookup_abandon(curl->lookup);
    curl->lookup = NULL;
}

static void
start_lookup(const klr_transfer *t, const char *name)
{
    klr_curl *curl = t->curl;
    /* A look-up that hangs may succeed if it is started again. */
    if (curl->lookup != NULL && klr_monotonic_ms() >= curl->lookup_by_ms)
        abandon_lookup(curl);
    if (curl->lookup != NULL)
        return;
    curl->lookup = klr_lookup_start(name, curl->multi);
    curl->lookup_by_ms = t->connect_by_ms;
}

static CURLcode
make_entry(klr_transfer *t, const host_port *h)
{
    const klr_alloc *alloc = &t->curl->texts.alloc;
    size_t size = strlen(h->name) + strlen(h->port) + strlen(t->curl->addresses) + 3;
    char *entry = klr_new(alloc, size);
    if (entry == NULL)
        return CURLE_OUT_OF_MEMORY;
    (void)klr_text_add(entry, size, 0, "%s:%s:%s", h->name, h->port,
                       t->curl->addresses);
    t->addresses = curl_slist_append(NULL, entry);
    klr_free(alloc, entry, size);
    return t->addresses != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* Give libcurl the address, and what is left of the time to connect. */
static CURLcode
set_address(klr_transfer *t, const host_port *h)
{
    uint64_t now_ms = klr_monotonic_ms();
    t->connect_ms = t->connect_by_ms > now_ms ? (long)(t->connect_by_ms - now_ms) : 1;
    (void)curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(t->addresses);
    t->addresses = NULL;
    CURLcode code = make_entry(t, h);
    if (code == CURLE_OK)
        code = curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->addresses);
    return code == CURLE_OK
               ? curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, t->connect_ms)
               : code;
}

/* Go on with addresses that are known. */
static CURLcode
add_known(klr_transfer *t)
{
    host_port h = {NULL, NULL};
    CURLcode code = find_host(t, &h) ? set_address(t, &h) : CURLE_OK;
    free_host(&h);
    return code == CURLE_OK ? klr_settle_add(t) : code;
}

/* Set the error text that libcurl would set. */
static CURLcode
fail_lookup(klr_transfer *t, CURLcode code)
{
    host_port h = {NULL, NULL};
    (void)find_host(t, &h);
    (void)klr_text_add(t->error, sizeof t->error, 0, "Could not resolve host: %s",
                       h.name != NULL ? h.name : "");
    free_host(&h);
    return code;
}

CURLcode
klr_resolve_add(klr_transfer *t)
{
    klr_curl *curl = t->curl;
    host_port h = {NULL, NULL};
    bool known =
        curl->addresses != NULL && klr_monotonic_ms() < curl->addresses_until_ms;
    if (!curl->resolves || known)
        return curl->resolves ? add_known(t) : klr_settle_add(t);
    bool needed = find_host(t, &h);
    if (needed)
        start_lookup(t, h.name);
    free_host(&h);
    if (!needed)
        return klr_settle_add(t);
    klr_transfer_append(&curl->resolving, t);
    return CURLE_OK;
}

bool
klr_resolve_remove(klr_transfer *t)
{
    return klr_transfer_unlink(&t->curl->resolving, t);
}

static klr_lookup_state
read_lookup(klr_curl *curl)
{
    char *found;
    if (curl->lookup == NULL)
        return curl->addresses != NULL ? KLR_LOOKUP_FOUND : KLR_LOOKUP_FAILED;
    klr_lookup_state state = klr_lookup_get(curl->lookup, &found);
    if (state == KLR_LOOKUP_RUNS)
        return state;
    abandon_lookup(curl);
    free(curl->addresses);
    curl->addresses = found;
    curl->addresses_until_ms = klr_monotonic_ms() + ADDRESSES_MAX_AGE_MS;
    return state;
}

klr_transfer *
klr_resolve_next(klr_curl *curl, CURLcode *code)
{
    klr_transfer *t = curl->resolving;
    if (t == NULL)
        return NULL;
    klr_lookup_state state = read_lookup(curl);
    if (state == KLR_LOOKUP_RUNS && klr_monotonic_ms() < t->connect_by_ms)
        return NULL;
    curl->resolving = t->next;
    if (state == KLR_LOOKUP_FOUND)
        *code = add_known(t);
    else if (state == KLR_LOOKUP_FAILED)
        *code = fail_lookup(t, CURLE_COULDNT_RESOLVE_HOST);
    else
        *code = fail_lookup(t, CURLE_OPERATION_TIMEDOUT);
    return t;
}

uint64_t
klr_resolve_until_ms(const klr_curl *curl)
{
    return curl->resolving != NULL ? curl->resolving->connect_by_ms : UINT64_MAX;
}

void
klr_resolve_close(klr_curl *curl)
{
    abandon_lookup(curl);
    free(curl->addresses);
    curl->addresses = NULL;
}

#endif
