/* SPDX-License-Identifier: MIT */
/* transfer.h - one request of a fetch; only for fetch.c */
#ifndef CLI_TRANSFER_H
#define CLI_TRANSFER_H

#include "base/say.h"
#include "service/fetch.h"
#include "service/fetch_rules.h"

struct fetcher {
    const struct options *options;
    const struct fetch_calls *calls;
    struct fetch_origin local;
    CURLM *multi;
    struct transfer *transfers;
    size_t running;
};

/* One request; a redirect is another one. */
struct transfer {
    struct fetcher *fetcher;
    struct fetch *fetch;
    CURL *easy; /* NULL: none is running */
    int64_t end_ms;
    struct fetch_rules rules;
    uint64_t at;          /* the position of the next byte that arrives */
    uint64_t range_first; /* of Content-Range */
    uint64_t range_total;
    size_t head_bytes; /* of the answer's headers */
    bool has_range;
    bool has_begun; /* bytes have arrived */
    bool is_enough; /* all that are wanted */
    bool is_too_long;
    bool is_unkept;
    char error[CURL_ERROR_SIZE];
};

/* Begins with the URL of t->fetch. False: it has failed. */
bool cli_transfer_begin(struct transfer *t);

/* How the request ended. True: it was redirected, to be begun again. */
bool cli_transfer_judge(struct transfer *t, CURLcode code);

/* Ends the request, also one that runs. */
void cli_transfer_end(struct transfer *t);

SAY_FORMAT(3, 4)
void cli_transfer_fail(struct fetch *fetch, klingrec_status status, const char *format,
                       ...);

#endif
