/* SPDX-License-Identifier: MIT */
/* breakdown.h - how many images failed, by reason and format */
#ifndef CLI_BREAKDOWN_H
#define CLI_BREAKDOWN_H

#include "base/json.h"

enum { REASONS_MAX = 48, FORMATS_MAX = 32 };

struct reason {
    klingrec_status status;
    size_t count;
    size_t formats[FORMATS_MAX]; /* of these, by KLINGREC_FORMAT_* */
};

struct breakdown {
    struct reason reasons[REASONS_MAX]; /* the most frequent first */
    size_t reason_count;
    size_t failed;
    size_t turned; /* images with an EXIF orientation other than 1 */
};

/* info: NULL if the image was not checked. */
void cli_breakdown_add(struct breakdown *breakdown, klingrec_status status,
                       const klingrec_image_info *info);

/* As notes. One failure needs no breakdown. */
void cli_breakdown_print(const struct breakdown *breakdown);

/* The same as members of an object. */
void cli_breakdown_json(const struct breakdown *breakdown, struct json *json);

#endif
