/* SPDX-License-Identifier: MIT */
/* json.h - one JSON object per line */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "base/memory.h"

#include <klingrec/klingrec.h>

struct json {
    struct text *text;
    bool comma; /* an element precedes on this level */
};

/* key: NULL inside a list. bracket: '{' or '['. */
void cli_json_open(struct json *json, const char *key, char bracket);
void cli_json_close(struct json *json, char bracket);

/* Invalid UTF-8 becomes U+FFFD; NULL becomes null. */
void cli_json_text(struct json *json, const char *key, const char *value);
/* The bytes of a text that is not UTF-8, in base64. */
void cli_json_bytes(struct json *json, const char *key, const char *value);
void cli_json_number(struct json *json, const char *key, int64_t value);
void cli_json_bool(struct json *json, const char *key, bool value);
void cli_json_null(struct json *json, const char *key);
/* value is JSON already. */
void cli_json_raw(struct json *json, const char *key, const char *value);

/* A list of the names of all rules in the mask. */
void cli_json_rules(struct json *json, const char *key, uint32_t rules);

#endif
