/* SPDX-License-Identifier: MIT */
/* result.h - the one immutable result of a job */
#ifndef KLR_RESULT_H
#define KLR_RESULT_H

#include "answer/json.h"
#include "http/exchange.h"

enum { KLR_PHASES = 6 }; /* KLINGREC_PHASE_* */

/* The part of a result that only a job with an attempt has. */
typedef struct klr_result_content {
    klr_arena arena; /* this struct, and behind it the answer's strings and regions */
    klr_arena_mark strings;
    klr_buf body;
    klr_answer answer;
    klingrec_image_info image;
    bool has_image;
    char request_id[128]; /* from a header; used when the body has none */
    char code_text[16];   /* answer.code as text */
    char message[768];
    uint64_t elapsed_ms[KLR_PHASES]; /* without _ALL and _QUEUE, which are computed */
} klr_result_content;

struct klingrec_result {
    klr_alloc alloc;
    klr_result_content *content; /* NULL: there is only the status */
    klingrec_job job;
    void *user_data;
    klingrec_status status;
    klingrec_delivery delivery;
    int http_status;
    uint32_t attempts;
    uint32_t retry_after_ms;
    uint64_t elapsed_ms; /* in total */
};

/* Allocated when the job is accepted, so that every job has one. NULL: no memory. */
klingrec_result *klr_result_new(const klr_alloc *alloc);

/* Before the first attempt; false when memory is short. */
bool klr_result_make_content(klingrec_result *result);

/* Forget the answer of an earlier attempt. The strings of the next go into
   content->arena, from content->strings on. */
void klr_result_forget_answer(klingrec_result *result);
/*
 * The body, HTTP status and waiting time come from the exchange, the fields from the
 * answer. The body is moved; the exchange's is empty afterwards.
 */
void klr_result_set_answer(klingrec_result *result, klingrec_exchange *x,
                           const klr_answer *answer);

/* Set status and message. detail: a line from the transport or the check, or NULL. */
void klr_result_finish(klingrec_result *result, klingrec_status status,
                       const char *detail);

#endif
