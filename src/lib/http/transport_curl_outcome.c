/* SPDX-License-Identifier: MIT */
/* transport_curl_outcome.c - the status of a finished transfer */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/text.h"

#if KLR_HAS_CURL

static klingrec_status
status_of(CURLcode code)
{
    static const struct {
        CURLcode code;
        klingrec_status status;
    } table[] = {
        {CURLE_OK, KLINGREC_OK},
        {CURLE_OUT_OF_MEMORY, KLINGREC_ERR_NOMEM},
        {CURLE_COULDNT_RESOLVE_HOST, KLINGREC_ERR_RESOLVE},
        {CURLE_COULDNT_RESOLVE_PROXY, KLINGREC_ERR_RESOLVE},
        {CURLE_COULDNT_CONNECT, KLINGREC_ERR_CONNECT},
        {KLR_CURLE_PROXY, KLINGREC_ERR_CONNECT},
        {CURLE_OPERATION_TIMEDOUT, KLINGREC_ERR_TIMEOUT},
        {CURLE_ABORTED_BY_CALLBACK, KLINGREC_ERR_TIMEOUT}, /* on_progress() */
        {CURLE_SSL_CONNECT_ERROR, KLINGREC_ERR_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, KLINGREC_ERR_TLS},
        {CURLE_SSL_CACERT_BADFILE, KLINGREC_ERR_TLS},
        {CURLE_SSL_CERTPROBLEM, KLINGREC_ERR_TLS},
        {CURLE_SSL_CIPHER, KLINGREC_ERR_TLS},
        {CURLE_SSL_ENGINE_NOTFOUND, KLINGREC_ERR_TLS},
        {CURLE_SSL_ENGINE_SETFAILED, KLINGREC_ERR_TLS},
        {CURLE_SSL_ENGINE_INITFAILED, KLINGREC_ERR_TLS},
        {CURLE_SSL_ISSUER_ERROR, KLINGREC_ERR_TLS},
        {CURLE_SSL_CRL_BADFILE, KLINGREC_ERR_TLS},
        {CURLE_SSL_INVALIDCERTSTATUS, KLINGREC_ERR_TLS},
        {CURLE_SSL_PINNEDPUBKEYNOTMATCH, KLINGREC_ERR_TLS},
        {CURLE_WRITE_ERROR, KLINGREC_ERR_RESPONSE_BYTES},
        {KLR_CURLE_TOO_LARGE, KLINGREC_ERR_RESPONSE_BYTES},
        {CURLE_WEIRD_SERVER_REPLY, KLINGREC_ERR_RESPONSE},
        {CURLE_UNSUPPORTED_PROTOCOL, KLINGREC_ERR_RESPONSE},
        {CURLE_BAD_CONTENT_ENCODING, KLINGREC_ERR_RESPONSE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return table[i].status;
    return KLINGREC_ERR_TRANSFER;
}

/* Whether the connection was ready for the request. From 7.80 on `begun` tells. There
   CURLINFO_PRETRANSFER_TIME_T does not: libcurl 8.14 sets it after an upload, and 8.22
   before a proxy's answer. */
static bool
has_begun(const klr_transfer *t)
{
    curl_off_t ready = 0;
    if (!klr_curl_is(KLR_CURL_PREREQ))
        (void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready != 0 || t->begun || t->connected || t->head.bytes > 0;
}

/* libcurl 8.14 reports the failed allocation of a certificate as a TLS error. */
static bool
lacked_memory(CURLcode code, const char *error)
{
    return status_of(code) == KLINGREC_ERR_TLS &&
           strstr(error, "could not get X509-") != NULL;
}

static bool
is_of_connecting(CURLcode code)
{
    klingrec_status status = status_of(code);
    return status == KLINGREC_ERR_RESOLVE || status == KLINGREC_ERR_CONNECT ||
           status == KLINGREC_ERR_TLS;
}

CURLcode
klr_transfer_correct(klr_transfer *t, CURLcode code)
{
    const char *error = NULL;
    if (code == CURLE_WRITE_ERROR && t->foreign) {
        error = "the server responded before it had received the request";
        code = CURLE_RECV_ERROR;
    } else if (code == CURLE_ABORTED_BY_CALLBACK && t->inbound == KLR_INBOUND_DATA) {
        error = "the server sent data before the request";
        code = CURLE_WEIRD_SERVER_REPLY;
    } else if (code == CURLE_ABORTED_BY_CALLBACK && t->inbound == KLR_INBOUND_CLOSED) {
        error = "the connection was closed before the request";
        code = CURLE_SEND_ERROR;
    } else if (code == CURLE_WRITE_ERROR && t->head.not_http1) {
        error = "the response is not HTTP/1";
        code = CURLE_WEIRD_SERVER_REPLY;
    } else if (code == CURLE_WRITE_ERROR && t->head.malformed && t->head.whole) {
        error = "a trailer of the response is malformed";
        code = CURLE_RECV_ERROR;
    } else if (code == CURLE_WRITE_ERROR && t->head.malformed) {
        error = "a line of the response headers is malformed";
        code = CURLE_WEIRD_SERVER_REPLY;
    } else if (code == CURLE_WRITE_ERROR && t->head.bytes > KLR_HEAD_MAX) {
        error = "the response headers are longer than 64 KiB";
    } else if (t->was_sent && is_of_connecting(code)) {
        error = "the connection ended before the response, and another one failed";
        code = CURLE_RECV_ERROR;
    } else if ((code == CURLE_WEIRD_SERVER_REPLY ||
                code == CURLE_UNSUPPORTED_PROTOCOL) &&
               !has_begun(t)) {
        /* A proxy's reply, from libcurl 8.23 on, or a socket that is refused. */
        code = CURLE_RECV_ERROR;
    } else if (code == CURLE_WEIRD_SERVER_REPLY && t->head.whole) {
        code = CURLE_RECV_ERROR; /* newer versions of libcurl check trailers too */
    } else if (code == CURLE_OK && !t->head.whole) {
        error = "the connection was closed within the response headers";
        code = CURLE_PARTIAL_FILE;
    } else if (code == CURLE_ABORTED_BY_CALLBACK) {
        error =
            "no connection within the time limit, although the other side sends data";
    } else if (lacked_memory(code, t->error)) {
        code = CURLE_OUT_OF_MEMORY;
    } else if (code == CURLE_OUT_OF_MEMORY && t->error[0] == '\0') {
        error = "in libcurl, or a response header is longer than 100 KiB";
    } else if (strncmp(t->error, "Unsupported proxy", 17) == 0) {
        error = "libcurl does not support this proxy"; /* its text shows secrets */
    }
    if (error != NULL)
        (void)klr_text_copy(t->error, sizeof t->error, error);
    return code;
}

/* A connection that breaks in the TLS handshake is a network error, not a TLS error. */
static bool
broke_in_handshake(CURLcode code, const char *error)
{
    return code == CURLE_SSL_CONNECT_ERROR &&
           (strstr(error, "SSL_ERROR_SYSCALL") != NULL ||
            strstr(error, "Connection reset") != NULL ||
            strstr(error, "unexpected eof") != NULL);
}

klingrec_status
klr_transfer_status(const klr_transfer *t, CURLcode code)
{
    klingrec_status status = status_of(code);
    if (broke_in_handshake(code, t->error))
        return KLINGREC_ERR_CONNECT;
    /* libcurl reports a proxy's refusal as an error of the transfer. */
    return status == KLINGREC_ERR_TRANSFER && !has_begun(t) ? KLINGREC_ERR_CONNECT
                                                            : status;
}

static bool
has_uploaded_all(const klr_transfer *t)
{
    curl_off_t uploaded = 0;
    /* Until then libcurl still returns the upload size of the previous exchange. */
    if (!t->connected)
        return false;
    (void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    return (uint64_t)uploaded >= klingrec_exchange_body_size(t->x);
}

void
klr_transfer_connection_closes(klr_transfer *t, bool end_unsent)
{
    t->connection = NULL;
    t->end_unsent = end_unsent;
    t->was_sent = t->was_sent || (!end_unsent && has_uploaded_all(t));
}

bool
klr_transfer_sent(const klr_transfer *t, CURLcode code)
{
    if (t->was_sent || t->end_unsent)
        return t->was_sent;
    return code == CURLE_SEND_FAIL_REWIND || /* sent, on the connection that failed */
           has_uploaded_all(t);
}

/* Not after a new connection, which may have replaced a kept one that failed: libcurl
   7.88 counts such failures over the lifetime of the handle and gives up at the sixth.
 */
bool
klr_transfer_is_reusable(const klr_transfer *t, CURLcode code)
{
    long new_connections = 1;
    (void)curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    return code == CURLE_OK && new_connections == 0 && klr_transfer_sent(t, code);
}

#endif
