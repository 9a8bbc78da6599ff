/* json_text.c - read a JSON text where it is, without memory (RFC 8259) */
#include "base/build.h"

#include "answer/json_text.h"

#include "base/text.h"

#include <limits.h>

/* What is left of a text; at moves up to end. */
typedef struct json_reader {
    const char *at;
    const char *end;
} json_reader;

static json_reader
json_reader_of(klr_span text)
{
    json_reader r = {text.text, text.text + text.len};
    return r;
}

/* The next character; NUL, which JSON has only in escapes, at the end. */
static char
peek_char(const json_reader *r)
{
    return r->at < r->end ? *r->at : '\0';
}

static bool
take(json_reader *r, char c)
{
    bool found = r->at < r->end && *r->at == c;
    r->at += found;
    return found;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void
skip_space(json_reader *r)
{
    while (r->at < r->end && is_space(*r->at))
        r->at++;
}

/* ---- Strings ---------------------------------------------------------------- */

/* After \u: four digits (7). */
static bool
take_hex(json_reader *r, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = klr_text_hex(peek_char(r));
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

/* After a backslash: one character, also from the two escapes of surrogates. */
static bool
take_escape(json_reader *r, uint32_t *out)
{
    static const char names[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
    uint32_t low;
    char c = peek_char(r);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    if (name != NULL) {
        r->at++;
        *out = (unsigned char)chars[name - names];
        return true;
    }
    if (!take(r, 'u') || !take_hex(r, out))
        return false;
    if (*out < 0xD800 || *out > 0xDFFF)
        return true;
    if (*out > 0xDBFF || !take(r, '\\') || !take(r, 'u') || !take_hex(r, &low) ||
        low < 0xDC00 || low > 0xDFFF)
        return false;
    *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* One character of two to four bytes: the table of RFC 3629, 4. */
static bool
take_utf8(json_reader *r)
{
    unsigned char first = (unsigned char)*r->at++;
    unsigned char second = (unsigned char)peek_char(r);
    int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (first < 0xC2 || first > 0xF4 || (first == 0xE0 && second < 0xA0) ||
        (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F))
        return false;
    for (int i = 0; i < more; i++, r->at++)
        if (!klr_text_is_continuation(peek_char(r)))
            return false;
    return true;
}

static bool
is_plain(char c)
{
    return (unsigned char)c >= ' ' && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* What is neither plain nor the quote at the end: a character beyond ASCII, or an
 * escape. */
static bool
check_character(json_reader *r, bool may_have_nul)
{
    uint32_t c;
    if ((unsigned char)peek_char(r) >= 0x80)
        return take_utf8(r);
    return take(r, '\\') && take_escape(r, &c) && (c != 0 || may_have_nul);
}

static bool
check_string(json_reader *r, bool may_have_nul)
{
    if (!take(r, '"'))
        return false;
    for (;;) {
        const char *at = r->at;
        while (at < r->end && is_plain(*at))
            at++;
        r->at = at;
        if (take(r, '"'))
            return true;
        if (!check_character(r, may_have_nul))
            return false;
    }
}

static char *
put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char firsts[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(firsts[more] | c >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (c >> (6 * more) & 0x3F));
    return to;
}

/* Write the characters of a valid string without quotes, and return how many bytes they
   are: not more than before, because an escape is longer than its character. */
static size_t
unescape(char *to, klr_span raw)
{
    json_reader r = json_reader_of(raw);
    char *begin = to;
    uint32_t c;
    while (r.at < r.end) {
        const char *run = r.at;
        while (r.at < r.end && *r.at != '\\')
            r.at++;
        memcpy(to, run, (size_t)(r.at - run));
        to += r.at - run;
        if (take(&r, '\\') && take_escape(&r, &c))
            to = put_utf8(to, c);
    }
    return (size_t)(to - begin);
}

/* ---- Validity --------------------------------------------------------------- */

static bool
check_digits(json_reader *r)
{
    const char *begin = r->at;
    while (klr_text_is_digit(peek_char(r)))
        r->at++;
    return r->at > begin;
}

static bool
check_number(json_reader *r)
{
    (void)take(r, '-');
    if (!take(r, '0') && !check_digits(r))
        return false;
    if (take(r, '.') && !check_digits(r))
        return false;
    if (!take(r, 'e') && !take(r, 'E'))
        return true;
    if (!take(r, '-'))
        (void)take(r, '+');
    return check_digits(r);
}

static bool
check_word(json_reader *r, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool
check_scalar(json_reader *r)
{
    switch (peek_char(r)) {
    case '"':
        return check_string(r, true);
    case 't':
        return check_word(r, "true");
    case 'f':
        return check_word(r, "false");
    case 'n':
        return check_word(r, "null");
    default:
        return check_number(r);
    }
}

static bool
check_name(json_reader *r)
{
    skip_space(r);
    if (!check_string(r, false))
        return false;
    skip_space(r);
    return take(r, ':');
}

/* What is open around a place in the text, as the characters that close it. */
typedef struct nesting {
    size_t depth;
    char closing[KLR_JSON_DEPTH_MAX];
} nesting;

/* A scalar, or what opens an array or object; *ended is whether it has no items. */
static bool
begin_value(json_reader *r, nesting *n, bool *ended)
{
    skip_space(r);
    *ended = true;
    bool is_object = peek_char(r) == '{';
    if (!is_object && peek_char(r) != '[')
        return check_scalar(r);
    if (n->depth == KLR_JSON_DEPTH_MAX)
        return false;
    char closing = is_object ? '}' : ']';
    r->at++;
    skip_space(r);
    if (take(r, closing))
        return true;
    *ended = false;
    n->closing[n->depth++] = closing;
    return !is_object || check_name(r);
}

/* After a value: close what ends here, up to the next value or the end of the text. */
static bool
end_value(json_reader *r, nesting *n)
{
    for (;;) {
        skip_space(r);
        if (n->depth == 0)
            return r->at == r->end;
        char closing = n->closing[n->depth - 1];
        if (take(r, ','))
            return closing == ']' || check_name(r);
        if (!take(r, closing))
            return false;
        n->depth--;
    }
}

bool
klr_json_is_valid(klr_span text)
{
    json_reader r = json_reader_of(text);
    nesting n;
    bool ended;
    n.depth = 0;
    if (text.len == 0)
        return false;
    do {
        if (!begin_value(&r, &n, &ended) || (ended && !end_value(&r, &n)))
            return false;
    } while (n.depth > 0);
    return true;
}

/* ---- Values of a valid document --------------------------------------------- */

bool
klr_json_is(klr_span value, char first)
{
    return value.len > 0 && value.text[0] == first;
}

bool
klr_json_is_number(klr_span value)
{
    return klr_json_is(value, '-') ||
           (value.len > 0 && klr_text_is_digit(value.text[0]));
}

/* Its end is the first quote after an even number of backslashes. */
static void
skip_string(json_reader *r)
{
    size_t slashes;
    const char *begin = r->at, *at = begin;
    do {
        at = memchr(at + 1, '"', (size_t)(r->end - at - 1));
        slashes = 0;
        while (at[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
    } while (slashes % 2 != 0);
    r->at = at + 1;
}

/* The next value, and pass what separates it from the one after it. Empty at the end.
 */
static klr_span
take_value(json_reader *r)
{
    size_t depth = 0;
    skip_space(r);
    klr_span value = {r->at, 0};
    while (r->at < r->end) {
        char c = *r->at;
        if (c == '"') {
            skip_string(r);
            continue;
        }
        if (depth == 0 && (c == ',' || c == ':'))
            break;
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        r->at++;
    }
    value.len = (size_t)(r->at - value.text);
    r->at += r->at < r->end;
    return klr_json_root(value);
}

klr_span
klr_json_root(klr_span text)
{
    while (text.len > 0 && is_space(text.text[text.len - 1]))
        text.len--;
    while (text.len > 0 && is_space(text.text[0])) {
        text.text++;
        text.len--;
    }
    return text;
}

/* What is between its brackets or quotes. */
static klr_span
inside(klr_span value)
{
    klr_span s = {value.text + 1, value.len - 2};
    return s;
}

enum { ESCAPE_MAX = 6 }; /* bytes for one character of ASCII: "\u0061" */

/* The name of a member as a text that ends with NUL; "" if it is longer than any that
   is asked for. */
static void
read_name(klr_span name, char *text, size_t size)
{
    klr_span raw = inside(name);
    size_t len = 0;
    if (raw.len < size)
        len = unescape(text, raw);
    text[len] = '\0';
}

void
klr_json_members(klr_span object, const char *const *names, klr_span *values,
                 size_t count)
{
    enum { NAME_MAX_LEN = 32 };
    char text[NAME_MAX_LEN * ESCAPE_MAX];
    for (size_t i = 0; i < count; i++)
        values[i] = (klr_span){NULL, 0};
    if (!klr_json_is(object, '{'))
        return;
    for (json_reader r = json_reader_of(inside(object)); r.at < r.end;) {
        klr_span name = take_value(&r), value = take_value(&r);
        if (name.len == 0)
            return;
        read_name(name, text, sizeof text);
        for (size_t i = 0; i < count; i++)
            if (strcmp(text, names[i]) == 0)
                values[i] = value;
    }
}

klr_span
klr_json_items(klr_span array)
{
    return klr_json_is(array, '[') ? inside(array) : (klr_span){NULL, 0};
}

bool
klr_json_next(klr_span *items, klr_span *item)
{
    if (items->len == 0)
        return false;
    json_reader r = json_reader_of(*items);
    *item = take_value(&r);
    *items = (klr_span){r.at, (size_t)(r.end - r.at)};
    return item->len > 0;
}

/* ---- Scalars ---------------------------------------------------------------- */

/* The exponent of a number, 0 if it has none; saturated, for a text of 1 MiB. */
static int64_t
exponent_of(klr_span number)
{
    enum { FAR = 100000000 };
    json_reader r = json_reader_of(number);
    int64_t value = 0;
    while (r.at < r.end && *r.at != 'e' && *r.at != 'E')
        r.at++;
    r.at += r.at < r.end;
    bool negative = take(&r, '-');
    if (!negative)
        (void)take(&r, '+');
    for (; klr_text_is_digit(peek_char(&r)); r.at++)
        value = value < FAR ? value * 10 + (*r.at - '0') : value;
    return negative ? -value : value;
}

bool
klr_json_integer(klr_span number, int *out)
{
    const int64_t limit = (int64_t)INT_MAX + 1;
    json_reader r = json_reader_of(number);
    bool negative = take(&r, '-');
    int64_t value = 0, place = exponent_of(number); /* of the next digit */
    const char *digits = r.at;
    while (klr_text_is_digit(peek_char(&r)))
        r.at++;
    place += r.at - digits;
    for (r.at = digits; klr_text_is_digit(peek_char(&r)) || peek_char(&r) == '.';
         r.at++) {
        if (*r.at == '.')
            continue;
        if (place-- > 0)
            value = value <= limit ? value * 10 + (*r.at - '0') : value;
        else if (*r.at != '0')
            return false;
    }
    for (; place > 0 && value > 0 && value <= limit; place--)
        value *= 10;
    if (value > limit || (value == limit && !negative))
        return false;
    *out = (int)(negative ? -value : value);
    return true;
}

klingrec_status
klr_json_string(klr_arena *arena, klr_span value, size_t max, klr_span *out)
{
    *out = (klr_span){NULL, 0};
    if (!klr_json_is(value, '"'))
        return KLINGREC_OK;
    klr_span raw = inside(value);
    if (raw.len == 0 || memchr(raw.text, '\\', raw.len) == NULL) {
        *out = raw;
        return KLINGREC_OK;
    }
    if (raw.len / ESCAPE_MAX > max)
        return KLINGREC_OK;
    char *text = klr_arena_new(arena, raw.len);
    if (text == NULL)
        return KLINGREC_ERR_NOMEM;
    out->text = text;
    out->len = unescape(text, raw);
    return KLINGREC_OK;
}
