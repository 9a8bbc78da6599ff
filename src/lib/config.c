/* config.c - a client from its configuration, and its end */
#include "client.h"

#include "abi.h"
#include "image.h"
#include "json.h"
#include "secret.h"
#include "text.h"
#include "transport_curl.h"
#include "url.h"

#define OWN_AGENT "klingrec/" KLINGREC_VERSION_STRING

enum { TEXT_MAX = 4096 };

/* ---- Once per process
 * ---------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char version_text[128];

static void
setup(void)
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
    klr_once(&once, setup);
    return version_text;
}

/* ---- Checking the configuration
 * --------------------------------------------------------- */

static bool
is_plain_text(const char *text)
{
    size_t len = 0;
    for (; text[len] != '\0'; len++)
        if (text[len] < ' ' || text[len] > '~' || len >= TEXT_MAX)
            return false;
    return true;
}

static klingrec_status
check_endpoint(const klingrec_config *config, bool *https)
{
    klr_url url;
    size_t where;
    const char *text = config->endpoint;
    klr_detail detail = klr_url_parse(&url, text, strlen(text), &where);
    *https = url.https;
    if (detail != KLR_DETAIL_NONE || !is_plain_text(text))
        return KLINGREC_ERR_ARGUMENT;
    if (!url.https && !klr_url_is_loopback(&url) &&
        (config->flags & KLINGREC_CLIENT_INSECURE_HTTP) == 0)
        return KLINGREC_ERR_ARGUMENT;
    return KLINGREC_OK;
}

static klingrec_status
check(const klingrec_config *config)
{
    const uint32_t known = KLINGREC_CLIENT_RETRY_UNSURE | KLINGREC_CLIENT_NO_CHECK |
                           KLINGREC_CLIENT_INSECURE_HTTP;
    if ((config->flags & ~known) != 0 || config->run > KLINGREC_RUN_THREAD ||
        config->log_level > KLINGREC_LOG_DEBUG)
        return KLINGREC_ERR_ARGUMENT;
    if (config->api_key == NULL && config->token == NULL)
        return KLINGREC_ERR_ARGUMENT;
    if ((config->user_agent != NULL && !is_plain_text(config->user_agent)) ||
        (config->proxy != NULL && !is_plain_text(config->proxy)))
        return KLINGREC_ERR_ARGUMENT;
    return KLINGREC_OK;
}

static void
default_u32(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}

static klingrec_status
take_config(klingrec_config *taken, const klingrec_config *theirs)
{
    klingrec_status status =
        klr_take(taken, sizeof *taken, offsetof(klingrec_config, token), theirs);
    if (status != KLINGREC_OK)
        return status;
    if (taken->endpoint == NULL)
        taken->endpoint = KLINGREC_ENDPOINT_COMETAPI;
    default_u32(&taken->log_level, KLINGREC_LOG_WARN);
    default_u32(&taken->max_in_flight, 4);
    default_u32(&taken->max_queued, 64);
    default_u32(&taken->max_attempts, 3);
    default_u32(&taken->connect_timeout_ms, 10000);
    default_u32(&taken->attempt_timeout_ms, 90000);
    default_u32(&taken->deadline_ms, 300000);
    if (taken->max_in_flight > 1000)
        return KLINGREC_ERR_ARGUMENT;
    return check(taken);
}

/* ---- Building
 * -------------------------------------------------------------------------- */

static klingrec_status
copy_texts(klingrec_client *client, const klingrec_config *config)
{
    char agent[TEXT_MAX + sizeof OWN_AGENT + 1];
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
take_transport(klingrec_client *client, const klingrec_config *config, bool https)
{
    klingrec_transport *transport = &client->transport;
    if (config->transport == NULL) {
        klr_curl_options options = {&client->alloc,        config->proxy,
                                    config->ca_file,       config->connect_timeout_ms,
                                    config->max_in_flight, https};
        return klr_curl_transport(transport, &options);
    }
    klingrec_status status =
        klr_take(transport, sizeof *transport,
                 offsetof(klingrec_transport, close) + sizeof transport->close,
                 config->transport);
    if (status == KLINGREC_OK &&
        (transport->start == NULL || transport->cancel == NULL ||
         transport->drive == NULL || transport->wake == NULL ||
         transport->close == NULL)) {
        memset(transport, 0, sizeof *transport);
        status = KLINGREC_ERR_ARGUMENT;
    }
    return status;
}

static void
take_values(klingrec_client *client, const klingrec_config *config)
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
    client->attempt_timeout_ms = config->attempt_timeout_ms;
    client->deadline_ms = config->deadline_ms;
    client->max_queued = config->max_queued;
    client->flags = config->flags;
    client->clock = klr_monotonic_ms;
    client->random = klr_seed() ^ (uint64_t)(uintptr_t)client;
    if (client->random == 0)
        client->random = 1; /* the one value it would stay at */
}

/* The engine's thread last: nothing can fail after it. */
static klingrec_status
start_thread(klingrec_client *client)
{
    if (!klr_lock_init(&client->lock))
        return KLINGREC_ERR_SYSTEM;
    client->threaded = true;
    if (klr_worker_start(client))
        return KLINGREC_OK;
    klr_lock_free(&client->lock);
    client->threaded = false;
    return KLINGREC_ERR_SYSTEM;
}

klingrec_status
klingrec_client_new(const klingrec_config *config, klingrec_client **out)
{
    klingrec_config taken;
    bool https = false;

    if (out == NULL)
        return KLINGREC_ERR_ARGUMENT;
    *out = NULL;
    if (config == NULL)
        return KLINGREC_ERR_ARGUMENT;
    klingrec_status status = take_config(&taken, config);
    if (status == KLINGREC_OK)
        status = check_endpoint(&taken, &https);
    if (status != KLINGREC_OK)
        return status;

    klr_once(&once, setup);
    klr_alloc alloc = klr_alloc_from(taken.alloc, taken.alloc_user);
    klingrec_client *client = klr_new(&alloc, sizeof *client);
    if (client == NULL)
        return KLINGREC_ERR_NOMEM;
    client->alloc = alloc;
    klr_arena_init(&client->texts, &alloc);
    take_values(client, &taken);
    status = klr_limits_take(&client->limits, taken.limits);
    if (status == KLINGREC_OK)
        status = copy_texts(client, &taken);
    if (status == KLINGREC_OK)
        status = take_transport(client, &taken, https);
    if (status == KLINGREC_OK && taken.run == KLINGREC_RUN_THREAD)
        status = start_thread(client);
    if (status == KLINGREC_OK)
        *out = client;
    else
        klingrec_client_free(client);
    return status;
}

void
klingrec_client_free(klingrec_client *client)
{
    if (client == NULL)
        return;
    if (client->threaded) {
        klr_worker_stop(client);
        klr_lock_free(&client->lock);
        client->threaded = false;
    }
    klr_engine_abandon(client);
    while (client->newest != NULL) {
        klr_job *job = client->newest;
        client->newest = job->older;
        klr_job_free(client, job);
    }
    if (client->transport.close != NULL)
        client->transport.close(client->transport.user);
    klr_alloc alloc = client->alloc;
    klr_secret_free(&alloc, client->bearer);
    klr_arena_free(&client->texts);
    klr_free(&alloc, client, sizeof *client);
}
