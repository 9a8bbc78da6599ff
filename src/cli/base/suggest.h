/* SPDX-License-Identifier: MIT */
/* suggest.h - the candidate that is most similar to a misspelt word */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* Offer every candidate, then read best. */
struct suggestion {
    const char *wrong;
    size_t len;
    const char *best; /* NULL: none is similar */
    size_t distance;
};

struct suggestion cli_suggest_for(const char *wrong, size_t len);
void cli_suggest_offer(struct suggestion *suggestion, const char *candidate);

#endif
