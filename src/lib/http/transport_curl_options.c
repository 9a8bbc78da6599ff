/* SPDX-License-Identifier: MIT */
/* transport_curl_options.c - the options of libcurl that all requests have in common */
#include "base/build.h"

#include "http/transport_curl_parts.h"

#include "base/sys.h"

#if KLR_HAS_CURL

static const struct {
    CURLoption option;
    long value;
} NUMBERS[] = {
    {CURLOPT_POST, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    /* HTTP/2 uploads cost more CPU, and 7.88 busy-waits on an exhausted window. */
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_NOPROGRESS, 0},
    {CURLOPT_MAXAGE_CONN, KLR_IDLE_MAX_S},
    /* A proxy's headers are not the service's. */
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    /* 7.88.1 frees a session twice when memory is short. */
    {CURLOPT_SSL_SESSIONID_CACHE, 0},
};

static CURLcode
set_numbers(CURL *easy)
{
    CURLcode code = CURLE_OK;
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0] && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, NUMBERS[i].option, NUMBERS[i].value);
    return code;
}

static CURLcode
set_connection(klr_curl *curl, CURL *easy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                                     (long)curl->connect_timeout_ms);
    if (code == CURLE_OK)
        code = klr_curl_allow(easy, curl->https);
    /* No proxy of the environment for http://: it would see the key. */
    if (code == CURLE_OK && (curl->proxy != NULL || !curl->https))
        code = curl_easy_setopt(easy, CURLOPT_PROXY,
                                curl->proxy != NULL ? curl->proxy : "");
    return code;
}

static CURLcode
set_sockets(klr_curl *curl, CURL *easy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, klr_socket_open);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, curl);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, klr_socket_close);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, curl);
    return code;
}

/* TLS libraries without CA folders refuse the option, even with NULL. */
static CURLcode
forget_ca_folder(CURL *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    return CURLE_OK;
}

static CURLcode
set_certificates(klr_curl *curl, CURL *easy)
{
    CURLcode code;
    /* Only OpenSSL has this cache. */
    (void)curl_easy_setopt(easy, KLR_CURLOPT_CA_CACHE_TIMEOUT, (long)KLR_CA_MAX_AGE_S);
    if (curl->ca_pem != NULL) {
        code = klr_curl_set_ca_pem(easy, curl->ca_pem);
        return code == CURLE_OK ? forget_ca_folder(easy) : code;
    }
    if ((curl->ca_file != NULL || curl->ca_folder == NULL) &&
        klr_store_share(curl, easy))
        return CURLE_OK;
    if (curl->ca_file != NULL) {
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, curl->ca_file);
        return code == CURLE_OK ? forget_ca_folder(easy) : code;
    }
    if (curl->ca_folder != NULL) {
        /* Parsing the bundle takes 40 ms; the two certificates needed take no time. */
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        return code == CURLE_OK
                   ? curl_easy_setopt(easy, CURLOPT_CAPATH, curl->ca_folder)
                   : code;
    }
    /* libcurl for Windows with OpenSSL has no certificates of its own. */
    if (KLR_HAS_CERTIFICATE_STORE)
        (void)curl_easy_setopt(easy, CURLOPT_SSL_OPTIONS, KLR_CURLSSLOPT_NATIVE_CA);
    /* If a folder is set too, libcurl parses the bundle for every connection. */
    return klr_curl_default_ca_file() != NULL ? forget_ca_folder(easy) : CURLE_OK;
}

CURLcode
klr_curl_set_options(klr_curl *curl, CURL *easy)
{
    CURLcode code = set_numbers(easy);
    /* Do not wait for a resolver that hangs; from 7.87 up to 8.19. */
    (void)curl_easy_setopt(easy, KLR_CURLOPT_QUICK_EXIT, 1L);
    if (code == CURLE_OK)
        code = set_connection(curl, easy);
    if (code == CURLE_OK)
        code = set_sockets(curl, easy);
    return code == CURLE_OK ? set_certificates(curl, easy) : code;
}

#endif
