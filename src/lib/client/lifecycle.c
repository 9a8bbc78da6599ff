/* SPDX-License-Identifier: MIT */
/* lifecycle.c - create a client from its configuration, and free it; the version */
#include "base/build.h"

#include "client/attempt.h"
#include "client/client.h"
#include "client/engine.h"
#include "client/process.h"
#include "client/worker.h"

#include "answer/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/config.h"
#include "http/transport_curl.h"
#include "image/check.h"

#define OWN_AGENT "klingrec/" KLINGREC_VERSION_STRING

/* ---- Once per process ------------------------------------------------------- */

static klr_once_flag library_once = KLR_ONCE_INIT;
static char version_text[128];

static void
set_up_library(void)
{
    size_t size = sizeof version_text, len;
    klr_json_setup();
    len = klr_text_add(version_text, size, 0, OWN_AGENT " ");
    len += klr_curl_version(version_text + len, size - len);
    (void)klr_text_add(version_text, size, len, " jansson/%s", klr_json_version());
}

uint32_t
klingrec_version(void)
{
    return KLINGREC_VERSION_NUMBER;
}

const char *
klingrec_version_string(void)
{
    klr_once(&library_once, set_up_library);
    return version_text;
}

/* ---- Creating --------------------------------------------------------------- */

static klingrec_status
copy_texts(klingrec_client *client, const klingrec_config *config)
{
    char agent[KLR_CONFIG_TEXT_MAX + sizeof OWN_AGENT + 1];
    size_t len = klr_text_add(agent, sizeof agent, 0, "%s", OWN_AGENT);

    if (config->user_agent != NULL && config->user_agent[0] != '\0')
        len = klr_text_add(agent, sizeof agent, len, " %s", config->user_agent);
    client->user_agent = klr_arena_copy(&client->texts, agent, len);
    client->endpoint =
        klr_arena_copy(&client->texts, config->endpoint, strlen(config->endpoint));
    if (client->endpoint == NULL || client->user_agent == NULL)
        return KLINGREC_ERR_NOMEM;
    if (config->token != NULL)
        return KLINGREC_OK;
    return klr_secret_new(&client->alloc, config->api_key, &client->bearer);
}

static klingrec_status
make_transport(klingrec_client *client, const klingrec_config *config, bool https,
               const klr_reason *why)
{
    klingrec_transport *transport = &client->transport;
    if (config->transport == NULL) {
        klr_curl_options options = {&client->alloc,
                                    config->proxy,
                                    config->ca_file,
                                    config->ca_pem,
                                    config->connect_timeout_ms,
                                    config->max_in_flight,
                                    https};
        klingrec_status status = klr_curl_transport(transport, &options);
        if (status == KLINGREC_ERR_SYSTEM)
            return klr_refuse(why, status, "libcurl does not start");
        if (status == KLINGREC_ERR_ARGUMENT)
            return klr_refuse(
                why, status, "ca_pem: this libcurl takes certificates from files only");
        return status;
    }
    return klr_transport_import(transport, config->transport);
}

static void
copy_values(klingrec_client *client, const klingrec_config *config)
{
    const klr_policy policy = {config->max_in_flight, config->max_per_minute,
                               config->max_attempts,
                               (config->flags & KLINGREC_CLIENT_RETRY_UNSURE) != 0};

    klr_queue_init(&client->queue, &policy);
    client->log = (klr_log){config->log, config->log_user, config->log_level};
    client->token = config->token;
    client->token_user = config->token_user;
    client->wakeup = config->wakeup;
    client->wakeup_user = config->wakeup_user;
    client->admit = config->admit;
    client->admit_user = config->admit_user;
    client->thread_start = config->thread_start;
    client->thread_start_user = config->thread_start_user;
    client->attempt_timeout_ms = config->attempt_timeout_ms;
    client->deadline_ms = config->deadline_ms;
    client->max_queued = config->max_queued;
    client->flags = config->flags;
    client->clock_ms = klr_monotonic_ms;
    client->random = klr_seed() ^ (uint64_t)(uintptr_t)client;
    if (client->random == 0)
        client->random = 1; /* xorshift would stay at 0 */
}

/* The thread starts last: nothing can fail after it. */
static klingrec_status
register_and_start(klingrec_client *client, const klingrec_config *config,
                   const klr_reason *why)
{
    if (config->run == KLINGREC_RUN_THREAD) {
        if (!klr_lock_init(&client->shared.lock))
            return klr_refuse(why, KLINGREC_ERR_SYSTEM, "the system gives no lock");
        client->threaded = true;
    }
    if (!klr_process_add(client, config->transport != NULL))
        return KLINGREC_ERR_NOMEM;
    klingrec_status status =
        client->threaded ? klr_worker_start(client, why) : KLINGREC_OK;
    if (status != KLINGREC_OK)
        klr_process_remove(client);
    return status;
}

/* Call it when the thread has ended and the transport is closed. */
static void
free_client(klingrec_client *client)
{
    while (client->shared.newest != NULL) {
        klr_job *job = client->shared.newest;
        client->shared.newest = job->older;
        klr_job_free(client, job);
    }
    klr_attempt_free_spare(client);
    if (client->shared.has_ready)
        klr_event_close(&client->shared.ready);
    if (client->threaded)
        klr_lock_free(&client->shared.lock);
    klr_alloc alloc = client->alloc;
    klr_secret_free(&alloc, client->bearer);
    klr_arena_free(&client->texts);
    klr_free(&alloc, client, sizeof *client);
}

/* Everything but the allocation. On an error the caller frees the client. */
static klingrec_status
init_client(klingrec_client *client, const klingrec_config *config, bool https,
            const klr_reason *why)
{
    copy_values(client, config);
    klingrec_status status = klr_limits_import(&client->limits, config->limits);
    if (status == KLINGREC_OK)
        status = copy_texts(client, config);
    if (status == KLINGREC_OK)
        status = make_transport(client, config, https, why);
    if (status == KLINGREC_OK)
        status = register_and_start(client, config, why);
    /* On an error the host keeps the transport that it supplied. */
    if (status != KLINGREC_OK && config->transport == NULL &&
        client->transport.close != NULL)
        client->transport.close(client->transport.user);
    return status;
}

static klingrec_status
new_client(const klingrec_config *config, bool https, klingrec_client **out,
           const klr_reason *why)
{
    klr_once(&library_once, set_up_library);
    klr_alloc alloc = klr_alloc_from(config->alloc, config->alloc_user);
    klingrec_client *client = klr_new(&alloc, sizeof *client);
    if (client == NULL)
        return KLINGREC_ERR_NOMEM;
    client->alloc = alloc;
    klr_arena_init(&client->texts, &alloc);
    klingrec_status status = init_client(client, config, https, why);
    if (status == KLINGREC_OK)
        *out = client;
    else
        free_client(client);
    return status;
}

klingrec_status
klingrec_client_new(const klingrec_config *config, char *buf, size_t len,
                    klingrec_client **out)
{
    klingrec_config known;
    bool https = false;
    char none[1];
    const bool wanted = buf != NULL && len > 0;
    const klr_reason why = {wanted ? buf : none, wanted ? len : sizeof none};

    why.text[0] = '\0';
    if (out == NULL)
        return klr_refuse(&why, KLINGREC_ERR_ARGUMENT, "the last argument is NULL");
    *out = NULL;
    klingrec_status status = klr_config_import(&known, config, &https, &why);
    if (status == KLINGREC_OK)
        status = new_client(&known, https, out, &why);
    if (why.text[0] == '\0') /* no reason beyond the status */
        (void)klr_refuse(&why, status, "%s", klingrec_status_string(status));
    return status;
}

void
klingrec_client_free(klingrec_client *client)
{
    if (client == NULL)
        return;
    if (klr_process_is_foreign(client)) {
        /* Closing a connection would end it for the parent too. The host may now end
           the allocator that the client's memory is from. */
        if (client->bearer != NULL)
            klr_wipe(client->bearer, strlen(client->bearer));
        klr_process_remove(client);
        return;
    }
    if (!klr_process_stop(client))
        return;
    klr_engine_cancel_running(client);
    client->transport.close(client->transport.user);
    klr_process_remove(client);
    free_client(client);
}
