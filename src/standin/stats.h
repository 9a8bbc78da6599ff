/* SPDX-License-Identifier: MIT */
/* stats.h - statistics of requests and answers, for tests */
#ifndef STANDIN_STATS_H
#define STANDIN_STATS_H

#include "answers.h"
#include "judge.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats {
    const char *key; /* is never shown */
    uint64_t requests;
    uint64_t bytes;
    uint64_t connections;
    uint64_t key_elsewhere;
    uint64_t redirects_followed;
    uint64_t masks;
    uint64_t masks_with_authorization;
    size_t max_in_flight;
    uint64_t *answers; /* one counter per row of the table */
    json_t *last;
};

bool standin_stats_init(struct stats *stats, const char *key);
void standin_stats_reset(struct stats *stats);
void standin_stats_free(struct stats *stats);

/* The value, or another text if it contains the key. */
const char *standin_stats_redact(const struct stats *stats, const char *value);

/* The same as JSON, with another text if it is not UTF-8. NULL: out of memory. */
json_t *standin_stats_show(const struct stats *stats, const char *value);

/* Takes ownership of the reference to headers, which must not contain the key. */
void standin_stats_request(struct stats *stats, const char *method, const char *path,
                           const char *version, const char *authorization,
                           json_t *headers);
void standin_stats_answer(struct stats *stats, const struct answer *answer,
                          size_t body_bytes, const struct judgement *judgement);

/* A JSON text; the caller frees it. NULL: out of memory. */
char *standin_stats_print(const struct stats *stats, size_t in_flight,
                          size_t script_left);

#endif /* STANDIN_STATS_H */
