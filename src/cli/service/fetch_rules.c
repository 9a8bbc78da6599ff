/* SPDX-License-Identifier: MIT */
/* fetch_rules.c - where a fetch may lead: schemes, addresses, and nothing of the user's
 */
#include "service/fetch_rules.h"

#include "service/connect.h"

#include <klingrec/klingrec.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* By number, because older headers lack the names and newer ones warn of the old one.
 */
#define PROTOCOLS_STR ((CURLoption)(CURLOPTTYPE_OBJECTPOINT + 318)) /* 7.85 */
#define QUICK_EXIT    ((CURLoption)(CURLOPTTYPE_LONG + 322))        /* 7.87 */
#define PROTOCOLS     ((CURLoption)(CURLOPTTYPE_LONG + 181))

/* ---- URLs ---------------------------------------------------------------------- */

/* Blanks and controls are refused here, because old versions of libcurl take them. A
   user and a password in a URL would be sent as a header. */
static CURLU *
parse(const char *text)
{
    CURLU *url = curl_url();
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at <= 0x20 || *at == 0x7f)
            text = "";
    if (url != NULL &&
        curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

/* "https://example.com:443", or "". */
static void
get_origin(CURLU *url, char origin[ORIGIN_MAX])
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    char *texts[3] = {NULL, NULL, NULL};
    bool good = true;
    for (int i = 0; i < 3; i++)
        good = good &&
               curl_url_get(url, parts[i], &texts[i], CURLU_DEFAULT_PORT) == CURLUE_OK;
    int len = !good ? -1
                    : snprintf(origin, ORIGIN_MAX, "%s://%s:%s", texts[0], texts[1],
                               texts[2]);
    if (len < 0 || len >= ORIGIN_MAX)
        origin[0] = '\0';
    for (int i = 0; i < 3; i++)
        curl_free(texts[i]);
}

static bool
begins_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* The names of this machine that the library takes for it; the address is looked at as
   well. */
static bool
is_this_machine(const char *origin)
{
    const char *host = strstr(origin, "://");
    if (host == NULL)
        return false;
    host += 3;
    return begins_with(host, "localhost:") || begins_with(host, "[::1]:") ||
           (begins_with(host, "127.") && host[strspn(host, "0123456789.")] == ':');
}

struct fetch_origin
cli_fetch_rules_origin(const struct options *options)
{
    struct fetch_origin local = {""};
    CURLU *url = parse(cli_connect_endpoint(options));
    if (url == NULL)
        return local;
    get_origin(url, local.text);
    if (!is_this_machine(local.text))
        local.text[0] = '\0';
    curl_url_cleanup(url);
    return local;
}

/* ---- Addresses ----------------------------------------------------------------- */

/* libcurl asks for the socket to the address that it has chosen, and connects to this
   address only. So it does not matter what a name resolves to later. */
static curl_socket_t
open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetch_rules *rules = user;
    struct address to;
    if (purpose != CURLSOCKTYPE_IPCXN || !cli_net_address(address, &to))
        return CURL_SOCKET_BAD;
    if (rules->is_local ? cli_net_is_loopback(&to) : cli_net_is_public(&to))
        return cli_net_open(address);
    rules->is_refused = true;
    rules->refused = to;
    return CURL_SOCKET_BAD;
}

/* ---- Options ------------------------------------------------------------------- */

static CURLcode
allow(CURL *easy, bool http)
{
    CURLcode code =
        curl_easy_setopt(easy, PROTOCOLS_STR, http ? "http,https" : "https");
    if (code == CURLE_UNKNOWN_OPTION)
        code = curl_easy_setopt(
            easy, PROTOCOLS,
            (long)(http ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS));
    return code;
}

static CURLcode
set_certificates(CURL *easy, const char *ca_file)
{
    if (ca_file == NULL) {
        cli_net_trust_system(easy);
        return CURLE_OK;
    }
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* not in all TLS libraries */
    return curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
}

/* The handle is new and never had the key. libcurl reads no .netrc and keeps no cookies
   unless it is told to. */
static bool
set_options(CURL *easy, const struct options *options, bool http,
            struct fetch_rules *rules)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
    };
    CURLcode code = CURLE_OK;
    /* Do not wait for a resolver that hangs. */
    (void)curl_easy_setopt(easy, QUICK_EXIT, 1L);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
    if (code == CURLE_OK)
        code = allow(easy, http);
    if (code == CURLE_OK)
        code = set_certificates(easy, options->ca_file);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, rules);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_USERAGENT,
                                "klingrec/" KLINGREC_VERSION_STRING);
    return code == CURLE_OK;
}

/* The URL as it was understood is given to libcurl, not the text. */
static bool
set_url(CURL *easy, CURLU *url)
{
    char *text = NULL;
    bool good = curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK &&
                curl_easy_setopt(easy, CURLOPT_URL, text) == CURLE_OK;
    curl_free(text);
    return good;
}

const char *
cli_fetch_rules_set(CURL *easy, const char *url, bool may_be_http,
                    const struct options *options, const struct fetch_origin *local,
                    struct fetch_rules *rules)
{
    char origin[ORIGIN_MAX] = "";
    CURLU *parsed = parse(url);
    memset(rules, 0, sizeof *rules);
    if (parsed == NULL)
        return "it is not a valid URL, or contains a user";
    get_origin(parsed, origin);
    rules->is_local = local->text[0] != '\0' && strcasecmp(origin, local->text) == 0;
    bool http = rules->is_local || may_be_http;
    bool known =
        begins_with(origin, "https://") || (http && begins_with(origin, "http://"));
    bool good =
        known && set_options(easy, options, http, rules) && set_url(easy, parsed);
    curl_url_cleanup(parsed);
    return good          ? NULL
           : known       ? "libcurl does not take it"
           : may_be_http ? "it is neither https nor http"
                         : "it is not https";
}
