/* transport_curl_rest.c - when a kept connection may carry another request */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"

#if KLR_HAS_CURL

/*
 * After a request is sent, a surplus response to the previous one looks like its own.
 * Surplus data, or the close of the connection, mostly follows shortly after a
 * response. So a kept connection rests for REST_MS before it is used again, until RESTS
 * rests in a row were silent. Data or a close during a rest starts the count again.
 * Only rests after a response with a Content-Length count: after others libcurl 7.88
 * silently discards data that came with the response.
 */
enum { REST_MS = 20, RESTS = 10 };

static bool
is_trusted(const klr_curl *curl)
{
    return curl->rests >= RESTS;
}

void
klr_rest_begin(klr_transfer *t)
{
    curl_off_t length = -1;
    klr_connection *c = t->connection;
    c->idle_since_ms = t->curl->idle_since_ms = klr_monotonic_ms();
    (void)curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    c->shows_surplus = length > 0;
}

/* libcurl may use any idle connection, so all of them must have rested. */
uint64_t
klr_rest_until_ms(const klr_curl *curl)
{
    return is_trusted(curl) ? 0 : curl->idle_since_ms + REST_MS;
}

klr_silence
klr_rest_check(klr_curl *curl, const klr_connection *c, klr_silence silence)
{
    /* libcurl may use it in the same call in which the previous transfer finished. */
    bool rested =
        c->transfer == NULL && klr_monotonic_ms() >= c->idle_since_ms + REST_MS;
    if (silence == KLR_SPEAKS && !klr_socket_is_ending(c->fd))
        curl->keeps = false; /* it may also do so when the transport cannot see it */
    else if (silence != KLR_SILENT)
        curl->rests = 0;
    else if (!rested && !is_trusted(curl))
        return KLR_CLOSED;
    else if (rested && c->shows_surplus && !is_trusted(curl))
        curl->rests++;
    return silence;
}

CURLcode
klr_rest_add(klr_transfer *t)
{
    klr_transfer **link = &t->curl->resting;
    if (klr_monotonic_ms() >= klr_rest_until_ms(t->curl)) {
        CURLMcode code = curl_multi_add_handle(t->curl->multi, t->easy);
        return code == CURLM_OK ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    }
    while (*link != NULL)
        link = &(*link)->next;
    t->next = NULL;
    *link = t;
    return CURLE_OK;
}

void
klr_rest_remove(klr_transfer *t)
{
    klr_transfer **link = &t->curl->resting;
    while (*link != NULL && *link != t)
        link = &(*link)->next;
    if (*link != NULL)
        *link = t->next;
    else
        (void)curl_multi_remove_handle(t->curl->multi, t->easy);
}

#endif
