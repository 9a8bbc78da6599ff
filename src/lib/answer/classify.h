/* classify.h - what the end of an attempt means for the caller and for the bill */
#ifndef KLR_CLASSIFY_H
#define KLR_CLASSIFY_H

#include "answer/json.h"

/* How an attempt ended. */
typedef struct klr_ending {
    klingrec_status transport; /* OK: a whole HTTP answer has arrived */
    bool sent;                 /* the whole request left this machine */
    int http_status;           /* 0: none arrived */
    const klr_answer *answer;  /* of a whole answer, else NULL */
} klr_ending;

typedef enum klr_retry {
    KLR_RETRY_NEVER, /* it would fail again */
    KLR_RETRY_SAFE,  /* surely not processed */
    KLR_RETRY_UNSURE /* perhaps processed: a retry may pay twice */
} klr_retry;

typedef struct klr_verdict {
    klingrec_status status;
    klingrec_delivery delivery;
    klr_retry retry;
} klr_verdict;

/* By the code in the answer first, by the HTTP status second. Pure. */
klr_verdict klr_classify(const klr_ending *ending);

/* Which of two deliveries a bill must fear more: UNSURE, ANSWERED, NOT_SENT. */
klingrec_delivery klr_worse_delivery(klingrec_delivery a, klingrec_delivery b);

#endif
