/* connect.c - a client as the options want it */
#include "service/connect.h"

#include "base/exits.h"
#include "base/say.h"
#include "service/key.h"

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

/* The library's line begins with the field, which is the option's name; the value is
   added, but for the key and where a password may be. */
static int
refuse(const klingrec_config *config, klingrec_status status, const char *why)
{
    const char *rest = strchr(why, ':');

    if (status != KLINGREC_ERR_ARGUMENT || rest == NULL) {
        cli_say_error("no client: %s", why);
        return EXIT_TROUBLE;
    }
    if (strncmp(why, "endpoint:", strlen("endpoint:")) == 0 &&
        strchr(config->endpoint, '@') == NULL)
        cli_say_error("--endpoint: '%s'%s%s", config->endpoint, rest,
                      strstr(rest, "readable") != NULL ? ", or --insecure-http" : "");
    else if (strncmp(why, "endpoint:", strlen("endpoint:")) == 0)
        cli_say_error("--endpoint%s", rest);
    else if (strncmp(why, "proxy:", strlen("proxy:")) == 0)
        cli_say_error("--proxy%s%s", rest,
                      strstr(rest, "readable") != NULL ? ", or --insecure-http" : "");
    else if (strncmp(why, "api_key:", strlen("api_key:")) == 0)
        cli_say_error("the key%s", rest);
    else
        cli_say_error("%s", why);
    return strncmp(why, "api_key:", strlen("api_key:")) == 0 ? EXIT_KEY : EXIT_USAGE;
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

int
cli_connect_client(const struct options *options, struct rate *rate,
                   klingrec_client **client)
{
    klingrec_config config = klingrec_config_default();
    struct key key;

    *client = NULL;
    if (!options->keep_sslkeylogfile && getenv("SSLKEYLOGFILE") != NULL) {
        if (options->verbose)
            cli_say_note("SSLKEYLOGFILE is not obeyed; see --keep-sslkeylogfile");
        (void)unsetenv("SSLKEYLOGFILE");
    }
    if (options->ca_file != NULL && access(options->ca_file, R_OK) != 0) {
        cli_say_error("--ca-file: '%s' cannot be read: %s", options->ca_file,
                      strerror(errno));
        return EXIT_USAGE;
    }
    if (!cli_key_read(&key, options))
        return EXIT_KEY;
    configure(&config, options, rate);
    config.api_key = key.text;
    char why[256];
    klingrec_status status = klingrec_client_new(&config, why, sizeof why, client);
    int code = status == KLINGREC_OK ? EXIT_GOOD : refuse(&config, status, why);
    cli_key_wipe(&key);
    return code;
}
