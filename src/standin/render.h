/* SPDX-License-Identifier: MIT */
/* render.h - writes the body and headers of an answer */
#ifndef STANDIN_RENDER_H
#define STANDIN_RENDER_H

#include "answers.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    RENDER_UUID = 37,
    RENDER_GATEWAY_ID = 40,
    RENDER_RAY = 17,
    /* Enough for every answer: the filler is 2 MiB. */
    RENDER_MAX = 4 * 1024 * 1024
};

/* The values of the names in a template, for one answer. */
struct render {
    const struct answer *answer;
    const char *text; /* NULL: the text of the answer */
    const char *method;
    const char *path;
    const char *origin;
    char uuid[RENDER_UUID];
    char gateway_id[RENDER_GATEWAY_ID];
    char ray[RENDER_RAY];
    uint32_t regions;
    uint32_t width; /* of the image; 0: not known */
    uint32_t height;
    bool kling; /* the success has Kling's shape */
};

/* Makes the ids of one request from a time and a random state, which must not be 0. */
void standin_render_ids(struct render *render, uint64_t *random, time_t seconds,
                        long nanos);

void standin_render_body(const struct render *render, struct text *out);
void standin_render_headers(const struct render *render, struct text *out);

#endif /* STANDIN_RENDER_H */
