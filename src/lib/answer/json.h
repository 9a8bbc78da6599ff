/* SPDX-License-Identifier: MIT */
/* json.h - the body of an answer as typed fields */
#ifndef KLR_JSON_H
#define KLR_JSON_H

#include "base/alloc.h"

/*
 * The fields of an answer of the service or of a gateway, in any of its formats. A
 * missing field is 0, false or NULL; strings are in the arena. A document inside of the
 * message supplies the code, the message and, if the outer one has none, the request
 * id.
 */
typedef struct klr_answer {
    bool is_object;           /* the body is one JSON object */
    bool has_unparsed;        /* the body, or a document inside the message, begins as
                                 JSON but was not fully parsed, or the body is not text:
                                 it may have any code */
    bool has_code;            /* code is set: an integer, or a string that is one */
    bool has_data;            /* "data" is an object */
    int code;                 /* the service's own: 0 is success */
    const char *gateway_code; /* a code that is a word: "model_not_found" */
    const char *outer_code;   /* the outer document's word, if both have one */
    bool inner_success;       /* the document inside the message has code 0 */
    const char *message;      /* at most 1 KiB, without control characters and
                                 without "(request id: X)" at its end */
    const char *request_id;   /* visible ASCII; a field, or from the message's end */
    const char *units;        /* data.final_unit_deduction, as text */
    const klingrec_region *regions; /* those with a type and a boolean */
    size_t region_count;
} klr_answer;

/* Once per process, before any thread uses klr_json_parse(). */
void klr_json_setup(void);

/* OK for every body, or ERR_NOMEM with an empty answer. */
klingrec_status klr_json_parse(klr_arena *arena, const char *body, size_t len,
                               klr_answer *answer);

/* The version of jansson in use: "2.14". */
const char *klr_json_version(void);

#endif
