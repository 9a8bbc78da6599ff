/* SPDX-License-Identifier: MIT */
/* transport_curl_lookup_windows.c - no look-ups: libcurl does them */
#include "base/build.h"

#include "http/transport_curl_lookup.h"

#if KLR_HAS_CURL && defined(_WIN32)

#include <stddef.h>

/* Only versions before 7.87 need look-ups, and none of these comes with Windows. */
bool
klr_lookup_is_possible(void)
{
    return false;
}

klr_lookup *
klr_lookup_start(const char *host, CURLM *multi)
{
    (void)host;
    (void)multi;
    return NULL;
}

klr_lookup_state
klr_lookup_get(klr_lookup *lookup, char **addresses)
{
    (void)lookup;
    *addresses = NULL;
    return KLR_LOOKUP_FAILED;
}

void
klr_lookup_abandon(klr_lookup *lookup)
{
    (void)lookup;
}

#endif
