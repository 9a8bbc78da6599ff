/* SPDX-License-Identifier: MIT */
/* answer.h - the final result of one image */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <klingrec/klingrec.h>

enum { REGION_KINDS = 4 };

extern const uint32_t cli_region_kinds[REGION_KINDS];

/* A copy that does not depend on the client and its results. */
struct answer {
    size_t uses; /* references; rows of equal images share one */
    klingrec_status status;
    klingrec_delivery delivery;
    klingrec_finality finality;
    char *message;                       /* NULL after a success */
    unsigned char regions[REGION_KINDS]; /* 0: not reported, 1: no, 2: yes */
    char *region_list;                   /* a JSON list, never NULL */
    bool has_image;
    bool has_service_code;
    klingrec_image_info image;
    int http_status;
    int service_code;
    int64_t elapsed_ms; /* -1: not known */
    uint32_t attempts;
    char *service_message;
    char *request_id;
    char *code;
    char *units;
};

/* From a result of the library. */
struct answer *cli_answer_from_result(const klingrec_result *result);

/* For an image that was not submitted. info: NULL if the image was not checked. */
struct answer *cli_answer_fail(klingrec_status status, const char *message,
                               const klingrec_image_info *info);

struct answer *cli_answer_share(struct answer *answer);
void cli_answer_free(struct answer *answer);

#endif
