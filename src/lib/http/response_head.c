/* SPDX-License-Identifier: MIT */
/* response_head.c - the head of an HTTP/1 response, line by line */
#include "base/build.h"

#include "http/response_head.h"

#include "base/text.h"

enum { VERSION = sizeof "HTTP/1.1" - 1, DIGITS = 3 };
static const uint64_t LENGTH_MAX = UINT64_MAX / 16;

/* "HTTP/1.1 200 OK". After an "HTTP/2" status line libcurl would share the connection
   among requests, although all of them are HTTP/1.1. */
static bool
parse_status_line(klr_head *head, const char *line)
{
    const char *digits = line + VERSION + 1;
    int status = 0;
    if (strncmp(line, "HTTP/1.0", VERSION) != 0 &&
        strncmp(line, "HTTP/1.1", VERSION) != 0) {
        head->not_http1 = true;
        return false;
    }
    bool good = line[VERSION] == ' ';
    for (int i = 0; good && i < DIGITS; i++) {
        good = klr_text_is_digit(digits[i]);
        status = status * 10 + (digits[i] - '0');
    }
    good = good && status >= 100 && (digits[DIGITS] == ' ' || digits[DIGITS] == '\0');
    head->malformed = !good;
    if (!good)
        return false;
    head->open = true;
    head->has_length = false;
    head->http_status = status;
    klingrec_exchange_set_http_status(head->x, status);
    return true;
}

/* One number, and the same one in each Content-Length (RFC 9112, 6.3). libcurl takes
   "4, 7" for 4. */
static bool
parse_length(klr_head *head, const char *value)
{
    const char *at = value;
    uint64_t length = 0;
    for (; klr_text_is_digit(*at); at++)
        length = length < LENGTH_MAX ? length * 10 + (uint64_t)(*at - '0') : LENGTH_MAX;
    bool good = at > value && *klr_text_skip_spaces(at) == '\0' &&
                (!head->has_length || head->length == length);
    head->has_length = true;
    head->length = length;
    return good;
}

static bool
parse_header(klr_head *head, char *line)
{
    bool continues = line[0] == ' ' || line[0] == '\t';
    char *colon = strchr(line, ':');
    if (continues || colon == NULL) { /* no header that is used needs two lines */
        head->malformed = continues && head->in_length;
        return !head->malformed;
    }
    *colon = '\0';
    const char *value = klr_text_skip_spaces(colon + 1);
    head->in_length = klr_text_equal(line, "Content-Length");
    head->malformed = head->in_length && !parse_length(head, value);
    klingrec_exchange_set_header(head->x, line, value);
    return !head->malformed;
}

/* A header or a trailer has a colon, unless it continues the previous line. */
static bool
is_well_formed(const char *bytes, size_t len)
{
    return memchr(bytes, '\0', len) == NULL &&
           (bytes[0] == ' ' || bytes[0] == '\t' || memchr(bytes, ':', len) != NULL);
}

static bool
end_head(klr_head *head)
{
    head->whole = head->whole || (head->open && head->http_status >= 200);
    head->open = false;
    return true;
}

static bool
parse_line(klr_head *head, const char *bytes, size_t kept)
{
    char line[1024];
    bool is_long = kept >= sizeof line;
    size_t copied = is_long ? sizeof line - 1 : kept;
    memcpy(line, bytes, copied);
    line[copied] = '\0';
    if (!head->open)
        return parse_status_line(head, line);
    return is_long || parse_header(head, line); /* no header that is used is so long */
}

bool
klr_head_line(klr_head *head, const char *bytes, size_t len)
{
    size_t kept = len;

    head->bytes += len;
    if (head->bytes > KLR_HEAD_MAX)
        return false;
    if (len == 0 || bytes[len - 1] != '\n') /* newer libcurls show truncated lines */
        return true;
    if (bytes[0] == '\n' || (len == 2 && bytes[0] == '\r'))
        return end_head(head);
    bool has_headers = head->open || head->whole;
    head->malformed =
        has_headers ? !is_well_formed(bytes, len) : memchr(bytes, '\0', len) != NULL;
    if (head->malformed)
        return false;
    while (kept > 0 && strchr(" \r\n", bytes[kept - 1]) != NULL)
        kept--;
    return head->whole || parse_line(head, bytes, kept);
}
