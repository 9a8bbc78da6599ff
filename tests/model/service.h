/* SPDX-License-Identifier: MIT */
/* service.h - what the service of a random program does with each request */
#ifndef MODEL_SERVICE_H
#define MODEL_SERVICE_H

#include <klingrec/klingrec.h>

typedef enum service_effect {
    UNSENT,  /* the request is not sent whole */
    LOST,    /* it is, and a whole answer does not come back */
    ANSWERED /* a whole answer comes back */
} service_effect;

typedef enum service_again {
    NEVER,
    IF_UNSURE_IS_RETRIED, /* KLINGREC_CLIENT_RETRY_UNSURE */
    ALWAYS
} service_again;

/* The course of one attempt, and what docs/errors.md and docs/cost.md say of it. */
typedef struct service_course {
    const char *name;
    service_effect effect;
    klingrec_status status; /* of the job, if this attempt is the last */
    service_again again;
    bool hangs;       /* until the client ends it */
    bool unsure;      /* answered, but the service may have lost the result */
    bool never_begun; /* the transport cannot start it */
    int http_status, code;
    unsigned retry_after_s; /* 0: not said */
    unsigned weight[2];     /* how often, of a service in good order and of another */
} service_course;

/* The same for the same seed, job and attempt, whatever happens meanwhile. Attempts
   count from 1 on. */
void service_init(uint32_t seed, bool fails);
const service_course *service_course_of(unsigned job, unsigned attempt);
uint32_t service_hash(unsigned job, unsigned attempt, unsigned what);

enum { SERVICE_TEXT_MAX = 1024, SERVICE_REGIONS_MAX = 4 };

/* The body of an answer. It names job and attempt in its request_id. */
void service_write_body(unsigned job, unsigned attempt, char *buf, size_t size);
/* The attempt whose answer a request_id names; 0: none of this job. */
unsigned service_attempt_of(unsigned job, const char *request_id);
/* Whether a success has exactly the regions of this attempt. */
bool service_has_regions(unsigned job, unsigned attempt, const klingrec_result *result);

/* ---- The image, which names its job ------------------------------------------ */

enum { SERVICE_IMAGE_MAX = 512 };

/* A PNG that passes the check, or a text that does not. Returns its length. */
size_t service_image(unsigned job, bool good, unsigned char *buf);
size_t service_base64(const unsigned char *bytes, size_t len, char *text);
void service_url(unsigned job, char *buf, size_t size);
/* The job that the first bytes of a request's body name; ends the program if none. */
unsigned service_job_of(const char *body, size_t len);

#endif
