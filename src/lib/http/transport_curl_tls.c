/* SPDX-License-Identifier: MIT */
/* transport_curl_tls.c - whether OpenSSL holds data that libcurl does not show */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#if KLR_HAS_CURL

#include <string.h>

#ifdef KLR_WEAK

typedef struct ssl_st SSL;
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;

KLR_WEAK const char *OpenSSL_version(int type);
KLR_WEAK int SSL_has_pending(const SSL *ssl);
KLR_WEAK int SSL_peek(SSL *ssl, void *buf, int len);
KLR_WEAK int SSL_get_error(const SSL *ssl, int code);
KLR_WEAK BIO *SSL_get_rbio(const SSL *ssl);
KLR_WEAK BIO *SSL_get_wbio(const SSL *ssl);
KLR_WEAK void SSL_set0_rbio(SSL *ssl, BIO *bio);
KLR_WEAK void SSL_set0_wbio(SSL *ssl, BIO *bio);
KLR_WEAK BIO *BIO_new(const BIO_METHOD *method);
KLR_WEAK BIO *BIO_new_socket(int fd, int close);
KLR_WEAK const BIO_METHOD *BIO_s_mem(void);
KLR_WEAK size_t BIO_ctrl_pending(BIO *bio);
KLR_WEAK int BIO_up_ref(BIO *bio);
KLR_WEAK int BIO_free(BIO *bio);
KLR_WEAK void ERR_clear_error(void);

enum { WANT_READ = 2 }; /* SSL_ERROR_WANT_READ */

/* "OpenSSL/3.0.15" of libcurl, "OpenSSL 3.0.15 3 Sep 2024" of OpenSSL: a process may
   contain two of them, and the functions above may belong to the other one. */
static bool
is_libcurls_own(void)
{
    const char *theirs = curl_version_info(CURLVERSION_NOW)->ssl_version;
    const char *ours = OpenSSL_version != NULL ? OpenSSL_version(0) : NULL;
    if (theirs == NULL || ours == NULL)
        return false;
    for (; *theirs != '\0'; theirs++, ours++)
        if (*ours != (*theirs == '/' ? ' ' : *theirs))
            return false;
    return *ours == ' ' || *ours == '\0';
}

bool
klr_tls_shows_inbound(void)
{
    return SSL_has_pending != NULL && is_libcurls_own();
}

static bool
can_peek(void)
{
    return SSL_peek != NULL && SSL_get_error != NULL && SSL_get_rbio != NULL &&
           SSL_get_wbio != NULL && SSL_set0_rbio != NULL && SSL_set0_wbio != NULL &&
           BIO_new != NULL && BIO_new_socket != NULL && BIO_s_mem != NULL &&
           BIO_ctrl_pending != NULL && BIO_up_ref != NULL && BIO_free != NULL &&
           ERR_clear_error != NULL;
}

/*
 * Process what is on the socket up to the first byte of application data. A session
 * ticket or a key update of TLS 1.3 is not data, but looks the same on the socket.
 * libcurl's BIO works only inside libcurl's calls, so OpenSSL gets other BIOs for this
 * call. If OpenSSL writes to them, those bytes are lost, and the connection is closed.
 */
static klr_inbound
peek_through(SSL *ssl, BIO *in, BIO *out)
{
    char byte;
    klr_inbound inbound = KLR_INBOUND_CLOSED;
    BIO *rbio = SSL_get_rbio(ssl), *wbio = SSL_get_wbio(ssl);
    (void)BIO_up_ref(rbio);
    (void)BIO_up_ref(wbio);
    SSL_set0_rbio(ssl, in);
    SSL_set0_wbio(ssl, out);
    ERR_clear_error();
    int n = SSL_peek(ssl, &byte, 1);
    if (n > 0)
        inbound = KLR_INBOUND_DATA;
    else if (SSL_get_error(ssl, n) == WANT_READ && BIO_ctrl_pending(out) == 0)
        inbound = SSL_has_pending(ssl) != 0 ? KLR_INBOUND_DATA : KLR_INBOUND_NONE;
    SSL_set0_rbio(ssl, rbio);
    SSL_set0_wbio(ssl, wbio);
    ERR_clear_error();
    return inbound;
}

static klr_inbound
peek(SSL *ssl, curl_socket_t fd)
{
    if (!can_peek())
        return KLR_INBOUND_UNKNOWN;
    BIO *in = BIO_new_socket(fd, 0);
    BIO *out = BIO_new(BIO_s_mem());
    if (in != NULL && out != NULL)
        return peek_through(ssl, in, out);
    (void)BIO_free(in);
    (void)BIO_free(out);
    return KLR_INBOUND_UNKNOWN;
}

klr_inbound
klr_tls_inbound(CURL *easy, curl_socket_t fd)
{
    struct curl_tlssessioninfo *session = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
    if (session == NULL || session->backend != CURLSSLBACKEND_OPENSSL ||
        session->internals == NULL)
        return KLR_INBOUND_UNKNOWN;
    if (SSL_has_pending(session->internals) != 0)
        return KLR_INBOUND_DATA;
    klr_inbound inbound = klr_socket_inbound(fd);
    return inbound == KLR_INBOUND_DATA ? peek(session->internals, fd) : inbound;
}

#else

bool
klr_tls_shows_inbound(void)
{
    return false;
}

klr_inbound
klr_tls_inbound(CURL *easy, curl_socket_t fd)
{
    (void)easy;
    (void)fd;
    return KLR_INBOUND_UNKNOWN;
}

#endif

#endif
