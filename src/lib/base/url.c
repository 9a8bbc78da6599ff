/* SPDX-License-Identifier: MIT */
/* url.c - the syntax of http and https URLs, for images and for the endpoint */
#include "base/build.h"

#include "base/url.h"

#include "base/text.h"

/* The offset of the first byte that a URL must not contain, or len. */
static size_t
clean_length(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7F || c == '"' || c == '\\' || c == '<' || c == '>')
            break;
        size_t n = klr_text_utf8(text + i, len - i);
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
        if (!klr_text_is_digit(text[i]) || port > 65535)
            return false;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return len == 0 || (port >= 1 && port <= 65535);
}

/* Four decimal numbers. A leading 0 is refused: some parsers read it as octal, others
   as a host name for DNS. */
static bool
parse_ipv4(const char *text, size_t len, unsigned char bytes[4])
{
    size_t at = 0;
    for (size_t n = 0; n < 4; n++) {
        if (n > 0 && (at >= len || text[at++] != '.'))
            return false;
        unsigned value = 0;
        size_t start = at;
        for (; at < len && klr_text_is_digit(text[at]) && value <= 255; at++)
            value = value * 10 + (unsigned)(text[at] - '0');
        if (at == start || value > 255 || (at > start + 1 && text[start] == '0'))
            return false;
        bytes[n] = (unsigned char)value;
    }
    return at == len;
}

/* Parse one group of an IPv6 address. Returns the number of its digits; 0: invalid. */
static size_t
parse_group(const char *text, size_t len, unsigned char bytes[2])
{
    unsigned value = 0;
    size_t n = 0;
    for (; n < len && klr_text_hex(text[n]) >= 0; n++) {
        if (n == 4)
            return 0;
        value = value * 16 + (unsigned)klr_text_hex(text[n]);
    }
    bytes[0] = (unsigned char)(value >> 8);
    bytes[1] = (unsigned char)(value & 0xFF);
    return n;
}

/* IPv6address of RFC 3986, 3.2.2, without a zone: a zone has a meaning only on the
   machine that uses it. */
static bool
parse_ipv6(const char *text, size_t len, unsigned char bytes[16])
{
    const size_t no_gap = 17;
    size_t n = 0, gap = no_gap, at = 0;
    if (len >= 2 && text[0] == ':' && text[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (at < len) {
        if (n <= 12 && parse_ipv4(text + at, len - at, bytes + n)) {
            n += 4;
            break;
        }
        size_t digits = n < 16 ? parse_group(text + at, len - at, bytes + n) : 0;
        if (digits == 0)
            return false;
        n += 2;
        at += digits;
        if (at == len)
            break;
        if (text[at++] != ':' || at == len)
            return false;
        if (text[at] == ':') {
            if (gap != no_gap)
                return false;
            gap = n;
            at++;
        }
    }
    if (gap == no_gap || n == 16)
        return gap == no_gap && n == 16;
    memmove(bytes + 16 - (n - gap), bytes + gap, n - gap);
    memset(bytes + gap, 0, 16 - n);
    return true;
}

/* The length of the host name at text: labels of letters, digits, - and _, separated by
   single dots, with an optional dot at the end. No percent-encoding: it would hide the
   host. */
static size_t
name_length(const char *text, size_t len)
{
    size_t i = 0;
    for (bool label = false; i < len; i++) {
        char c = text[i];
        bool in_label = klr_text_is_letter(c) || klr_text_is_digit(c) || c == '-' ||
                        c == '_' || (unsigned char)c >= 0x80;
        if (!in_label && (c != '.' || !label))
            break;
        label = in_label;
    }
    return i;
}

/* Names that mean this machine for every parser; other spellings do not count. */
static bool
is_loopback_name(const char *host, size_t len)
{
    unsigned char bytes[4];
    return (len == 9 && klr_text_begins(host, len, "localhost")) ||
           (parse_ipv4(host, len, bytes) && bytes[0] == 127);
}

klr_detail
klr_url_parse_host(klr_url *url, const char *text, size_t len, size_t *where)
{
    static const unsigned char loopback[16] = {[15] = 1};
    unsigned char bytes[16];
    size_t end;

    *where = 0;
    if (len > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        if (close == NULL || !parse_ipv6(text + 1, (size_t)(close - text - 1), bytes))
            return KLR_DETAIL_URL_HOST;
        end = (size_t)(close - text) + 1;
        url->host = text + 1;
        url->host_len = end - 2;
        url->is_loopback = memcmp(bytes, loopback, sizeof bytes) == 0;
    } else {
        end = name_length(text, len);
        url->host = text;
        url->host_len = end;
        url->is_loopback = is_loopback_name(text, end);
    }
    *where = end;
    if (end == 0 || (end < len && text[end] != ':'))
        return KLR_DETAIL_URL_HOST;
    if (end < len && !port_is_valid(text + end + 1, len - end - 1)) {
        *where = end + 1;
        return KLR_DETAIL_URL_PORT;
    }
    return KLR_DETAIL_NONE;
}

/* authority = [ userinfo "@" ] host [ ":" port ] (RFC 3986, 3.2) */
static klr_detail
parse_authority(klr_url *url, const char *text, size_t len, size_t *where)
{
    const char *at = len > 0 ? memchr(text, '@', len) : NULL;
    if (at == NULL)
        return klr_url_parse_host(url, text, len, where);
    *where = (size_t)(at - text);
    return KLR_DETAIL_URL_USER;
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
    if (klr_text_begins(text, len, "data:"))
        return KLR_DETAIL_URL_DATA;
    url->https = klr_text_begins(text, len, "https://");
    if (!url->https && !klr_text_begins(text, len, "http://"))
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
