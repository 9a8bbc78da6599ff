/* SPDX-License-Identifier: MIT */
/* attempt.h - one attempt of a job: image, request, and what its end means */
#ifndef KLR_ATTEMPT_H
#define KLR_ATTEMPT_H

#include "answer/classify.h"
#include "client/job.h"

/*
 * Open and check the job's image before its first attempt; later this does nothing. An
 * error ends the job; `why` then has one line for people, or "".
 */
klingrec_status klr_attempt_prepare(klingrec_client *client, klr_job *job, char *why,
                                    size_t size);

/* Begin an attempt. OK: it runs, or has ended already. An error ends the job without an
   attempt, as in klr_attempt_prepare(). */
klingrec_status klr_attempt_start(klingrec_client *client, klr_job *job, char *why,
                                  size_t size);

/* After its exchange has ended: free the exchange, add what came back to the result,
   and return what it means. */
klr_verdict klr_attempt_finish(klingrec_client *client, klr_job *job);

/* Why the image could not be read while it was sent, as one line. */
void klr_attempt_explain_source(const klr_job *job, char *buf, size_t size);

/* Closes the image; does nothing when there is no attempt. */
void klr_attempt_free(klingrec_client *client, klr_job *job);
void klr_attempt_free_spare(klingrec_client *client);

#endif
