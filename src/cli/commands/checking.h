/* SPDX-License-Identifier: MIT */
/* checking.h - checks images on several threads, and reports them in their order */
#ifndef CLI_CHECKING_H
#define CLI_CHECKING_H

#include "base/digest.h"
#include "options/options.h"

#include <klingrec/klingrec.h>

/* An image that was checked. */
struct checked {
    char *input;
    const char *below; /* in input: its path below the folder that was walked */
    char *error;       /* why it cannot be checked; NULL: it was */
    klingrec_status status;
    klingrec_image_info info;
    int64_t elapsed_ms;                 /* the check; -1: none */
    unsigned char digest[DIGEST_BYTES]; /* of a file that is good; only for --copy-to */
};

/* Called in the order of cli_checking_add(), by the thread that adds. False: report no
   more. */
typedef bool (*checking_fn)(void *user, const struct checked *checked);

struct checking;

struct checking *cli_checking_begin(const struct options *options,
                                    const klingrec_limits *limits, checking_fn report,
                                    void *user);

/* Checks a file, or, with an error, reports this and the status. Reports what is done
   meanwhile. A bounded number waits to be reported. */
void cli_checking_add(struct checking *checking, const char *input, const char *below,
                      klingrec_status status, const char *error);

/* Checks one that is no file, after all others. */
void cli_checking_now(struct checking *checking, const char *input,
                      const klingrec_request *request);

/* How many were added. */
size_t cli_checking_count(const struct checking *checking);

/* Reports the rest and frees it. */
void cli_checking_end(struct checking *checking);

#endif
