/* SPDX-License-Identifier: MIT */
/* libcurl_calls.h - calls of libcurl that fail on demand, or answer as another libcurl
   does */
#ifndef LIBCURL_CALLS_H
#define LIBCURL_CALLS_H

#include <curl/curl.h>
#include <stdbool.h>

/* A program with libcurl_calls.c and export_dynamic has functions of these names, which
   the dynamic linker finds before libcurl's. */

/* How libcurl differs from the installed one; all zero: it does not. Set it while there
   is no client. */
typedef struct libcurl_changes {
    unsigned version;    /* that it says it has */
    CURLoption refused;  /* curl_easy_setopt() refuses this option */
    CURLcode refusal;    /* with this; a call that fails on demand has it too */
    CURLcode every_end;  /* of transfers that succeed */
    bool has_no_tls;     /* it says so */
    bool has_no_folder;  /* of certificates, by default */
    bool tls_is_unknown; /* its TLS library is one that the client does not know */
} libcurl_changes;
extern libcurl_changes libcurl_changed;

/* What the client has set since a test cleared it. */
extern bool libcurl_has_quick_exit;  /* for the multi handle */
extern bool libcurl_has_ssl_context; /* CURLOPT_SSL_CTX_FUNCTION */

/* Count from 0 again. Call number `at`, from 1 on, fails; 0: none does. */
void libcurl_fail_at(unsigned long at);
/* Calls that can fail, since libcurl_fail_at(). */
unsigned long libcurl_count(void);
/* Which option the call that failed was to set, LIBCURL_MULTI for one of
   curl_multi_setopt(), or 0. */
int libcurl_failed_option(void);
enum { LIBCURL_MULTI = -1 };

#endif
