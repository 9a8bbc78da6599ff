/* json_text.h - read a JSON text where it is, without memory (RFC 8259) */
#ifndef KLR_JSON_TEXT_H
#define KLR_JSON_TEXT_H

#include "answer/message.h"
#include "base/alloc.h"

/* Values may be nested so deeply. */
enum { KLR_JSON_DEPTH_MAX = 2048 };

/* Whether the whole text is one value and white space. Strings must be valid UTF-8,
   with escapes of pairs of surrogates only; the name of a member must not contain a
   NUL. */
bool klr_json_is_valid(klr_span text);

/*
 * A value is its text in a valid document, and empty if there is none. Its first
 * character tells its type: " [ { t f n, and - or a digit for a number.
 */
bool klr_json_is(klr_span value, char first);
bool klr_json_is_number(klr_span value);

/* The text without white space around it. */
klr_span klr_json_root(klr_span text);

/* The values of these members of an object. Of several with one name the last counts.
 */
void klr_json_members(klr_span object, const char *const *names, klr_span *values,
                      size_t count);

/* The items of an array, for klr_json_next(); empty if it is none. */
klr_span klr_json_items(klr_span array);
/* Take the first of these items. false: there is none left. */
bool klr_json_next(klr_span *items, klr_span *item);

/* A number without a fraction that fits, in every notation: 12 and 1.2e1. */
bool klr_json_integer(klr_span number, int *out);

/*
 * The characters of a string, which may include a NUL. They are in the document itself
 * or, if there are escapes, in the arena. ERR_NOMEM, and nothing in *out. Nothing and
 * OK if it is no string, or if it has escapes and is surely longer than max.
 */
klingrec_status klr_json_string(klr_arena *arena, klr_span value, size_t max,
                                klr_span *out);

#endif
