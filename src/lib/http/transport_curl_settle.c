/* SPDX-License-Identifier: MIT */
/* transport_curl_settle.c - when a kept connection may carry another request */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"

#if KLR_HAS_CURL

/*
 * After a request is sent, a surplus response to the previous one looks like its own.
 * Surplus data, or the close of the connection, mostly follows shortly after a
 * response. So a kept connection must settle for SETTLE_MS before it is used again,
 * until nothing has arrived in SETTLED_ENOUGH such waits in a row. Data or a close
 * during a wait starts the count again. Only waits after a response with a
 * Content-Length count: after others libcurl 7.88 silently discards data that came with
 * the response.
 */
enum { SETTLE_MS = 20, SETTLED_ENOUGH = 10 };

static bool
is_trusted(const klr_curl *curl)
{
    return curl->settled_count >= SETTLED_ENOUGH;
}

void
klr_settle_begin(klr_transfer *t)
{
    curl_off_t length = -1;
    klr_connection *c = t->connection;
    c->idle_since_ms = t->curl->idle_since_ms = klr_monotonic_ms();
    (void)curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    c->shows_surplus = length > 0;
}

/* libcurl may use any idle connection, so all of them must have settled. */
uint64_t
klr_settle_until_ms(const klr_curl *curl)
{
    return is_trusted(curl) ? 0 : curl->idle_since_ms + SETTLE_MS;
}

klr_inbound
klr_settle_check(klr_curl *curl, const klr_connection *c, klr_inbound inbound)
{
    /* libcurl may use it in the same call in which the previous transfer finished, or
       the HEAD of a warm-up, which is not known to be idle then. */
    bool was_idle = c->transfer == NULL && c->idle_since_ms != 0;
    bool settled = was_idle && klr_monotonic_ms() >= c->idle_since_ms + SETTLE_MS;
    if (inbound == KLR_INBOUND_DATA && !klr_socket_is_ending(c->fd))
        curl->keeps_connections =
            false; /* it may also do so when the transport cannot see it */
    else if (inbound != KLR_INBOUND_NONE)
        curl->settled_count = 0;
    else if (!settled && !is_trusted(curl))
        return KLR_INBOUND_CLOSED;
    else if (settled && c->shows_surplus && !is_trusted(curl))
        curl->settled_count++;
    return inbound;
}

/* To begin a TLS connection takes a millisecond, and curl_multi_perform() does it for
   all new transfers before it returns. So it gets one that needs a connection at a
   time, and those for which there are idle ones. */
bool
klr_settle_may_add(const klr_curl *curl)
{
    unsigned idle = 0;
    if (klr_monotonic_ms() < klr_settle_until_ms(curl))
        return false;
    if (!curl->https || curl->added == 0)
        return true;
    for (const klr_connection *c = curl->connections; c != NULL; c = c->next)
        idle += c->transfer == NULL && c->idle_since_ms != 0;
    return curl->added <= idle;
}

CURLcode
klr_settle_add(klr_transfer *t)
{
    if (!klr_settle_may_add(t->curl)) {
        klr_transfer_append(&t->curl->settling, t);
        return CURLE_OK;
    }
    t->curl->added++;
    t->connect_by_ms = klr_monotonic_ms() + (unsigned long)t->connect_ms;
    CURLMcode code = curl_multi_add_handle(t->curl->multi, t->easy);
    return code == CURLM_OK ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

void
klr_settle_remove(klr_transfer *t)
{
    if (!klr_transfer_unlink(&t->curl->settling, t))
        (void)curl_multi_remove_handle(t->curl->multi, t->easy);
}

#endif
