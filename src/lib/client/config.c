/* SPDX-License-Identifier: MIT */
/* config.c - check a configuration, and say what is wrong with it */
#include "base/build.h"

#include "client/config.h"

#include "base/abi.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/url.h"
#include "http/transport_curl.h"
#include "image/check.h"

#include <klingrec/transport.h>

klingrec_status
klr_refuse(const klr_reason *why, klingrec_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)klr_text_add_args(why->text, why->size, 0, format, args);
    va_end(args);
    return status;
}

/* ---- Texts ------------------------------------------------------------------ */

/* Printable ASCII of bounded length: other characters could end a header or a line. */
static klingrec_status
check_text(const char *field, const char *text, const klr_reason *why)
{
    if (text == NULL)
        return KLINGREC_OK;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                              "%s: byte %zu is not printable ASCII", field, i);
        if (i >= KLR_CONFIG_TEXT_MAX)
            return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "%s: longer than %d bytes",
                              field, KLR_CONFIG_TEXT_MAX);
    }
    return KLINGREC_OK;
}

static klingrec_status
check_endpoint(const klingrec_config *config, bool *https, const klr_reason *why)
{
    klr_url url;
    size_t where;
    const char *text = config->endpoint;
    klingrec_status status = check_text("endpoint", text, why);
    if (status != KLINGREC_OK)
        return status;
    klr_detail detail = klr_url_parse(&url, text, strlen(text), &where);
    *https = url.https;
    if (detail != KLR_DETAIL_NONE)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "endpoint: %s, at byte %zu",
                          klr_detail_string(detail), where);
    if (!url.https && !url.is_loopback &&
        (config->flags & KLINGREC_CLIENT_INSECURE_HTTP) == 0)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "endpoint: http:// would send the key unencrypted to another "
                          "machine; use https://");
    return KLINGREC_OK;
}

/*
 * Check the host of a proxy as libcurl reads it:
 *
 *     [scheme://][user[:password]@]host[:port][...]
 *
 * For libcurl the user ends at the first @, and a second @ is an error. Without a
 * scheme it guesses one from the host. A colon without a port is an error.
 */
static klingrec_status
check_proxy_host(const char *proxy, bool *is_loopback, const klr_reason *why)
{
    klr_url url;
    static const char *const guesses[] = {"ftp.",  "dict.", "ldap.",
                                          "imap.", "smtp.", "pop3."};
    const char *scheme = strstr(proxy, "://");
    const char *host = scheme != NULL ? scheme + 3 : proxy;
    size_t len = strcspn(host, "/?#"), where;
    const char *at = memchr(host, '@', len);
    if (at != NULL) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    if (memchr(host, '@', len) != NULL)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "proxy: more than one @; write %%40 in a user or password");
    klr_detail detail = klr_url_parse_host(&url, host, len, &where);
    if (detail == KLR_DETAIL_NONE && host[len - 1] == ':')
        detail = KLR_DETAIL_URL_PORT;
    if (detail != KLR_DETAIL_NONE)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "proxy: %s, at byte %zu",
                          klr_detail_string(detail), (size_t)(host - proxy) + where);
    for (size_t i = 0; scheme == NULL && i < sizeof guesses / sizeof guesses[0]; i++)
        if (klr_text_begins(host, len, guesses[i]))
            return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                              "proxy: write http:// in front; a host in %s means "
                              "another kind of server to libcurl",
                              guesses[i]);
    *is_loopback = url.is_loopback;
    return KLINGREC_OK;
}

/* Only the schemes that libcurl knows: it would look up another one as a host. */
static klingrec_status
check_proxy(const klingrec_config *config, bool https, const klr_reason *why)
{
    static const char *const schemes[] = {"http://",    "https://",  "socks4://",
                                          "socks4a://", "socks5://", "socks5h://"};
    const char *proxy = config->proxy;
    bool is_loopback = false;
    klingrec_status status = check_text("proxy", proxy, why);
    if (status != KLINGREC_OK || proxy == NULL || proxy[0] == '\0')
        return status;
    if (strchr(proxy, ' ') != NULL)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "proxy: it contains a space");
    for (const char *p = proxy; (p = strchr(p, '%')) != NULL; p++)
        if (p[1] == '0' || p[1] == '1') /* libcurl would not use the proxy */
            return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                              "proxy: it contains a control character");
    bool known = strstr(proxy, "://") == NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        known = known || strncmp(proxy, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "proxy: it must start with http://, https://, socks4://, "
                          "socks4a://, socks5:// or socks5h://");
    status = check_proxy_host(proxy, &is_loopback, why);
    if (status == KLINGREC_OK && !https && !is_loopback &&
        (config->flags & KLINGREC_CLIENT_INSECURE_HTTP) == 0)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "proxy: an http:// endpoint would send the key unencrypted "
                          "to another machine; use https://");
    return status;
}

static klingrec_status
check_key(const klingrec_config *config, const klr_reason *why)
{
    if (config->token != NULL)
        return KLINGREC_OK;
    if (config->api_key == NULL)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "api_key: NULL, and there is no token callback");
    size_t len = strlen(config->api_key);
    if (len == 0 || len > KLR_KEY_MAX)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "api_key: %zu bytes; 1 to %d are allowed", len, KLR_KEY_MAX);
    size_t good = klr_secret_good_length(config->api_key);
    if (good < len)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "api_key: byte %zu is not allowed in a bearer token, which "
                          "has letters, digits and -._~+/, and = at its end only",
                          good);
    return KLINGREC_OK;
}

/* Only what can be seen at once; libcurl checks the rest when it connects. */
static klingrec_status
check_certificates(const klingrec_config *config, const klr_reason *why)
{
    if (config->ca_pem == NULL)
        return KLINGREC_OK;
    if (config->ca_file != NULL)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "ca_pem: ca_file is set too");
    size_t len = strlen(config->ca_pem);
    if (len > KLR_CONFIG_CA_MAX)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "ca_pem: %zu bytes are over %d",
                          len, KLR_CONFIG_CA_MAX);
    if (strstr(config->ca_pem, "-----BEGIN ") == NULL)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "ca_pem: there is no PEM certificate in its %zu bytes", len);
    return KLINGREC_OK;
}

/* ---- Numbers ---------------------------------------------------------------- */

static klingrec_status
check_numbers(const klingrec_config *config, const klr_reason *why)
{
    const uint32_t known = KLINGREC_CLIENT_RETRY_UNSURE | KLINGREC_CLIENT_NO_CHECK |
                           KLINGREC_CLIENT_INSECURE_HTTP;
    if ((config->flags & ~known) != 0)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "flags: 0x%x is unknown",
                          (unsigned)(config->flags & ~known));
    if (config->run > KLINGREC_RUN_THREAD)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "run: %u is not one of KLINGREC_RUN_*",
                          (unsigned)config->run);
    if (config->run == KLINGREC_RUN_THREAD && !KLR_HAS_THREADS)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "run: this library is built without threads; use "
                          "KLINGREC_RUN_CALLER");
    if (config->log_level > KLINGREC_LOG_DEBUG)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "log_level: %u is over %u",
                          (unsigned)config->log_level, KLINGREC_LOG_DEBUG);
    if (config->max_in_flight > KLR_CONFIG_IN_FLIGHT_MAX)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "max_in_flight: %u is over %d",
                          (unsigned)config->max_in_flight, KLR_CONFIG_IN_FLIGHT_MAX);
    return KLINGREC_OK;
}

klingrec_status
klr_transport_import(klingrec_transport *out, const klingrec_transport *theirs)
{
    klingrec_status status =
        klr_abi_import(out, sizeof *out, KLR_TRANSPORT_FIRST, theirs);
    bool whole = status == KLINGREC_OK && out->start != NULL && out->cancel != NULL &&
                 out->drive != NULL && out->wake != NULL && out->close != NULL;
    if (whole)
        return KLINGREC_OK;
    memset(out, 0, sizeof *out);
    return status != KLINGREC_OK ? status : KLINGREC_ERR_ARGUMENT;
}

/* The structs that a configuration points to. */
static klingrec_status
check_parts(const klingrec_config *config, const klr_reason *why)
{
    klingrec_limits limits;
    klingrec_transport transport;
    klingrec_status status = klr_limits_import(&limits, config->limits);
    if (status != KLINGREC_OK) {
        return klr_refuse(why, status, "limits: %s", klingrec_status_string(status));
    }
    if (config->transport == NULL && !klr_curl_is_built())
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT,
                          "transport: NULL, and this library is built without libcurl");
    if (config->transport == NULL)
        return KLINGREC_OK;
    status = klr_transport_import(&transport, config->transport);
    if (status != KLINGREC_OK)
        return klr_refuse(why, status,
                          "transport: one of its functions is NULL, or its "
                          "size is wrong");
    return KLINGREC_OK;
}

static void
default_u32(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}

static void
set_defaults(klingrec_config *config)
{
    if (config->endpoint == NULL)
        config->endpoint = KLINGREC_ENDPOINT_COMETAPI;
    default_u32(&config->log_level, KLINGREC_LOG_WARN);
    default_u32(&config->max_in_flight, 4);
    default_u32(&config->max_queued, 64);
    default_u32(&config->max_attempts, 3);
    default_u32(&config->connect_timeout_ms, 10000);
    default_u32(&config->attempt_timeout_ms, 90000);
    default_u32(&config->deadline_ms, 300000);
}

klingrec_status
klr_config_import(klingrec_config *out, const klingrec_config *theirs, bool *https,
                  const klr_reason *why)
{
    if (theirs == NULL)
        return klr_refuse(why, KLINGREC_ERR_ARGUMENT, "the configuration is NULL");
    klingrec_status status = klr_abi_import(out, sizeof *out, KLR_CONFIG_FIRST, theirs);
    if (status != KLINGREC_OK)
        return klr_refuse(why, status,
                          "size: %zu bytes is not a configuration of this library, "
                          "which has %zu bytes; use klingrec_config_default()",
                          theirs->size, sizeof *out);
    set_defaults(out);
    status = check_endpoint(out, https, why);
    if (status == KLINGREC_OK)
        status = check_key(out, why);
    if (status == KLINGREC_OK)
        status = check_text("user_agent", out->user_agent, why);
    if (status == KLINGREC_OK)
        status = check_proxy(out, *https, why);
    if (status == KLINGREC_OK)
        status = check_certificates(out, why);
    if (status == KLINGREC_OK)
        status = check_numbers(out, why);
    if (status == KLINGREC_OK)
        status = check_parts(out, why);
    return status;
}

klingrec_status
klingrec_config_check(const klingrec_config *config, char *buf, size_t len)
{
    klingrec_config known;
    bool https;
    char none[1];
    const bool wanted = buf != NULL && len > 0;
    const klr_reason why = {wanted ? buf : none, wanted ? len : sizeof none};

    klingrec_status status = klr_config_import(&known, config, &https, &why);
    if (status == KLINGREC_OK)
        (void)klr_refuse(&why, status, "%s", klingrec_status_string(status));
    return status;
}
