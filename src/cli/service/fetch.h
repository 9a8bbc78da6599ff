/* SPDX-License-Identifier: MIT */
/* fetch.h - reads URLs that others name, several at once, under the rules of
   docs/security.md */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include "options/options.h"

#include <klingrec/klingrec.h>

enum { FETCH_TEXT = 300 };

/* An unknown length. */
#define FETCH_UNKNOWN UINT64_MAX

struct fetch {
    char *url;          /* allocated; a redirect replaces it */
    uint64_t from, end; /* read these bytes only; end 0: all */
    uint64_t max_bytes; /* of all bytes; more is an error */
    bool may_be_http;   /* http:// is allowed, too */
    int hops;           /* redirects that were followed */

    /* How it ended. */
    klingrec_status status;
    char message[FETCH_TEXT]; /* why not; "" if OK */
    uint64_t total;           /* the length of the whole */
    bool is_interrupted;
};

struct fetch_calls {
    /* The next one, or NULL. It stays the caller's. */
    struct fetch *(*next)(void *user);
    /* Some bytes, in their order. False: they cannot be kept; the fetch fails. */
    bool (*take)(void *user, struct fetch *fetch, const void *bytes, size_t len);
    /* It ended. True: fetch it again, with other numbers. */
    bool (*done)(void *user, struct fetch *fetch);
    void *user;
};

/* False: a proxy is set. It would choose the address, so no rule about addresses could
   hold. The error is reported; option: for its text. */
bool cli_fetch_is_possible(const struct options *options, const char *option);

/* Fetches until there is no next one, as many at once as --jobs says, each within the
   time of --timeout. A signal ends all. */
void cli_fetch_all(const struct options *options, const struct fetch_calls *calls);

#endif
