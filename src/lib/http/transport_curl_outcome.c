/* transport_curl_outcome.c - what the end of a transfer means */
#include "http/transport_curl_parts.h"

#include "base/text.h"

/* CURLE_TOO_LARGE, which a header before 8.6 lacks and a newer libcurl returns all the
   same. Before that it is CURLE_OUT_OF_MEMORY. */
enum { TOO_LARGE = 100 };

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
        {CURLE_PROXY, KLINGREC_ERR_CONNECT},
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
        {(CURLcode)TOO_LARGE, KLINGREC_ERR_RESPONSE_BYTES},
        {CURLE_WEIRD_SERVER_REPLY, KLINGREC_ERR_RESPONSE},
        {CURLE_UNSUPPORTED_PROTOCOL, KLINGREC_ERR_RESPONSE},
        {CURLE_BAD_CONTENT_ENCODING, KLINGREC_ERR_RESPONSE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return table[i].status;
    return KLINGREC_ERR_TRANSFER;
}

CURLcode
klr_transfer_check(klr_transfer *t, CURLcode code)
{
    const char *error = NULL;
    if (code == CURLE_WRITE_ERROR && t->foreign) {
        error = "an answer came that was sent before the request had arrived";
        code = CURLE_RECV_ERROR;
    } else if (code == CURLE_ABORTED_BY_CALLBACK && t->silence == KLR_SPEAKS) {
        error = "the server sent something before the request";
        code = CURLE_WEIRD_SERVER_REPLY;
    } else if (code == CURLE_ABORTED_BY_CALLBACK && t->silence == KLR_CLOSED) {
        error = "the connection was closed before the request";
        code = CURLE_SEND_ERROR;
    } else if (code == CURLE_WRITE_ERROR && t->head.not_http1) {
        error = "the answer is of another version of HTTP than 1";
        code = CURLE_WEIRD_SERVER_REPLY;
    } else if (code == CURLE_WRITE_ERROR && t->head.bytes > KLR_HEAD_MAX) {
        error = "its headers are longer than 64 KiB";
    } else if (code == CURLE_OK && !t->head.whole) {
        error = "the connection was closed in the middle of the answer's head";
        code = CURLE_PARTIAL_FILE;
    } else if (code == CURLE_ABORTED_BY_CALLBACK) {
        error = "no connection yet, though the other side goes on talking";
    } else if (code == CURLE_OUT_OF_MEMORY && t->error[0] == '\0') {
        error = "in libcurl, or a header of the answer is longer than 100 KiB";
    } else if (strncmp(t->error, "Unsupported proxy", 17) == 0) {
        error = "the proxy is not one that libcurl takes"; /* its words show secrets */
    }
    if (error != NULL)
        (void)klr_text_copy(t->error, sizeof t->error, error);
    return code;
}

/* A connection that breaks in the handshake is a broken line, not a bad peer. */
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
    curl_off_t ready = 0;
    if (broke_in_handshake(code, t->error))
        return KLINGREC_ERR_CONNECT;
    /* A proxy that refuses comes as an error of the transfer. */
    (void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return status == KLINGREC_ERR_TRANSFER && ready == 0 ? KLINGREC_ERR_CONNECT
                                                         : status;
}

bool
klr_transfer_sent(const klr_transfer *t, CURLcode code)
{
    curl_off_t uploaded = 0;
    if (t->held_back)
        return false;
    if (code == CURLE_SEND_FAIL_REWIND) /* it was, on the connection that died */
        return true;
    /* Before that libcurl still says how much of the last exchange was sent. */
    if (!t->connected)
        return false;
    (void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    return (uint64_t)uploaded >= klingrec_exchange_body_size(t->x);
}

/* Not after a connection was made, be it only because a kept one had died: 7.88 counts
   those deaths over the handle's whole life, and at the sixth it gives up. */
bool
klr_transfer_is_reusable(const klr_transfer *t, CURLcode code)
{
    long new_connections = 1;
    (void)curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    return code == CURLE_OK && new_connections == 0 && klr_transfer_sent(t, code);
}
