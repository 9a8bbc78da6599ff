/* SPDX-License-Identifier: MIT */
/* classify.h - what the outcome of an attempt means for the caller and for the bill */
#ifndef KLR_CLASSIFY_H
#define KLR_CLASSIFY_H

#include "answer/json.h"

/* How an attempt ended. */
typedef struct klr_outcome {
    klingrec_status transport; /* OK: a complete HTTP response was received */
    bool sent;                 /* the whole request left this machine */
    int http_status;           /* 0: none was received */
    const klr_answer *answer;  /* of a complete response, else NULL */
} klr_outcome;

typedef enum klr_retry {
    KLR_RETRY_NEVER, /* it would fail again */
    KLR_RETRY_SAFE,  /* certainly not processed */
    KLR_RETRY_UNSURE /* possibly processed: a retry may be billed too */
} klr_retry;

typedef struct klr_verdict {
    klingrec_status status;
    klingrec_delivery delivery;
    klr_retry retry;
} klr_verdict;

/* By the code in the answer first, by the HTTP status second. A pure function. */
klr_verdict klr_classify(const klr_outcome *outcome);

/* The one that is more likely to be billed: UNSURE, then ANSWERED, then NOT_SENT. */
klingrec_delivery klr_worse_delivery(klingrec_delivery a, klingrec_delivery b);

#endif
