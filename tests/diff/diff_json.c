/* diff_json.c - compares what is valid JSON, and each value, with jansson */
#include "answer/json_text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned faults, texts, valid;

#define LEN(a) (sizeof(a) / sizeof *(a))

/* ---- Both beside each other --------------------------------------------------- */

static klr_arena arena;

static void
fault(klr_span text, const char *what)
{
    if (faults++ < 20)
        (void)fprintf(stderr, "%s: %.*s\n", what, (int)text.len, text.text);
}

static bool
same_string(klr_span value, const char *bytes, size_t len)
{
    klr_span s;
    return klr_json_string(&arena, value, SIZE_MAX, &s) == KLINGREC_OK &&
           s.len == len && (len == 0 || memcmp(s.text, bytes, len) == 0);
}

static bool
same_number(klr_span value, const json_t *theirs)
{
    int ours = 0;
    double number = json_number_value(theirs);
    bool fits = number >= -2147483648.0 && number <= 2147483647.0;
    /* No double is as small as 12e-1000. */
    bool is_tiny = number == 0 && value.len > sizeof "0e-1";
    if (!klr_json_integer(value, &ours))
        return !fits || number != (int)number || is_tiny;
    return fits && ours == number;
}

static bool same(klr_span value, json_t *theirs);

static bool
same_object(klr_span value, json_t *theirs)
{
    const char *name;
    json_t *member;
    json_object_foreach(theirs, name, member)
    {
        klr_span found;
        klr_json_members(value, &name, &found, 1);
        /* Longer names are not looked for. */
        if (strlen(name) <= 32 && !same(found, member))
            return false;
    }
    return true;
}

static bool
same_array(klr_span value, json_t *theirs)
{
    klr_span items = klr_json_items(value), item;
    size_t i = 0;
    for (; klr_json_next(&items, &item); i++)
        if (!same(item, json_array_get(theirs, i)))
            return false;
    return i == json_array_size(theirs);
}

static bool
same(klr_span value, json_t *theirs)
{
    switch (json_typeof(theirs)) {
    case JSON_OBJECT:
        return klr_json_is(value, '{') && same_object(value, theirs);
    case JSON_ARRAY:
        return klr_json_is(value, '[') && same_array(value, theirs);
    case JSON_STRING:
        return klr_json_is(value, '"') && same_string(value, json_string_value(theirs),
                                                      json_string_length(theirs));
    case JSON_INTEGER:
    case JSON_REAL:
        return klr_json_is_number(value) && same_number(value, theirs);
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    const char *word = json_is_true(theirs)    ? "true"
                       : json_is_false(theirs) ? "false"
                                               : "null";
    return value.len == strlen(word) && memcmp(value.text, word, value.len) == 0;
}

static void
compare(const char *bytes, size_t len)
{
    klr_span text = {bytes, len};
    json_error_t error;
    klr_alloc heap = klr_alloc_from(NULL, NULL);
    bool ours = klr_json_is_valid(text);
    json_t *theirs = json_loadb(
        bytes, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
    texts++;
    valid += ours;
    /* A number that no double holds is refused by jansson only. */
    bool too_large =
        theirs == NULL && json_error_code(&error) == json_error_numeric_overflow;
    if (ours != (theirs != NULL) && !(ours && too_large))
        fault(text, ours ? "jansson refuses it" : "jansson takes it");
    klr_arena_init(&arena, &heap);
    if (ours && theirs != NULL && !same(klr_json_root(text), theirs))
        fault(text, "another value than jansson's");
    klr_arena_free(&arena);
    json_decref(theirs);
}

/* ---- Texts -------------------------------------------------------------------- */

static uint64_t state = 88172645463325252u;

/* xorshift64 (Marsaglia): below n, which is not 0. */
static size_t
below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 16) % n;
}

/* Pieces of which many sequences are valid JSON. */
static const char *const PIECES[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\":",
    "\"a\"",
    "\"\"",
    "\"b\":",
    "\"\\u0061\":",
    "\\",
    "\\\"",
    "\\\\",
    "\\u0000",
    "\\u0041",
    "\\u00e4",
    "\\u20AC",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\ude00",
    "\\n",
    "\\/",
    "\\x",
    "true",
    "false",
    "null",
    "0",
    "-0",
    "-",
    "1",
    "12",
    "2147483647",
    "2147483648",
    ".",
    ".0",
    "e",
    "e1",
    "E-1",
    "e+2",
    "1e400",
    "1e10",
    "0.00000000012e10",
    "120000000000e-10",
    " ",
    "\t",
    "\r\n",
    "\v",
    "\x7F",
    "\x1F",
    "\xC3\xA4",
    "\xE2\x82\xAC",
    "\xF0\x9F\x98\x80",
    "\xC0\x80",
    "\xED\xA0\x80",
    "\xF4\x90\x80\x80",
    "\xC1\xBF",
    "\xE0\x9F\xBF",
    "\xF0\x8F\xBF\xBF",
    "\\ud83d\\udb00",
    "\\ud83d\\ue000",
    "\\u07ff",
    "\\u0800",
    "\\uffff",
    "\x80",
    "x",
    "{\"a\":1}",
    "[1,2]",
    "\"a b\"",
};

static const char *const SCALARS[] = {
    "true",
    "false",
    "null",
    "0",
    "-0",
    "1",
    "-12",
    "2147483647",
    "2147483648",
    "-2147483648",
    "1e2",
    "12.5e1",
    "-2147483649",
    "-21474836480",
    "12.50e+1",
    "0.5",
    "5e-1",
    "500E-2",
    "0.00000000012e10",
    "120000000000e-10",
    "1e400",
    "214748364.7e1",
    "9999999999999999999999",
    "\"a b\"",
};

static size_t
add(char *to, size_t len, size_t size, const char *piece)
{
    size_t n = strlen(piece);
    if (len + n > size)
        return len;
    memcpy(to + len, piece, n);
    return len + n;
}

/* Values inside of each other, made to be valid but for one piece at times. */
static size_t
make_value(char *to, size_t len, size_t size, unsigned depth)
{
    size_t kind = below(depth < 5 ? 8 : 5), items = below(4);
    if (below(40) == 0)
        len = add(to, len, size, PIECES[below(LEN(PIECES))]);
    if (kind < 2)
        return add(to, len, size, SCALARS[below(LEN(SCALARS))]);
    if (kind < 5) {
        len = add(to, len, size, "\"");
        for (size_t i = 0; i < items; i++)
            len = add(to, len, size, PIECES[below(LEN(PIECES))]);
        return add(to, len, size, "\"");
    }
    bool is_object = kind < 7;
    len = add(to, len, size, is_object ? "{" : "[");
    for (size_t i = 0; i < items; i++) {
        len = add(to, len, size, i > 0 ? "," : "");
        if (is_object)
            len = add(to, len, size, below(2) == 0 ? "\"a\":" : "\"\\u0062c\" : ");
        len = make_value(to, len, size, depth + 1);
    }
    return add(to, len, size, is_object ? "}" : "]");
}

/* In a block of its own size, so that a sanitizer sees a byte too many. */
static void
compare_exact(const char *text, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, text, len);
    compare(exact, len);
    free(exact);
}

int
main(void)
{
    enum { RUNS = 200000, TEXT_MAX = 2000, PIECES_MAX = 12 };
    static char text[TEXT_MAX];
    for (unsigned i = 0; i < RUNS; i++) {
        size_t len = 0, pieces = below(PIECES_MAX);
        while (pieces-- > 0)
            len = add(text, len, sizeof text, PIECES[below(LEN(PIECES))]);
        compare_exact(text, len);
        len = make_value(text, 0, sizeof text, 0);
        compare_exact(text, len);
    }
    (void)printf("%u texts, of which %u are valid; %u faults\n", texts, valid, faults);
    return faults > 0 || valid < texts / 10;
}
