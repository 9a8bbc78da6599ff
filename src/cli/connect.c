/* connect.c - a client as the options want it */
#include "connect.h"

#include "exits.h"
#include "key.h"
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void
log_line(void *user, uint32_t level, const char *message)
{
    (void)user;
    (void)level;
    say_note("%s", message);
}

static const char *
endpoint_of(const struct options *options)
{
    if (options->endpoint == NULL || strcmp(options->endpoint, "cometapi") == 0)
        return KLINGREC_ENDPOINT_COMETAPI;
    if (strcmp(options->endpoint, "kling") == 0)
        return KLINGREC_ENDPOINT_KLING;
    return options->endpoint;
}

/* Would a client with this endpoint and proxy, and a key that is surely one, be? */
static klingrec_status
probe(const char *endpoint, const char *proxy, uint32_t flags)
{
    klingrec_client *client = NULL;
    klingrec_config config = klingrec_config_default();
    config.api_key = "probe";
    config.endpoint = endpoint;
    config.proxy = proxy;
    config.flags = flags;
    klingrec_status status = klingrec_client_new(&config, &client);
    klingrec_client_free(client);
    return status;
}

/* The library says only that something in its configuration is wrong. What it is, is
   found by leaving the rest out. */
static int
explain(const klingrec_config *config, klingrec_status status)
{
    if (status != KLINGREC_ERR_ARGUMENT) {
        say_error("no client: %s", klingrec_status_string(status));
        return EXIT_TROUBLE;
    }
    if (probe(config->endpoint, NULL, config->flags) == KLINGREC_OK) {
        if (probe(config->endpoint, config->proxy, config->flags) == KLINGREC_OK) {
            say_error("the key is not accepted as one by the library");
            return EXIT_KEY;
        }
        say_error("--proxy: '%s' is given, a URL is needed", config->proxy);
        return EXIT_USAGE;
    }
    uint32_t insecure = config->flags | KLINGREC_CLIENT_INSECURE_HTTP;
    if (probe(config->endpoint, NULL, insecure) == KLINGREC_OK)
        say_error(
            "--endpoint: '%s' would send the key readable to another machine; use "
            "https://, or --insecure-http when you mean it",
            config->endpoint);
    else
        say_error(
            "--endpoint: '%s' is given, a URL that starts with https:// is needed, "
            "or cometapi or kling",
            config->endpoint);
    return EXIT_USAGE;
}

static void
configure(klingrec_config *config, const struct options *options)
{
    config->endpoint = endpoint_of(options);
    config->proxy = options->proxy;
    config->ca_file = options->ca_file;
    config->max_in_flight = options->jobs;
    config->max_queued = options->jobs;
    config->max_attempts = options->retries + 1;
    config->deadline_ms = options->timeout_ms;
    if (options->insecure_http)
        config->flags |= KLINGREC_CLIENT_INSECURE_HTTP;
    if (options->verbose) {
        config->log = log_line;
        config->log_level = KLINGREC_LOG_DEBUG;
    }
}

int
connect_client(const struct options *options, klingrec_client **client)
{
    klingrec_config config = klingrec_config_default();
    struct key key;

    *client = NULL;
    if (!options->keep_sslkeylogfile && getenv("SSLKEYLOGFILE") != NULL) {
        if (options->verbose)
            say_note("SSLKEYLOGFILE is not obeyed; see --keep-sslkeylogfile");
        (void)unsetenv("SSLKEYLOGFILE");
    }
    if (options->ca_file != NULL && access(options->ca_file, R_OK) != 0) {
        say_error("--ca-file: '%s' cannot be read: %s", options->ca_file,
                  strerror(errno));
        return EXIT_USAGE;
    }
    if (!key_read(&key, options))
        return EXIT_KEY;
    configure(&config, options);
    config.api_key = key.text;
    klingrec_status status = klingrec_client_new(&config, client);
    key_wipe(&key);
    return status == KLINGREC_OK ? EXIT_GOOD : explain(&config, status);
}
