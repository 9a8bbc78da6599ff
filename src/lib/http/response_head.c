/* response_head.c - the head of an HTTP/1 response, line by line */
#include "http/response_head.h"

#include "base/text.h"

/* "HTTP/1.1 200 OK". After an "HTTP/2" status line libcurl would share the connection
   among requests, although all of them are HTTP/1.1. */
static bool
parse_status_line(klr_head *head, const char *line)
{
    const char *space = strchr(line, ' ');
    int status = 0;
    head->not_http1 = strncmp(line, "HTTP/1.", 7) != 0;
    if (head->not_http1)
        return false;
    for (int i = 1; space != NULL && i <= 3; i++) {
        if (!klr_text_is_digit(space[i]))
            return true; /* libcurl reports it */
        status = status * 10 + (space[i] - '0');
    }
    head->http_status = status;
    klingrec_exchange_set_http_status(head->x, status);
    return true;
}

static void
parse_header(klr_head *head, char *line)
{
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return;
    *colon = '\0';
    klingrec_exchange_set_header(head->x, line, klr_text_skip_spaces(colon + 1));
}

bool
klr_head_line(klr_head *head, const char *bytes, size_t len)
{
    char line[1024];
    size_t kept = len;

    head->bytes += len;
    if (head->bytes > KLR_HEAD_MAX)
        return false;
    if (head->whole)
        return true;
    if (len > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        head->whole = head->http_status >= 200;
        return true;
    }
    while (kept > 0 && strchr(" \r\n", bytes[kept - 1]) != NULL)
        kept--;
    bool is_long = kept >= sizeof line;
    if (is_long)
        kept = sizeof line - 1;
    memcpy(line, bytes, kept);
    line[kept] = '\0';
    if (strncmp(line, "HTTP/", 5) == 0)
        return parse_status_line(head, line);
    if (!is_long) /* no header that is used is so long */
        parse_header(head, line);
    return true;
}
