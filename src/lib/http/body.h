/* SPDX-License-Identifier: MIT */
/* body.h - the request's JSON text, generated while it is sent */
#ifndef KLR_BODY_H
#define KLR_BODY_H

#include "image/source.h"

/* {"image":"..."}: a URL as it is, or the image as base64. It is never in memory as
   a whole. */
typedef struct klr_body {
    klr_source *source;
    uint64_t text_size; /* of the string between the quotes */
    uint64_t at;        /* offset of the next byte to read */
    char group[4];      /* a base64 group that was split between two reads */
} klr_body;

void klr_body_init(klr_body *body, klr_source *source);

uint64_t klr_body_size(const klr_body *body);

/*
 * Up to len bytes (at least 1) into buf; *got is 0 only at the end. ERR_FILE when
 * the source fails or has changed: the last bytes of the body were not returned then,
 * so the request is incomplete.
 */
klingrec_status klr_body_read(klr_body *body, void *buf, size_t len, size_t *got);

void klr_body_rewind(klr_body *body);

#endif
