/* SPDX-License-Identifier: MIT */
/* fetch_rules.h - where a fetch may lead: schemes, addresses, and nothing of the user's
 */
#ifndef CLI_FETCH_RULES_H
#define CLI_FETCH_RULES_H

#include "base/net.h"
#include "options/options.h"

enum { ORIGIN_MAX = 320 };

/* The endpoint as "http://127.0.0.1:8080" if it is on this machine, else "". */
struct fetch_origin {
    char text[ORIGIN_MAX];
};

/* Of one request. */
struct fetch_rules {
    bool is_local;          /* to the endpoint on this machine */
    bool is_refused;        /* for its address */
    struct address refused; /* that address */
};

struct fetch_origin cli_fetch_rules_origin(const struct options *options);

/* Sets the URL, and what holds for every request. NULL, or why the URL is not fetched.
   rules must stay valid as long as easy. */
const char *cli_fetch_rules_set(CURL *easy, const char *url, bool may_be_http,
                                const struct options *options,
                                const struct fetch_origin *local,
                                struct fetch_rules *rules);

#endif
