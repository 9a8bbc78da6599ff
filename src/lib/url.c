/* url.c - the form of http and https URLs, for images and for the endpoint */
#include "url.h"

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
starts_with(const char *text, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);
    if (len < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(text[i]) != prefix[i])
            return false;
    return true;
}

/* Bytes of the UTF-8 sequence at text (RFC 3629), 0 when there is none. */
static size_t
utf8_sequence(const unsigned char *text, size_t len)
{
    static const struct {
        unsigned char first, last, low, high; /* lead range, range of 2nd byte */
        size_t bytes;
    } forms[] = {
        {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2},
        {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        if (len < forms[i].bytes)
            return 0;
        if (forms[i].bytes > 1 && (text[1] < forms[i].low || text[1] > forms[i].high))
            return 0;
        for (size_t k = 2; k < forms[i].bytes; k++)
            if ((text[k] & 0xC0) != 0x80)
                return 0;
        return forms[i].bytes;
    }
    return 0;
}

/* The offset of the first byte that no URL may contain, or len. */
static size_t
clean_length(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;
    while (i < len) {
        unsigned char c = bytes[i];
        if (c <= ' ' || c == 0x7F || c == '"' || c == '\\' || c == '<' || c == '>')
            break;
        size_t n = utf8_sequence(bytes + i, len - i);
        if (n == 0)
            break;
        i += n;
    }
    return i;
}

static bool
port_is_valid(const char *text, size_t len)
{
    unsigned long port = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || port > 65535)
            return false;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return len == 0 || (port >= 1 && port <= 65535);
}

/* authority = [ userinfo "@" ] host [ ":" port ] (RFC 3986, 3.2) */
static klr_detail
parse_authority(klr_url *url, const char *text, size_t len, size_t *where)
{
    const char *at = memchr(text, '@', len);
    if (at != NULL) {
        *where = (size_t)(at - text);
        return KLR_DETAIL_URL_USER;
    }
    size_t host_end = len;
    const char *port = NULL;
    if (len > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        if (close == NULL)
            return KLR_DETAIL_URL_HOST;
        host_end = (size_t)(close - text) + 1;
        url->host = text + 1;
        url->host_len = host_end - 2;
        if (host_end < len && text[host_end] != ':')
            return KLR_DETAIL_URL_HOST;
        port = host_end < len ? text + host_end : NULL;
    } else {
        port = memchr(text, ':', len);
        host_end = port != NULL ? (size_t)(port - text) : len;
        url->host = text;
        url->host_len = host_end;
    }
    if (url->host_len == 0)
        return KLR_DETAIL_URL_HOST;
    if (port != NULL && !port_is_valid(port + 1, len - host_end - 1)) {
        *where = host_end + 1;
        return KLR_DETAIL_URL_PORT;
    }
    return KLR_DETAIL_NONE;
}

klr_detail
klr_url_parse(klr_url *url, const char *text, size_t len, size_t *where)
{
    memset(url, 0, sizeof *url);
    *where = 0;
    if (len > KLR_URL_MAX) {
        *where = KLR_URL_MAX;
        return KLR_DETAIL_URL_LENGTH;
    }
    if (starts_with(text, len, "data:"))
        return KLR_DETAIL_URL_DATA;
    url->https = starts_with(text, len, "https://");
    if (!url->https && !starts_with(text, len, "http://"))
        return KLR_DETAIL_URL_SCHEME;
    *where = clean_length(text, len);
    if (*where < len)
        return KLR_DETAIL_URL_CHAR;

    size_t start = url->https ? 8 : 7;
    size_t end = start;
    while (end < len && text[end] != '/' && text[end] != '?' && text[end] != '#')
        end++;
    *where = 0;
    klr_detail detail = parse_authority(url, text + start, end - start, where);
    *where += start;
    return detail;
}

/* Four decimal numbers of which the first is 127. */
static bool
is_loopback_ipv4(const char *host, size_t len)
{
    size_t dots = 0, digits = 0;
    int value = 0;
    if (!starts_with(host, len, "127."))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (host[i] == '.') {
            if (digits == 0)
                return false;
            dots++;
            digits = 0;
            value = 0;
        } else {
            value = value * 10 + (host[i] - '0');
            if (host[i] < '0' || host[i] > '9' || ++digits > 3 || value > 255)
                return false;
        }
    }
    return dots == 3 && digits > 0;
}

bool
klr_url_is_loopback(const klr_url *url)
{
    if (url->host_len == 9 && starts_with(url->host, url->host_len, "localhost"))
        return true;
    if (url->host_len == 3 && memcmp(url->host, "::1", 3) == 0)
        return true;
    return is_loopback_ipv4(url->host, url->host_len);
}
