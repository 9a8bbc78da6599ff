/* message.h - what gateways put around and into a message */
#ifndef KLR_MESSAGE_H
#define KLR_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Text that need not end with a NUL and may contain one. */
typedef struct klr_span {
    const char *text;
    size_t len;
} klr_span;

/*
 * Gateways end a message with "(request id: X)", one after the other when there are
 * several. All are removed, for the id has a place of its own; the last one, that of
 * the gateway that answered, is returned. Empty when there is none.
 */
klr_span klr_message_strip_ids(klr_span *message);

/*
 * From the first brace to the last: where a gateway has put the whole document that
 * it got, perhaps with words around it. Empty when there is none.
 */
klr_span klr_message_document(klr_span message);

/* Whether a JSON object begins in there, whole or broken off: a brace and then a quote,
   perhaps escaped, or the end. */
bool klr_message_has_document(klr_span message);

#endif
