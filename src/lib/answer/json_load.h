/* SPDX-License-Identifier: MIT */
/* json_load.h - a JSON document through jansson, also when memory is short */
#ifndef KLR_JSON_LOAD_H
#define KLR_JSON_LOAD_H

#include "answer/message.h"

#include <jansson.h>
#include <klingrec/klingrec.h>

/*
 * Parse text as one JSON document. OK: *out is the document, for json_decref(), or NULL
 * when the text is not JSON. ERR_NOMEM: memory was short, and *out is NULL. A string
 * may contain NUL as an escape. An integer of more than 64 bits turns all integers of
 * the document into reals.
 */
klingrec_status klr_json_load(klr_span text, json_t **out);

#endif
