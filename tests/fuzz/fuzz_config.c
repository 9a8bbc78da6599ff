/* SPDX-License-Identifier: MIT */
/* fuzz_config.c - any texts of a configuration: endpoint, proxy, key and agent, one a
   line; and any URL of an image */
#include "fuzz.h"

#include "base/url.h"

#include <klingrec/klingrec.h>

#include <stdlib.h>

FUZZ_SEEDS(
    "https://example.org/a?b=c\nhttp://user:pass@proxy.example:3128\nsk-0123\nme/1",
    "http://127.0.0.1:8080/\nsocks5h://[::1]:1080\nabc==\n",
    "http://[::ffff:127.0.0.1]/\nftp.example.org\n0123456789\na b",
    "https://a%20b.example/\n\n\xC3\xA9\n\x7F",
    "http://localhost./\nhttp://a@b@c\nkey\n~", "HTTPS://EXAMPLE.ORG:65535/\n%00\n",
    "http://0x7f.1/\nsocks4a://x:1\n");

enum { FIELDS = 4 };

static void
check_line(const char *line, const char *key)
{
    size_t len = strlen(line);
    FUZZ_CHECK(len > 0);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(line[i] >= ' ' && line[i] <= '~');
    /* A short key may be a part of any sentence. */
    FUZZ_CHECK(strlen(key) < 12 || strstr(line, key) == NULL);
}

static void
check_config(char *fields[FIELDS])
{
    char line[300];
    klingrec_config config = klingrec_config_default();
    config.endpoint = fields[0];
    config.proxy = fields[1];
    config.api_key = fields[2];
    config.user_agent = fields[3];
    klingrec_status status = klingrec_config_check(&config, line, sizeof line);
    FUZZ_CHECK(status == KLINGREC_OK || status == KLINGREC_ERR_ARGUMENT);
    check_line(line, fields[2]);
    FUZZ_CHECK(klingrec_config_check(&config, NULL, 0) == status);
    config.flags = KLINGREC_CLIENT_INSECURE_HTTP;
    FUZZ_CHECK(klingrec_config_check(&config, NULL, 0) == KLINGREC_OK ||
               status != KLINGREC_OK);
}

static void
check_url(const char *text, size_t len)
{
    klr_url url;
    size_t where = 0;
    klr_detail detail = klr_url_parse(&url, text, len, &where);
    FUZZ_CHECK(where <= len);
    if (detail != KLR_DETAIL_NONE)
        return;
    FUZZ_CHECK(len <= KLR_URL_MAX);
    FUZZ_CHECK(url.host > text && url.host + url.host_len <= text + len);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK((unsigned char)text[i] > ' ' && text[i] != '"' && text[i] != '\\' &&
                   text[i] != 0x7F);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *copy = fuzz_copy(bytes, len), *at = copy, *fields[FIELDS];
    check_url((const char *)bytes, len);
    for (size_t i = 0; i < FIELDS; i++) {
        char *end = strchr(at, '\n');
        fields[i] = at;
        at = end != NULL ? end + 1 : at + strlen(at);
        if (end != NULL)
            *end = '\0';
    }
    check_config(fields);
    free(copy);
    return 0;
}
