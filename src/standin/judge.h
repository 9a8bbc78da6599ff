/* SPDX-License-Identifier: MIT */
/* judge.h - checks a request as the service does */
#ifndef STANDIN_JUDGE_H
#define STANDIN_JUDGE_H

#include "answers.h"
#include "image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JUDGE_TEXT = 200 };

struct judgement {
    const struct answer *refusal; /* NULL: accepted */
    char text[JUDGE_TEXT];        /* of the refusal; "": the text of the answer */
    const char *kind;             /* "image", "url" or "" */
    struct image image;           /* also has the marker of a URL */
    size_t image_bytes;
};

/* key: the correct key. comet: a path of the gateway, which refuses a key with another
 * answer. authorization may be NULL. */
bool standin_judge_key(const char *authorization, const char *key, bool comet,
                       struct judgement *judgement);
void standin_judge_body(const char *body, size_t len, size_t max_image_bytes,
                        struct judgement *judgement);

#endif /* STANDIN_JUDGE_H */
