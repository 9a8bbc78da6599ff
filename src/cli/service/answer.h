/* answer.h - all that is known of an image once it is settled */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <klingrec/klingrec.h>

enum { REGION_KINDS = 4 };

extern const uint32_t cli_region_kinds[REGION_KINDS];

/* It outlives the client and its results, because a journal keeps it for years. */
struct answer {
    size_t uses; /* rows of equal images share one */
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
    uint32_t attempts;
    char *service_message;
    char *request_id;
    char *code;
    char *units;
};

/* Made by the service, or by the library in its place. */
struct answer *cli_answer_take(const klingrec_result *result);

/* Made here: no job ever was. info is NULL when it is not about the image. */
struct answer *cli_answer_fail(klingrec_status status, const char *message,
                               const klingrec_image_info *info);

struct answer *cli_answer_share(struct answer *answer);
void cli_answer_free(struct answer *answer);

#endif
