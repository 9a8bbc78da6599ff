/* SPDX-License-Identifier: MIT */
/* message.h - what gateways add to a message */
#ifndef KLR_MESSAGE_H
#define KLR_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Text that is not NUL-terminated and may contain a NUL. */
typedef struct klr_span {
    const char *text;
    size_t len;
} klr_span;

/*
 * Each gateway appends "(request id: X)" to a message. Remove all of them and return
 * the last id, that of the gateway that answered; empty when there is none.
 */
klr_span klr_message_strip_ids(klr_span *message);

/*
 * The text from the first { to the last }: a gateway may put the whole document that it
 * received into its message, with text around it. Empty when there is none.
 */
klr_span klr_message_document(klr_span message);

/* Whether a JSON object begins in the message, complete or truncated: a { and then a
   quote, which may be escaped, or the end. */
bool klr_message_has_document(klr_span message);

#endif
