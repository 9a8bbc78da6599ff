/* SPDX-License-Identifier: MIT */
/* transport_curl_warm.c - opens a connection before there is a request for it */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"

#if KLR_HAS_CURL

/*
 * libcurl keeps a connection only after a request, so this sends one that asks for
 * nothing: HEAD, without the key. Whatever the answer is, the connection is then idle
 * like any other, and klr_settle_check() decides about it.
 */

/* libcurl keeps all headers in memory. */
static size_t
limit_head(char *bytes, size_t size, size_t count, void *user)
{
    klr_curl *curl = user;
    (void)bytes;
    curl->warm_head_bytes += size * count;
    return curl->warm_head_bytes <= KLR_HEAD_MAX ? size * count : 0;
}

/* HEAD has no body; libcurl's own function would print one. */
static size_t
refuse_body(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)size;
    (void)count;
    (void)user;
    return 0;
}

static bool
set_head_request(klr_curl *curl, CURL *easy, const char *url)
{
    const long limit_ms = (long)curl->connect_timeout_ms;
    return klr_curl_set_options(curl, easy) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, limit_head) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, curl) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, refuse_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
}

/* Whether a connection is open, or in use. libcurl closes idle ones that the server has
   closed, or that are too old, only when it looks for one. */
static bool
has_connection(const klr_curl *curl)
{
    uint64_t now_ms = klr_monotonic_ms();
    for (const klr_connection *c = curl->connections; c != NULL; c = c->next) {
        bool idle = c->transfer == NULL && c->idle_since_ms != 0;
        bool old = now_ms - c->idle_since_ms >= (uint64_t)KLR_IDLE_MAX_S * 1000;
        if (!idle || (!old && klr_socket_inbound(c->fd) != KLR_INBOUND_CLOSED &&
                      !klr_socket_is_ending(c->fd)))
            return true;
    }
    return false;
}

void
klr_warm_begin(klr_curl *curl, const char *url)
{
    /* Where the transport looks up names itself, it does so for requests only. */
    if (curl->warming != NULL || !curl->keeps_connections || curl->resolves ||
        has_connection(curl))
        return;
    curl->warm_head_bytes = 0;
    CURL *easy = curl_easy_init();
    if (easy != NULL && set_head_request(curl, easy, url) &&
        curl_multi_add_handle(curl->multi, easy) == CURLM_OK)
        curl->warming = easy;
    else
        curl_easy_cleanup(easy);
}

void
klr_warm_end(klr_curl *curl)
{
    char *peer = NULL;
    long local_port = 0;
    if (curl->warming == NULL)
        return;
    (void)curl_easy_getinfo(curl->warming, CURLINFO_PRIMARY_IP, &peer);
    (void)curl_easy_getinfo(curl->warming, CURLINFO_LOCAL_PORT, &local_port);
    klr_connection *c = peer != NULL && local_port > 0
                            ? klr_connection_find(curl, peer, (int)local_port)
                            : NULL;
    if (c != NULL)
        c->idle_since_ms = curl->idle_since_ms = klr_monotonic_ms();
    (void)curl_multi_remove_handle(curl->multi, curl->warming);
    curl_easy_cleanup(curl->warming);
    curl->warming = NULL;
}

#endif
