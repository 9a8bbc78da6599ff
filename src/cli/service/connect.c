/* SPDX-License-Identifier: MIT */
/* connect.c - a client with the configuration of the options */
#include "service/connect.h"

#include "base/exits.h"
#include "base/files.h"
#include "base/host.h"
#include "base/say.h"
#include "service/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void
log_line(void *user, uint32_t level, const char *message)
{
    (void)user;
    (void)level;
    cli_say_note("%s", message);
}

const char *
cli_connect_endpoint(const struct options *options)
{
    if (options->endpoint == NULL || strcmp(options->endpoint, "cometapi") == 0)
        return KLINGREC_ENDPOINT_COMETAPI;
    if (strcmp(options->endpoint, "kling") == 0)
        return KLINGREC_ENDPOINT_KLING;
    return options->endpoint;
}

static bool
begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ", or --insecure-http" if the option would make the configuration valid. */
static const char *
hint_insecure(const klingrec_config *config)
{
    klingrec_config insecure = *config;
    char why[256];
    insecure.flags |= KLINGREC_CLIENT_INSECURE_HTTP;
    return klingrec_config_check(&insecure, why, sizeof why) == KLINGREC_OK
               ? ", or --insecure-http"
               : "";
}

/* The library's message begins with the field, which is the name of the option. The
   value is added, except for the key and for URLs that may contain a password. */
static int
report_wrong_config(const klingrec_config *config, klingrec_status status,
                    const char *why)
{
    const char *rest = strchr(why, ':');

    if (status != KLINGREC_ERR_ARGUMENT || rest == NULL) {
        cli_say_error("cannot create a client: %s", why);
        return EXIT_TROUBLE;
    }
    if (begins_with(why, "api_key:")) {
        cli_say_error("the key%s", rest);
        return EXIT_KEY;
    }
    if (begins_with(why, "endpoint:") && strchr(config->endpoint, '@') == NULL)
        cli_say_error("--endpoint: '%s'%s%s", config->endpoint, rest,
                      hint_insecure(config));
    else if (begins_with(why, "endpoint:"))
        cli_say_error("--endpoint%s", rest);
    else if (begins_with(why, "proxy:"))
        cli_say_error("--proxy%s%s", rest, hint_insecure(config));
    else
        cli_say_error("%s", why);
    return EXIT_USAGE;
}

static void
configure(klingrec_config *config, const struct options *options, struct rate *rate)
{
    config->endpoint = cli_connect_endpoint(options);
    config->proxy = options->proxy;
    config->ca_file = options->ca_file;
    config->max_in_flight = options->jobs;
    config->max_queued = options->jobs;
    config->admit = cli_rate_admit;
    config->admit_user = rate;
    config->max_attempts = options->retries + 1;
    config->deadline_ms = options->timeout_ms;
    if (options->insecure_http)
        config->flags |= KLINGREC_CLIENT_INSECURE_HTTP;
    if (options->verbose) {
        config->log = log_line;
        config->log_level = KLINGREC_LOG_DEBUG;
    }
}

void
cli_connect_protect(const struct options *options)
{
    if (options->keep_sslkeylogfile || !cli_host_is_set("SSLKEYLOGFILE"))
        return;
    if (options->verbose)
        cli_say_note("SSLKEYLOGFILE is ignored; see --keep-sslkeylogfile");
    cli_host_unset("SSLKEYLOGFILE");
}

static bool
may_read_certificates(const struct options *options)
{
    if (options->ca_file == NULL || cli_file_may_read(options->ca_file))
        return true;
    cli_say_error("--ca-file: '%s' cannot be read: %s", options->ca_file,
                  strerror(errno));
    return false;
}

int
cli_connect_check(const struct options *options)
{
    klingrec_config config = klingrec_config_default();
    char why[256];
    if (!may_read_certificates(options))
        return EXIT_USAGE;
    configure(&config, options, NULL);
    config.api_key = "key";
    klingrec_status status = klingrec_config_check(&config, why, sizeof why);
    return status == KLINGREC_OK ? EXIT_GOOD
                                 : report_wrong_config(&config, status, why);
}

int
cli_connect_client(const struct options *options, struct rate *rate,
                   klingrec_client **client)
{
    klingrec_config config = klingrec_config_default();
    struct key key;

    *client = NULL;
    cli_connect_protect(options);
    if (!may_read_certificates(options))
        return EXIT_USAGE;
    if (!cli_key_read(&key, options))
        return EXIT_KEY;
    configure(&config, options, rate);
    config.api_key = key.text;
    char why[256];
    klingrec_status status = klingrec_client_new(&config, why, sizeof why, client);
    int code =
        status == KLINGREC_OK ? EXIT_GOOD : report_wrong_config(&config, status, why);
    cli_key_wipe(&key);
    return code;
}
