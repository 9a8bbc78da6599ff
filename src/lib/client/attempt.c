/* SPDX-License-Identifier: MIT */
/* attempt.c - one attempt of a job: image, request, and what its end means */
#include "base/build.h"

#include "client/attempt.h"

#include "answer/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/client.h"
#include "image/check.h"

static void
end_exchange(klingrec_client *client, klr_attempt *attempt)
{
    klr_exchange_free(&attempt->exchange);
    klr_secret_free(&client->alloc, attempt->bearer);
    attempt->bearer = NULL;
}

static void
free_attempt(klingrec_client *client, klr_attempt *attempt)
{
    if (attempt == NULL)
        return;
    klr_free(&client->alloc, attempt->memory, KLR_LOAD_MAX);
    klr_free(&client->alloc, attempt, sizeof *attempt);
}

void
klr_attempt_free(klingrec_client *client, klr_job *job)
{
    klr_attempt *attempt = job->attempt;
    if (attempt == NULL)
        return;
    if (attempt->source_open)
        klr_source_close(&attempt->source);
    end_exchange(client, attempt);
    job->attempt = NULL;
    klr_attempt *other = client->spare_attempt;
    client->spare_attempt = attempt;
    free_attempt(client, other);
}

void
klr_attempt_free_spare(klingrec_client *client)
{
    free_attempt(client, client->spare_attempt);
    client->spare_attempt = NULL;
}

/* Zeroed but for its memory: the one that ended last, or a new one. */
static klr_attempt *
new_attempt(klingrec_client *client)
{
    klr_attempt *attempt = client->spare_attempt;
    if (attempt == NULL)
        return klr_new(&client->alloc, sizeof *attempt);
    unsigned char *memory = attempt->memory;
    client->spare_attempt = NULL;
    memset(attempt, 0, sizeof *attempt);
    attempt->memory = memory;
    return attempt;
}

/* ---- The image -------------------------------------------------------------- */

/* Without memory for it, a small file is read like a large one. */
static klingrec_status
load_small(klingrec_client *client, klr_attempt *attempt)
{
    if (!klr_source_is_loadable(&attempt->source))
        return KLINGREC_OK;
    if (attempt->memory == NULL)
        attempt->memory = klr_resize(&client->alloc, NULL, 0, KLR_LOAD_MAX);
    return attempt->memory != NULL ? klr_source_load(&attempt->source, attempt->memory)
                                   : KLINGREC_OK;
}

/* Check the image, unless the client leaves that to the service. The result keeps what
   was found. */
static klingrec_status
check_image(klingrec_client *client, klr_job *job, klingrec_image_info *info)
{
    klr_source *source = &job->attempt->source;
    klr_result_content *content = job->result->content;

    klr_source_watch(source, klr_wall_clock_s());
    klingrec_status status = load_small(client, job->attempt);
    if (status == KLINGREC_OK && job->request.from != KLINGREC_FROM_URL &&
        (client->flags & KLINGREC_CLIENT_NO_CHECK) == 0) {
        bool header_only = (job->request.flags & KLINGREC_REQUEST_HEADER_ONLY) != 0;
        status = klr_image_check(source, &client->limits, header_only, info);
        content->has_image = status != KLINGREC_ERR_FILE;
        content->image = *info;
    }
    if (status == KLINGREC_OK)
        status = klr_source_finish_check(source);
    if (status == KLINGREC_ERR_FILE) {
        content->has_image = false;
        *info = klingrec_image_info_default();
        info->detail = source->detail;
        info->system_error = source->system_error;
    }
    return status;
}

static klingrec_status
open_image(klingrec_client *client, klr_job *job, char *why, size_t size)
{
    klr_attempt *attempt = job->attempt;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_status status = klr_source_open(&attempt->source, &job->request, &info);

    attempt->source_open = status == KLINGREC_OK;
    if (status == KLINGREC_OK)
        status = check_image(client, job, &info);
    if (status != KLINGREC_OK)
        (void)klingrec_image_explain(&info, &client->limits, why, size);
    return status;
}

klingrec_status
klr_attempt_prepare(klingrec_client *client, klr_job *job, char *why, size_t size)
{
    why[0] = '\0';
    if (job->attempt != NULL)
        return KLINGREC_OK;
    job->attempt = new_attempt(client);
    if (job->attempt == NULL || !klr_result_make_content(job->result))
        return KLINGREC_ERR_NOMEM;
    uint64_t begin_ms = client->clock_ms();
    klingrec_status status = open_image(client, job, why, size);
    job->result->content->elapsed_ms[KLINGREC_PHASE_CHECK] =
        client->clock_ms() - begin_ms;
    return status;
}

void
klr_attempt_explain_source(const klr_job *job, char *buf, size_t size)
{
    klingrec_image_info info = klingrec_image_info_default();
    info.detail = job->attempt->source.detail;
    info.system_error = job->attempt->source.system_error;
    (void)klingrec_image_explain(&info, NULL, buf, size);
}

/* ---- The request ------------------------------------------------------------ */

/* The Authorization header of this attempt. NULL, with *status set, if none. */
static const char *
authorization(klingrec_client *client, klr_job *job, klingrec_status *status)
{
    *status = KLINGREC_OK;
    if (client->token == NULL)
        return client->bearer;
    *status = klr_secret_ask(&client->alloc, client->token, client->token_user,
                             &job->attempt->bearer);
    return job->attempt->bearer;
}

klingrec_status
klr_attempt_start(klingrec_client *client, klr_job *job, char *why, size_t size)
{
    klingrec_status status;
    klr_attempt *attempt = job->attempt;
    klingrec_exchange *x = &attempt->exchange;

    const char *bearer = authorization(client, job, &status);
    if (status == KLINGREC_ERR_AUTH)
        (void)klr_text_copy(why, size, "the token callback gave no usable token");
    if (status != KLINGREC_OK)
        return status;
    attempt->started_ms = client->clock_ms(); /* now that the image has been read */
    if (job->task.deadline_at_ms <= attempt->started_ms)
        return KLINGREC_ERR_TIMEOUT;
    klr_body_init(&attempt->body, &attempt->source);
    klr_exchange_init(x, client->endpoint, &attempt->body, &client->alloc);
    x->headers[0] = (klr_header){"Content-Type", "application/json"};
    x->headers[1] = (klr_header){"Accept", "application/json"};
    x->headers[2] = (klr_header){"User-Agent", client->user_agent};
    x->headers[3] = (klr_header){"Authorization", bearer};
    x->wall_clock_s = klr_wall_clock_s();
    x->clock_ms = client->clock_ms;
    job->stop = KLINGREC_OK;
    attempt->deadline_at_ms = attempt->started_ms + client->attempt_timeout_ms;
    if (job->task.deadline_at_ms < attempt->deadline_at_ms)
        attempt->deadline_at_ms = job->task.deadline_at_ms;

    /* A transport that cannot start counts as an attempt that failed at once. */
    status = client->transport.start(client->transport.user, x);
    if (status != KLINGREC_OK && !x->ended)
        klingrec_exchange_end(x, status, false, NULL);
    return KLINGREC_OK;
}

/* ---- The end ---------------------------------------------------------------- */

/* Some servers repeat the key that they refuse. In JSON it may have escapes, so the
   parsed texts are searched as well. */
static void
hide_key(klr_job *job, const char *bearer)
{
    klingrec_exchange *x = &job->attempt->exchange;
    klr_secret_hide(bearer, x->response.data, x->response.len);
    klr_secret_hide(bearer, x->request_id, strlen(x->request_id));
    klr_secret_hide(bearer, x->detail, strlen(x->detail));
}

/* Add the attempt's time to its phases. A phase that has not ended lasted until now. */
static void
add_elapsed(const klingrec_client *client, klr_job *job)
{
    const klingrec_exchange *x = &job->attempt->exchange;
    uint64_t *elapsed_ms = job->result->content->elapsed_ms;
    uint64_t now_ms = client->clock_ms();
    uint64_t connected_ms = x->upload_began_ms != 0 ? x->upload_began_ms : now_ms;
    uint64_t uploaded_ms = x->upload_ended_ms != 0 ? x->upload_ended_ms : now_ms;
    elapsed_ms[KLINGREC_PHASE_CONNECT] += connected_ms - job->attempt->started_ms;
    elapsed_ms[KLINGREC_PHASE_UPLOAD] += uploaded_ms - connected_ms;
    elapsed_ms[KLINGREC_PHASE_WAIT] += now_ms - uploaded_ms;
}

klr_verdict
klr_attempt_finish(klingrec_client *client, klr_job *job)
{
    klingrec_result *result = job->result;
    klingrec_exchange *x = &job->attempt->exchange;
    klingrec_status parsed = KLINGREC_OK;
    klr_result_content *content = result->content;
    klr_answer answer = {0};

    if (x->status == KLINGREC_ERR_CANCELED && job->stop != KLINGREC_OK)
        x->status = job->stop;
    const char *bearer =
        job->attempt->bearer != NULL ? job->attempt->bearer : client->bearer;
    hide_key(job, bearer);
    add_elapsed(client, job);

    /* Parse, classify, then fill in the result. */
    bool complete = x->status == KLINGREC_OK;
    klr_result_forget_answer(result);
    if (complete)
        parsed =
            klr_json_parse(&content->arena, x->response.data, x->response.len, &answer);
    klr_arena_visit(&content->arena, &content->strings, klr_secret_hide, bearer);
    klr_outcome outcome = {x->status, x->sent, x->http_status,
                           complete ? &answer : NULL};
    klr_verdict verdict = klr_classify(&outcome);
    if (parsed != KLINGREC_OK) {
        /* The service answered, and there is no memory for the answer. */
        verdict.status = parsed;
        verdict.delivery = KLINGREC_DELIVERY_UNSURE;
        verdict.retry = KLR_RETRY_NEVER;
    }
    klr_result_set_answer(result, x, &answer);
    result->delivery = klr_worse_delivery(result->delivery, verdict.delivery);
    end_exchange(client, job->attempt);
    return verdict;
}
