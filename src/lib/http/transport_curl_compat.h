/* SPDX-License-Identifier: MIT */
/* transport_curl_compat.h - the differences between versions of libcurl, from 7.68 on.
   A program may run with another version than it was built with, in both directions. */
#ifndef KLR_TRANSPORT_CURL_COMPAT_H
#define KLR_TRANSPORT_CURL_COMPAT_H

#include "base/build.h"

#if KLR_HAS_CURL

#include <stdbool.h>

#include <curl/curl.h>

/* Versions as in curl_version_info_data.version_num. */
enum {
    KLR_CURL_MIN = 0x074400,        /* 7.68: curl_multi_wakeup() */
    KLR_CURL_PREREQ = 0x075000,     /* 7.80: CURLOPT_PREREQFUNCTION */
    KLR_CURL_OWN_BIO = 0x075700,    /* 7.87: TLS writes without SIGPIPE */
    KLR_CURL_QUICK_EXIT = 0x075700, /* 7.87: a hanging resolver is left behind */
    KLR_CURL_CA_CACHE = 0x075700    /* 7.87: certificates are parsed once a minute */
};

/* Newer than 7.68, so by number: older headers lack the names. An older library
   returns CURLE_UNKNOWN_OPTION. */
#define KLR_CURLOPT(type, number)    ((CURLoption)(CURLOPTTYPE_##type + (number)))
#define KLR_CURLOPT_PREREQFUNCTION   KLR_CURLOPT(FUNCTIONPOINT, 312)        /* 7.80 */
#define KLR_CURLOPT_PREREQDATA       KLR_CURLOPT(OBJECTPOINT, 313)          /* 7.80 */
#define KLR_CURLOPT_PROTOCOLS_STR    KLR_CURLOPT(OBJECTPOINT, 318)          /* 7.85 */
#define KLR_CURLOPT_CA_CACHE_TIMEOUT KLR_CURLOPT(LONG, 321)                 /* 7.87 */
#define KLR_CURLOPT_QUICK_EXIT       KLR_CURLOPT(LONG, 322)                 /* 7.87 */
#define KLR_CURLOPT_CAINFO_BLOB      ((CURLoption)(40000 + 309))            /* 7.77 */
#define KLR_CURLMOPT_QUICK_EXIT      ((CURLMoption)(CURLOPTTYPE_LONG + 21)) /* 8.20 */
/* Deprecated in newer headers, which warn. */
#define KLR_CURLOPT_PROTOCOLS KLR_CURLOPT(LONG, 181)

#define KLR_CURLSSLOPT_NATIVE_CA 16L /* 7.71 */

/*
 * For the functions of the OpenSSL that libcurl uses, found in the process at run time:
 * this library is built without OpenSSL and also runs with a libcurl that uses another
 * TLS library. Nor are they hidden where all else is. Not defined where there are no
 * weak symbols.
 */
#if defined(__ELF__) && defined(__GNUC__)
#define KLR_WEAK __attribute__((weak, visibility("default")))
#endif

/* Of KLR_CURLOPT_PREREQFUNCTION. */
enum { KLR_PREREQ_OK = 0, KLR_PREREQ_ABORT = 1 };

#define KLR_CURLE_PROXY     ((CURLcode)97)  /* 7.73 */
#define KLR_CURLE_TOO_LARGE ((CURLcode)100) /* 8.6; before: CURLE_OUT_OF_MEMORY */

/* Whether the libcurl in this process is at least of that version. */
bool klr_curl_is(unsigned version);

/* Allow http or https only. */
CURLcode klr_curl_allow(CURL *easy, bool https);

/* Trust the certificates of this PEM text, which must stay valid as long as easy. */
CURLcode klr_curl_set_ca_pem(CURL *easy, const char *pem);
/* Whether libcurl and its TLS library can do that. After curl_global_init(). */
bool klr_curl_takes_ca_pem(void);

/* libcurl's default certificates: a file, and a folder with OpenSSL's hashed names.
   NULL: there is none, or it is not known. */
const char *klr_curl_default_ca_file(void);
const char *klr_curl_default_ca_folder(void);

#endif
#endif
