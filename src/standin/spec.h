/* SPDX-License-Identifier: MIT */
/* spec.h - the requested answer: NAME[:delay=MS][:retry-after=TEXT]... */
#ifndef STANDIN_SPEC_H
#define STANDIN_SPEC_H

#include "answers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPEC_RETRY_AFTER = 80, SPEC_ERROR = 160, SPEC_DELAY_MAX = 600000 };

struct spec {
    const struct answer *answer; /* never NULL after a good parse */
    uint32_t delay_ms;
    char retry_after[SPEC_RETRY_AFTER]; /* "": none */
    int32_t retry_after_date;           /* seconds from now, if dated */
    bool dated;
};

/* False: error has the message. */
bool standin_spec_parse(const char *string, size_t len, struct spec *spec,
                        char error[SPEC_ERROR]);

/* A list of specs; each request gets the next one. */
struct script {
    struct spec *specs;
    size_t count;
    size_t at;
};

bool standin_script_parse(const char *string, struct script *script,
                          char error[SPEC_ERROR]);
const struct spec *standin_script_next(struct script *script);
void standin_script_free(struct script *script);

#endif /* STANDIN_SPEC_H */
