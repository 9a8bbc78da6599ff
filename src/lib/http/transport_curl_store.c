/* SPDX-License-Identifier: MIT */
/* transport_curl_store.c - certificates that many connections share */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"

#if KLR_HAS_CURL

#include <string.h>

/*
 * Before 7.87 libcurl parses its file of certificates for every connection, which takes
 * 40 ms for a system's bundle. There this file parses it, and gives each connection the
 * same store. libcurl offers the TLS context of the connection to a proxy in the same
 * way as that to the service, so with an https proxy it reads the certificates itself.
 */
#ifdef KLR_WEAK

typedef struct x509_store_st X509_STORE;
typedef struct ssl_ctx_st SSL_CTX;

KLR_WEAK X509_STORE *X509_STORE_new(void);
KLR_WEAK void X509_STORE_free(X509_STORE *store);
KLR_WEAK int X509_STORE_load_locations(X509_STORE *store, const char *file,
                                       const char *folder);
KLR_WEAK int X509_STORE_set_flags(X509_STORE *store, unsigned long flags);
KLR_WEAK void SSL_CTX_set1_cert_store(SSL_CTX *context, X509_STORE *store);
KLR_WEAK void ERR_clear_error(void);

/* X509_V_FLAG_TRUSTED_FIRST and X509_V_FLAG_PARTIAL_CHAIN, as libcurl sets them */
enum { STORE_FLAGS = 0x8000 | 0x80000 };

static const char *
certificates_of(const klr_curl *curl)
{
    return curl->ca_file != NULL ? curl->ca_file : klr_curl_default_ca_file();
}

static bool
can_share(const klr_curl *curl)
{
    if (klr_curl_is(KLR_CURL_CA_CACHE))
        return false;
    const char *proxy = klr_resolve_proxy(curl); /* may read the environment */
    return klr_tls_shows_inbound() && X509_STORE_new != NULL &&
           X509_STORE_free != NULL && X509_STORE_load_locations != NULL &&
           X509_STORE_set_flags != NULL && SSL_CTX_set1_cert_store != NULL &&
           ERR_clear_error != NULL && certificates_of(curl) != NULL &&
           (proxy == NULL || strncmp(proxy, "https://", 8) != 0);
}

/* NULL: libcurl will find out why. */
static X509_STORE *
load(const char *file)
{
    X509_STORE *store = X509_STORE_new();
    if (store != NULL && (X509_STORE_load_locations(store, file, NULL) != 1 ||
                          X509_STORE_set_flags(store, STORE_FLAGS) != 1)) {
        X509_STORE_free(store);
        store = NULL;
    }
    ERR_clear_error();
    return store;
}

/* The file may have changed since. */
static bool
refresh(klr_curl *curl)
{
    uint64_t now_ms = klr_monotonic_ms();
    if (curl->store != NULL &&
        now_ms - curl->store_since_ms >= KLR_CA_MAX_AGE_S * 1000u)
        klr_store_free(curl);
    if (curl->store == NULL) {
        curl->store = load(certificates_of(curl));
        curl->store_since_ms = now_ms;
    }
    return curl->store != NULL;
}

static CURLcode
use_store(CURL *easy, void *context, void *user)
{
    klr_curl *curl = user;
    (void)easy;
    if (!refresh(curl))
        return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set1_cert_store(context, curl->store);
    return CURLE_OK;
}

bool
klr_store_share(klr_curl *curl, CURL *easy)
{
    /* The data comes first: the function is not called without. */
    return can_share(curl) && refresh(curl) &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, curl) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

void
klr_store_free(klr_curl *curl)
{
    if (curl->store != NULL)
        X509_STORE_free(curl->store);
    curl->store = NULL;
}

#else

bool
klr_store_share(klr_curl *curl, CURL *easy)
{
    (void)curl;
    (void)easy;
    return false;
}

void
klr_store_free(klr_curl *curl)
{
    (void)curl;
}

#endif

#endif
