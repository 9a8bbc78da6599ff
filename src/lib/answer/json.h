/* json.h - the body of an answer as typed fields */
#ifndef KLR_JSON_H
#define KLR_JSON_H

#include "base/alloc.h"

/*
 * What the service or a gateway said, in whichever of its shapes. 0, false and NULL
 * where it said nothing; strings live in the arena. Of a document inside the message
 * the code, the message and, where the outer has none, the request id are taken.
 */
typedef struct klr_answer {
    bool is_object;           /* the body is one JSON object */
    bool is_unread;           /* the body, or a document inside the message, begins as
                                 JSON and was not read whole: it may hold any code */
    bool has_code;            /* code is set: an integer, or a string that is one */
    bool has_data;            /* "data" is an object */
    int code;                 /* the service's own: 0 is success */
    const char *gateway_code; /* a code that is a word: "model_not_found" */
    const char *outer_code;   /* the word of the document around it, if it had one */
    bool inner_success;       /* the document inside the message has code 0 */
    const char *message;      /* at most 1 KiB, no control characters, and without
                                 "(request id: X)" at its end */
    const char *request_id;   /* visible ASCII; from that end if nowhere else */
    const char *units;        /* data.final_unit_deduction, as text */
    const klingrec_region *regions; /* those with a type and a plain yes or no */
    size_t region_count;
} klr_answer;

/* Once per process, before any thread uses klr_json_parse(). */
void klr_json_setup(void);

/* OK whatever the body is, or ERR_NOMEM and an empty answer. */
klingrec_status klr_json_parse(klr_arena *arena, const char *body, size_t len,
                               klr_answer *answer);

/* "2.14": of the JSON library in use. */
const char *klr_json_version(void);

#endif
