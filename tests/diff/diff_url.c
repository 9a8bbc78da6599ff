/* SPDX-License-Identifier: MIT */
/* diff_url.c - compares which hosts are local with libcurl's parser */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <curl/curl.h>
#include <klingrec/klingrec.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static unsigned faults, texts, taken, local, connects;

#define FAULT(...)                                                                     \
    ((void)fprintf(stderr, __VA_ARGS__), (void)fputc('\n', stderr), faults++)
#define LEN(a) (sizeof(a) / sizeof *(a))

/* ---- What each of them says --------------------------------------------------- */

static bool
we_take(const char *endpoint, const char *proxy, uint32_t flags)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = "sk-key";
    config.endpoint = endpoint;
    config.proxy = proxy;
    config.flags = flags;
    return klingrec_config_check(&config, NULL, 0) == KLINGREC_OK;
}

/* As libcurl parses CURLOPT_URL and CURLOPT_PROXY: false when it does not. */
static bool
curl_takes(const char *text, bool is_proxy, char host[256])
{
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    CURLU *url = curl_url();
    char *part = NULL;
    bool good = url != NULL && curl_url_set(url, CURLUPART_URL, text,
                                            CURLU_GUESS_SCHEME |
                                                CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    if (good && curl_url_get(url, CURLUPART_SCHEME, &part, 0) == CURLUE_OK) {
        bool known = false;
        for (size_t i = 0; i < (is_proxy ? LEN(schemes) : 2); i++)
            known = known || strcasecmp(part, schemes[i]) == 0;
        good = known;
        curl_free(part);
    }
    if (good &&
        curl_url_get(url, CURLUPART_HOST, &part, CURLU_URLDECODE) == CURLUE_OK) {
        snprintf(host, 256, "%s", part);
        curl_free(part);
    }
    curl_url_cleanup(url);
    return good;
}

static bool
is_local(const char *host)
{
    struct in_addr quad;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, &quad) == 1 && ntohl(quad.s_addr) >> 24 == 127);
}

/* ---- Where libcurl goes ------------------------------------------------------- */

static curl_socket_t
see_address(void *text, curlsocktype purpose, struct curl_sockaddr *to)
{
    char name[INET6_ADDRSTRLEN] = "?";
    (void)purpose;
    connects++;
    if (to->family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, &to->addr, sizeof in);
        (void)inet_ntop(AF_INET, &in.sin_addr, name, sizeof name);
    } else if (to->family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &to->addr, sizeof in6);
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, name, sizeof name);
    }
    if (to->family != AF_UNIX && strncmp(name, "127.", 4) != 0 &&
        strcmp(name, "::1") != 0)
        FAULT("%s: libcurl connects to %s", (const char *)text, name);
    return CURL_SOCKET_BAD;
}

static void
follow(const char *endpoint, const char *proxy, char *text)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        abort();
    (void)curl_easy_setopt(easy, CURLOPT_URL, endpoint);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, see_address);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, text);
    (void)curl_easy_perform(easy);
    curl_easy_cleanup(easy);
}

/* ---- Both beside each other --------------------------------------------------- */

static void
compare(char *text, bool is_proxy, bool connect)
{
    const char *here = "http://127.0.0.1/";
    const char *endpoint = is_proxy ? here : text, *proxy = is_proxy ? text : "";
    char host[256] = "";
    bool we = we_take(endpoint, proxy, KLINGREC_CLIENT_INSECURE_HTTP);
    bool plain =
        we_take(endpoint, proxy, 0) && (is_proxy || strncasecmp(text, "http:", 5) == 0);
    if (text[0] == '\0')
        return;
    texts++;
    taken += we;
    local += plain;
    if (we && !curl_takes(text, is_proxy, host))
        FAULT("%s: libcurl does not take it", text);
    if (plain && !is_local(host))
        FAULT("%s: is not of this machine, libcurl reads %s", text, host);
    if (plain && connect)
        follow(is_proxy ? "http://192.0.2.1/" : text, proxy, text);
}

static const char *const SCHEMES[] = {
    "http://",   "https://",   "HTTP://",  "socks4://", "socks4a://",
    "socks5://", "socks5h://", "socks://", "http:/",    "http:///",
    "http:",     "",           "ftp://",   "file://",   "x://",
};
static const char *const USERS[] = {
    "",       "@",    "u@",   "u:p@",   "u:p@@", "localhost@", "127.0.0.1:1@",
    "u:%40@", "a@b@", "a\\@", "[::1]@", "a%@",   "u;o=1@",
};
static const char *const HOSTS[] = {
    "localhost",
    "LocalHost",
    "localhost.",
    "localhost..",
    ".localhost",
    "a.localhost",
    "localhost.example",
    "localhost%2eexample",
    "localhost%00",
    "loc%61lhost",
    "loc%2561lhost",
    "localhost\\.example",
    "localhost;x",
    "localhost&x",
    "localhost_",
    "\xef\xbd\x8cocalhost",
    "127.0.0.1",
    "127.0.0.1.",
    "127.0.0.1.example",
    "127.1",
    "127.0.1",
    "127.0.0.099",
    "127.0.0.010",
    "127.08.0.1",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "127.0.0.256",
    "127.0.0.1%2e",
    "127.255.255.255",
    "128.0.0.1",
    "126.255.255.255",
    "127..1",
    "127.0.0.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::0.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[::1%25lo]",
    "[::1%lo]",
    "[::1%]",
    "[::2]",
    "[::]",
    "[::1",
    "::1",
    "[::1]]",
    "[[::1]]",
    "[::1].example",
    "[::1]example",
    "[localhost]",
    "[127.0.0.1]",
    "[v1.x]",
    "[]",
    "x[::1]",
    "%5b::1%5d",
    "",
    ".",
    "..",
    "example.org",
    "xn--bcher-kva.example",
    "ftp.example",
    "FTP.example",
    "dict.x",
    "ldap.x",
    "imap.x",
    "smtp.x",
    "pop3.x",
    "ftp.",
    "ftp",
    "a b",
    "a\tb",
    "a\nb",
    "a\x7f",
    "a{b}",
    "a|b",
    "a^b",
    "a`b",
    "a*b",
    "a'b",
    "a\"b",
    "a<b",
    "a=b",
    "a,b",
    "a(b)",
    "a+b",
    "a$b",
    "a!b",
    "a~b",
};
static const char *const PORTS[] = {
    "",       ":",      ":80",    ":0",
    ":00080", ":65535", ":65536", ":99999999999999999999",
    ":-1",    ":+1",    ":80x",   ":80:81",
    ":x",     ":80 ",   ":8%30",
};
static const char *const TAILS[] = {
    "",
    "/",
    "/a",
    "?",
    "?@localhost",
    "#",
    "#@127.0.0.1",
    "/@localhost",
    "/[::1]",
    "\\",
    "\\@localhost",
    "//",
    "/..//x",
    "/a b",
    "/%00",
};

static void
every_combination(void)
{
    char text[256];
    for (size_t h = 0; h < LEN(HOSTS); h++)
        for (size_t s = 0; s < LEN(SCHEMES); s++)
            for (size_t u = 0; u < LEN(USERS); u++)
                for (size_t p = 0; p < LEN(PORTS); p++) {
                    const char *tail = TAILS[(h + s + u + p) % LEN(TAILS)];
                    snprintf(text, sizeof text, "%s%s%s%s%s", SCHEMES[s], USERS[u],
                             HOSTS[h], PORTS[p], tail);
                    compare(text, false, p <= 2 && u == 0);
                    compare(text, true, p <= 2 && u <= 3);
                }
}

static unsigned
draw(unsigned below)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (unsigned)(state % below);
}

/* Pieces in any order. */
static void
any_text(void)
{
    static const char *const pieces[] = {
        "localhost", "127.0.0.1", "[::1]",   "[",    "]",        "::1",         ":",
        "@",         "/",         "\\",      "?",    "#",        "%",           "%40",
        "%2e",       "%5b",       "25",      ".",    "a",        "example.org", "0",
        "0x7f",      "127",       "1",       "8080", ";",        "&",           "-",
        "ftp.",      "://",       "http://", "%00",  "\xc3\xbc",
    };
    for (unsigned n = 0; n < 60000; n++) {
        char text[256] = "";
        snprintf(text, sizeof text, "%s", SCHEMES[draw(LEN(SCHEMES))]);
        for (unsigned k = draw(7); k > 0; k--)
            strcat(text, pieces[draw(LEN(pieces))]);
        compare(text, false, false);
        compare(text, true, false);
    }
}

/* Brackets contain only what inet_pton() accepts. */
static void
any_address(void)
{
    static const char *const pieces[] = {
        "0",         "1", "f",   "FFFF",     "00001",   "::",  ":",
        "127.0.0.1", ".", "255", "1:2:3:4:", "5:6:7:8", "%lo", "g",
    };
    for (unsigned n = 0; n < 60000; n++) {
        char text[256] = "http://[", address[128] = "";
        struct in6_addr bytes;
        for (unsigned k = draw(9); k > 0; k--)
            strcat(address, pieces[draw(LEN(pieces))]);
        strcat(strcat(text, address), "]/");
        klingrec_request request = klingrec_request_url(text);
        bool we = klingrec_check(&request, NULL, NULL) == KLINGREC_OK;
        texts++;
        if (we != (inet_pton(AF_INET6, address, &bytes) == 1))
            FAULT("%s: is %s here", text, we ? "an address" : "none");
    }
}

int
main(void)
{
    every_combination();
    any_text();
    any_address();
    printf("%u texts, %u taken, %u of this machine, %u addresses connected to\n", texts,
           taken, local, connects);
    if (taken < 1000 || local < 1000 || connects < 100)
        FAULT("too few were compared");
    return faults > 0;
}
