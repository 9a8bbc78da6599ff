/* SPDX-License-Identifier: MIT */
/* job.c - one job from its request to its result */
#include "base/build.h"

#include "client/job.h"

#include "client/attempt.h"
#include "client/client.h"

/* ---- Lists ------------------------------------------------------------------ */

void
klr_job_list_add(klr_job_list *list, klr_job *job)
{
    job->next = NULL;
    if (list->last != NULL)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

klr_job *
klr_job_list_pop(klr_job_list *list)
{
    klr_job *job = list->first;
    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->last = NULL;
    job->next = NULL;
    return job;
}

/* ---- Life ------------------------------------------------------------------- */

/* What is kept of the request's data behind the job: the reader, or a copy of it. Texts
   get a NUL at the end, with or without a length. */
static klingrec_status
measure_data(klingrec_request *request, bool copy, size_t *size)
{
    bool is_bytes = request->from == KLINGREC_FROM_BYTES;
    *size = 0;
    if (request->data == NULL)
        return is_bytes && request->len == 0 ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT;
    if (request->from == KLINGREC_FROM_READER) {
        *size = sizeof(klingrec_reader);
    } else if (copy) {
        if (request->len == 0 && !is_bytes)
            request->len = strlen(request->data);
        if (request->len > SIZE_MAX - sizeof(klr_job) - 1)
            return KLINGREC_ERR_ARGUMENT;
        *size = request->len + 1;
    }
    return KLINGREC_OK;
}

static klingrec_status
keep_data(klr_job *job, size_t size)
{
    klingrec_request *request = &job->request;
    klingrec_status status = KLINGREC_OK;
    char *copy = (char *)(job + 1);

    if (size == 0)
        return KLINGREC_OK;
    if (request->from == KLINGREC_FROM_READER) {
        status = klr_reader_import((klingrec_reader *)(job + 1), request->data);
    } else {
        memcpy(copy, request->data, request->len);
        copy[request->len] = '\0';
    }
    request->data = copy;
    return status;
}

klingrec_status
klr_job_new(klingrec_client *client, const klingrec_request *request, bool copy,
            klr_job **out)
{
    klingrec_request known = *request;
    size_t size;
    *out = NULL;
    klingrec_status status = measure_data(&known, copy, &size);
    if (status != KLINGREC_OK)
        return status;
    klr_job *job = klr_resize(&client->alloc, NULL, 0, sizeof *job + size);
    if (job == NULL)
        return KLINGREC_ERR_NOMEM;
    memset(job, 0, sizeof *job);
    job->size = sizeof *job + size;
    job->request = known;
    job->request.release = NULL; /* not before the job is accepted */
    status = keep_data(job, size);
    if (status == KLINGREC_OK) {
        job->result = klr_result_new(&client->alloc);
        status = job->result != NULL ? KLINGREC_OK : KLINGREC_ERR_NOMEM;
    }
    if (status != KLINGREC_OK) {
        klr_job_free(client, job);
        return status;
    }
    job->request.release = request->release;
    job->result->user_data = request->user_data;
    *out = job;
    return KLINGREC_OK;
}

void
klr_job_free(klingrec_client *client, klr_job *job)
{
    klr_attempt_free(client, job);
    klingrec_result_free(job->result);
    if (job->request.release != NULL)
        job->request.release(job->request.release_user);
    klr_free(&client->alloc, job, job->size);
}

void
klr_job_finish(klingrec_client *client, klr_job *job, klingrec_status status,
               const char *why)
{
    job->result->attempts = job->task.attempts;
    job->result->elapsed_ms = client->clock_ms() - job->submitted_ms;
    klr_result_finish(job->result, status, why);
    klr_attempt_free(client, job);
}
