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

/* Texts are copied with a NUL at the end, with or without a length. */
static klingrec_status
copy_data(klingrec_client *client, klr_job *job)
{
    klingrec_request *request = &job->request;
    bool is_text = request->from != KLINGREC_FROM_BYTES;
    size_t len = request->len == 0 && is_text ? strlen(request->data) : request->len;

    if (len == SIZE_MAX)
        return KLINGREC_ERR_ARGUMENT;
    job->copy_size = len + 1;
    job->copy = klr_resize(&client->alloc, NULL, 0, job->copy_size);
    if (job->copy == NULL)
        return KLINGREC_ERR_NOMEM;
    if (len > 0)
        memcpy(job->copy, request->data, len);
    ((char *)job->copy)[len] = '\0';
    request->data = job->copy;
    request->len = len;
    return KLINGREC_OK;
}

static klingrec_status
keep_data(klingrec_client *client, klr_job *job, bool copy)
{
    klingrec_request *request = &job->request;

    if (request->data == NULL)
        return request->from == KLINGREC_FROM_BYTES && request->len == 0
                   ? KLINGREC_OK
                   : KLINGREC_ERR_ARGUMENT;
    if (request->from != KLINGREC_FROM_READER)
        return copy ? copy_data(client, job) : KLINGREC_OK;
    job->copy_size = sizeof(klingrec_reader);
    job->copy = klr_new(&client->alloc, job->copy_size);
    if (job->copy == NULL)
        return KLINGREC_ERR_NOMEM;
    klingrec_status status = klr_reader_import(job->copy, request->data);
    request->data = job->copy;
    return status;
}

klingrec_status
klr_job_new(klingrec_client *client, const klingrec_request *request, bool copy,
            klr_job **out)
{
    klr_job *job = klr_new(&client->alloc, sizeof *job);
    *out = NULL;
    if (job == NULL)
        return KLINGREC_ERR_NOMEM;
    job->request = *request;
    job->request.release = NULL; /* not before the job is accepted */
    klingrec_status status = keep_data(client, job, copy);
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
    klr_free(&client->alloc, job->copy, job->copy_size);
    if (job->request.release != NULL)
        job->request.release(job->request.release_user);
    klr_free(&client->alloc, job, sizeof *job);
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
