/* SPDX-License-Identifier: MIT */
/* transport_none.c - a build without libcurl, whose user supplies a transport */
#include "base/build.h"

#include "http/transport_curl.h"

#if !KLR_HAS_CURL

bool
klr_curl_is_built(void)
{
    return false;
}

klingrec_status
klr_curl_transport(klingrec_transport *transport, const klr_curl_options *options)
{
    (void)transport;
    (void)options;
    return KLINGREC_ERR_ARGUMENT;
}

size_t
klr_curl_version(char *buf, size_t size)
{
    static const char none[] = "no-libcurl";
    size_t len = sizeof none - 1 < size ? sizeof none - 1 : size - 1;
    memcpy(buf, none, len);
    buf[len] = '\0';
    return len;
}

#endif
