/* SPDX-License-Identifier: MIT */
/* message.c - what gateways add to a message */
#include "base/build.h"

#include "answer/message.h"

#include <string.h>

static void
trim_end(klr_span *s)
{
    while (s->len > 0 && s->text[s->len - 1] == ' ')
        s->len--;
}

klr_span
klr_message_strip_ids(klr_span *message)
{
    static const char MARK[] = "(request id: ";
    const size_t n = sizeof MARK - 1;
    klr_span id = {NULL, 0};
    for (trim_end(message); message->len > n && message->text[message->len - 1] == ')';
         trim_end(message)) {
        size_t start = message->len - 1;
        while (start > 0 && message->text[start] != '(')
            start--;
        if (message->len - start <= n || memcmp(message->text + start, MARK, n) != 0)
            break;
        if (id.len == 0) {
            id.text = message->text + start + n;
            id.len = message->len - 1 - start - n;
        }
        message->len = start;
    }
    return id;
}

klr_span
klr_message_document(klr_span message)
{
    klr_span inner = {message.text, 0};
    const char *open = message.len > 0 ? memchr(message.text, '{', message.len) : NULL;
    if (open == NULL)
        return inner;
    inner.text = open;
    inner.len = message.len - (size_t)(open - message.text);
    while (inner.len > 0 && inner.text[inner.len - 1] != '}')
        inner.len--;
    return inner;
}

bool
klr_message_has_document(klr_span message)
{
    for (size_t i = 0; i < message.len; i++) {
        if (message.text[i] != '{')
            continue;
        size_t next = i + 1;
        while (next < message.len &&
               ((unsigned char)message.text[next] <= ' ' || message.text[next] == '\\'))
            next++;
        if (next == message.len || message.text[next] == '"')
            return true;
    }
    return false;
}
