/* attempt.h - one attempt of a job: image, request, and what its end means */
#ifndef KLR_ATTEMPT_H
#define KLR_ATTEMPT_H

#include "answer/classify.h"
#include "client/job.h"

/*
 * Before its first attempt a job's image is opened and checked; later this does
 * nothing. Not OK: why the job ends, with one line for people in `why`, or "".
 */
klingrec_status klr_attempt_prepare(klingrec_client *client, klr_job *job, char *why,
                                    size_t size);

/* Begin an attempt. OK: it runs, or has ended already. Else nothing has begun, and the
   job ends as after klr_attempt_prepare(). */
klingrec_status klr_attempt_start(klingrec_client *client, klr_job *job, char *why,
                                  size_t size);

/* What the attempt's end means; adds it to the result. The exchange is gone. */
klr_verdict klr_attempt_ended(klingrec_client *client, klr_job *job);

/* Why the image could not be read while it was sent, as one line. */
void klr_attempt_explain_source(const klr_job *job, char *buf, size_t size);

/* Closes the image; does nothing when there is no attempt. */
void klr_attempt_free(klingrec_client *client, klr_job *job);

#endif
