/* SPDX-License-Identifier: MIT */
/* transport_curl.h - the built-in transport, on libcurl */
#ifndef KLR_TRANSPORT_CURL_H
#define KLR_TRANSPORT_CURL_H

#include "base/alloc.h"

#include <klingrec/transport.h>

typedef struct klr_curl_options {
    const klr_alloc *alloc;
    const char *proxy;   /* NULL: libcurl's environment rules; "": none */
    const char *ca_file; /* ca_file and ca_pem NULL: the system's certificates */
    const char *ca_pem;
    uint32_t connect_timeout_ms;
    uint32_t max_connections;
    bool https; /* the endpoint's scheme; no other is allowed */
} klr_curl_options;

/* false: without libcurl there is none, and klr_curl_transport() is ERR_ARGUMENT. */
bool klr_curl_is_built(void);

/* OK, ERR_NOMEM, ERR_SYSTEM, or ERR_ARGUMENT: this libcurl does not take ca_pem. Copies
   what the options point to. */
klingrec_status klr_curl_transport(klingrec_transport *transport,
                                   const klr_curl_options *options);

/* "libcurl/7.88.1 OpenSSL/3.0.15" */
size_t klr_curl_version(char *buf, size_t size);

#endif
