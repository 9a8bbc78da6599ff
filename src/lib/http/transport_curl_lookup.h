/* SPDX-License-Identifier: MIT */
/* transport_curl_lookup.h - looks up a host name on a thread of its own */
#ifndef KLR_TRANSPORT_CURL_LOOKUP_H
#define KLR_TRANSPORT_CURL_LOOKUP_H

#include "base/build.h"

#if KLR_HAS_CURL

#include <stdbool.h>

#include <curl/curl.h>

typedef struct klr_lookup klr_lookup;

typedef enum klr_lookup_state {
    KLR_LOOKUP_RUNS,
    KLR_LOOKUP_FOUND,
    KLR_LOOKUP_FAILED
} klr_lookup_state;

/* Whether this system has klr_lookup_start(). */
bool klr_lookup_is_possible(void);
/* The thread calls curl_multi_wakeup(multi) at its end. NULL: no memory, no thread, or
   16 look-ups of this process hang. */
klr_lookup *klr_lookup_start(const char *host, CURLM *multi);
/* KLR_LOOKUP_FOUND is returned once. *addresses is then "192.0.2.1,[2001:db8::1]", for
   free(); else NULL. */
klr_lookup_state klr_lookup_get(klr_lookup *lookup, char **addresses);
/* Does not wait for the thread, which no longer uses multi. lookup may be NULL. */
void klr_lookup_abandon(klr_lookup *lookup);

#endif
#endif
