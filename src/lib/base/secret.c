/* SPDX-License-Identifier: MIT */
/* secret.c - the key as a header value, and how it is hidden in other texts */
#include "base/build.h"

#include "base/secret.h"

#include "base/text.h"

#include <limits.h>

static const char SCHEME[] = "Bearer ";
enum {
    SCHEME_LEN = sizeof SCHEME - 1,
    BEARER_SIZE = SCHEME_LEN + KLR_KEY_MAX + 1,
    HIDDEN_MIN = 8
};

size_t
klr_secret_good_length(const char *key)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~+/";
    size_t word = strspn(key, chars);
    return word > 0 ? word + strspn(key + word, "=") : 0;
}

static bool
is_bearer_token(const char *key, size_t len)
{
    return len > 0 && klr_secret_good_length(key) == len;
}

klingrec_status
klr_secret_new(const klr_alloc *alloc, const char *key, char **out)
{
    *out = NULL;
    size_t len = strlen(key);
    if (len > KLR_KEY_MAX || !is_bearer_token(key, len))
        return KLINGREC_ERR_ARGUMENT;
    char *secret = klr_new(alloc, BEARER_SIZE);
    if (secret == NULL)
        return KLINGREC_ERR_NOMEM;
    memcpy(secret, SCHEME, SCHEME_LEN);
    memcpy(secret + SCHEME_LEN, key, len);
    *out = secret;
    return KLINGREC_OK;
}

klingrec_status
klr_secret_ask(const klr_alloc *alloc, klingrec_token_fn token, void *user, char **out)
{
    *out = NULL;
    char *secret = klr_new(alloc, BEARER_SIZE);
    if (secret == NULL)
        return KLINGREC_ERR_NOMEM;
    char *key = secret + SCHEME_LEN;
    memcpy(secret, SCHEME, SCHEME_LEN);
    bool has_token = token(user, key, KLR_KEY_MAX + 1);
    const char *end = memchr(key, '\0', KLR_KEY_MAX + 1);
    if (!has_token || end == NULL || !is_bearer_token(key, (size_t)(end - key))) {
        klr_secret_free(alloc, secret);
        return KLINGREC_ERR_AUTH;
    }
    *out = secret;
    return KLINGREC_OK;
}

/* ---- Hiding a key that a server returned ------------------------------------ */

typedef struct search {
    const char *key;
    size_t key_len;
    bool escaped;                  /* decode escapes */
    bool begins[UCHAR_MAX + 1];    /* bytes that can begin a match; few do */
    uint16_t borders[KLR_KEY_MAX]; /* KMP failure function of the key */
} search;

/* Parse a number of at most max digits into a character. Returns how many digits there
   are. A number outside of ASCII becomes DEL, which no key contains. */
static size_t
parse_number(const char *text, const char *end, unsigned base, size_t max, char *c)
{
    unsigned value = 0;
    size_t n = 0;
    for (; n < max && text + n < end; n++) {
        int digit = klr_text_hex(text[n]);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        value = value < 0x7F ? value * base + (unsigned)digit : 0x7F;
    }
    *c = value < 0x7F ? (char)value : 0x7F;
    return n;
}

/* What follows a %: "41", or "2541" if the % was itself escaped. Returns its length, 0
   when it is not an escape. */
static size_t
parse_percent(const char *text, const char *end, char *c)
{
    size_t n = 0;
    while (end - text - (ptrdiff_t)n > 2 && text[n] == '2' && text[n + 1] == '5')
        n += 2;
    return parse_number(text + n, end, 16, 2, c) == 2 ? n + 2 : 0;
}

/* What follows a &: "#115;" or "#x73;". Returns its length, 0 when it is neither. */
static size_t
parse_entity(const char *text, const char *end, char *c)
{
    if (end - text < 3 || text[0] != '#')
        return 0;
    bool is_hex = klr_text_lower(text[1]) == 'x';
    size_t begin = is_hex ? 2 : 1;
    size_t n = parse_number(text + begin, end, is_hex ? 16 : 10, 8, c);
    return n > 0 && text + begin + n < end && text[begin + n] == ';' ? begin + n + 1
                                                                     : 0;
}

/*
 * Decode the next character, in lower case, and return its length in bytes: an escape
 * of JSON, with any number of backslashes, a percent-encoded byte, a numeric character
 * reference of HTML, or one byte. Backslashes count to the character after them.
 */
static size_t
parse_char(const search *s, const char *text, const char *end, char *c)
{
    const char *at = text;
    char first, last = 0;
    size_t n = 0;
    if (!s->escaped) {
        *c = klr_text_lower(*text);
        return 1;
    }
    while (end - at > 1 && *at == '\\')
        at++;
    first = *at++;
    if (first == 'u' && at - 1 > text && end - at > 3 &&
        parse_number(at, end, 16, 4, &last) == 4) {
        first = last; /* a % or & of JSON may begin an escape of another kind */
        at += 4;
    }
    if (first == '%')
        n = parse_percent(at, end, &last);
    else if (first == '&')
        n = parse_entity(at, end, &last);
    *c = klr_text_lower(n > 0 ? last : first);
    return (size_t)(at - text) + n;
}

/* The failure function of Knuth, Morris and Pratt: the search is linear for every key
   and text. */
static void
find_borders(search *s)
{
    s->borders[0] = 0;
    for (size_t i = 1, n = 0; i < s->key_len; i++) {
        while (n > 0 && klr_text_lower(s->key[i]) != klr_text_lower(s->key[n]))
            n = s->borders[n - 1];
        n += klr_text_lower(s->key[i]) == klr_text_lower(s->key[n]);
        s->borders[i] = (uint16_t)n;
    }
}

/* Overwrite backslashes in front too: a single one would make the JSON invalid. */
static void
star(const char *bytes, char *from, const char *to)
{
    while (from > bytes && from[-1] == '\\')
        from--;
    memset(from, '*', (size_t)(to - from));
}

static const char CUTS[] = {'\0', '\\', '%', '&'};

/* Whether the text may have been truncated here, at a NUL or inside an escape: what
   matched so far may be the key's prefix. */
static bool
is_cut(char c)
{
    return memchr(CUTS, c, sizeof CUTS) != NULL;
}

static void
find_begins(search *s)
{
    char first = klr_text_lower(s->key[0]);
    memset(s->begins, false, sizeof s->begins);
    s->begins[(unsigned char)first] = true;
    if (klr_text_is_letter(first))
        s->begins[(unsigned char)(first - 'a' + 'A')] = true;
    for (size_t i = 0; s->escaped && i < sizeof CUTS; i++)
        s->begins[(unsigned char)CUTS[i]] = true;
}

/* The bytes from `from` to `at` are the matched characters of the key. */
static void
hide(search *s, char *bytes, size_t len)
{
    const char *end = bytes + len;
    char *from = bytes;
    size_t matched = 0;
    find_begins(s);
    for (char *at = bytes; at < end;) {
        if (matched == 0) {
            while (at < end && !s->begins[(unsigned char)*at])
                at++;
            from = at;
            if (at == end)
                break;
        }
        char c, skipped, *begin = from;
        size_t n = parse_char(s, at, end, &c);
        bool cut = matched >= HIDDEN_MIN && is_cut(*at);
        while (matched > 0 && klr_text_lower(s->key[matched]) != c) {
            size_t shorter = s->borders[matched - 1];
            for (; matched > shorter; matched--)
                from += parse_char(s, from, end, &skipped);
        }
        if (cut)
            star(bytes, begin, from);
        at += n;
        if (klr_text_lower(s->key[matched]) == c)
            matched++;
        else
            from = at;
        if (matched == s->key_len) {
            star(bytes, from, at);
            matched = 0;
            from = at;
        }
    }
    if (matched >= HIDDEN_MIN)
        star(bytes, from, end);
}

/* The distance of a character's last place in the key's first HIDDEN_MIN from their
   end; HIDDEN_MIN: it is not among them. */
typedef unsigned char distances[UCHAR_MAX + 1];

static void
find_distances(const char *key, distances from_end)
{
    memset(from_end, HIDDEN_MIN, sizeof(distances));
    for (unsigned char i = 0; i < HIDDEN_MIN; i++) {
        char c = klr_text_lower(key[i]);
        from_end[(unsigned char)c] = (unsigned char)(HIDDEN_MIN - 1 - i);
        if (klr_text_is_letter(c))
            from_end[(unsigned char)(c - 'a' + 'A')] = from_end[(unsigned char)c];
    }
}

/* The search of Horspool: it looks at one byte of eight where none is in the key. */
static bool
has_first_characters(const search *s, const char *bytes, size_t len,
                     const distances from_end)
{
    for (size_t i = HIDDEN_MIN - 1; i < len;) {
        size_t n = from_end[(unsigned char)bytes[i]], same = 0;
        while (n == 0 && same < HIDDEN_MIN &&
               klr_text_lower(bytes[i - same]) ==
                   klr_text_lower(s->key[HIDDEN_MIN - 1 - same]))
            same++;
        if (same == HIDDEN_MIN)
            return true;
        i += n > 0 ? n : 1;
    }
    return false;
}

/* Whether an escape of this kind stands for one of the key's first characters. */
static bool
has_escaped_character(const search *s, const char *bytes, size_t len, char kind,
                      const distances from_end)
{
    const char *end = bytes + len;
    char c;
    while (bytes < end &&
           (bytes = memchr(bytes, kind, (size_t)(end - bytes))) != NULL) {
        bytes += parse_char(s, bytes, end, &c);
        if (from_end[(unsigned char)c] < HIDDEN_MIN)
            return true;
    }
    return false;
}

/* false: the first HIDDEN_MIN characters of the key are not in the text, neither as
   they are nor with one of them escaped, so that hide() would find nothing. */
static bool
may_contain(const search *s, const char *bytes, size_t len)
{
    distances from_end;
    find_distances(s->key, from_end);
    return has_first_characters(s, bytes, len, from_end) ||
           has_escaped_character(s, bytes, len, '\\', from_end) ||
           has_escaped_character(s, bytes, len, '%', from_end) ||
           has_escaped_character(s, bytes, len, '&', from_end);
}

void
klr_secret_hide(const char *secret, char *bytes, size_t len)
{
    search s; /* 8 KiB: not zeroed, to save time */
    s.key = secret + SCHEME_LEN;
    s.key_len = strlen(s.key);
    s.escaped = true;
    if (s.key_len < HIDDEN_MIN || len < HIDDEN_MIN || !may_contain(&s, bytes, len))
        return;
    find_borders(&s);
    /* Two passes: a key may begin inside of an escape, such as "73" in "%73". */
    hide(&s, bytes, len);
    s.escaped = false;
    hide(&s, bytes, len);
}

void
klr_secret_free(const klr_alloc *alloc, char *secret)
{
    if (secret != NULL)
        klr_wipe(secret, BEARER_SIZE);
    klr_free(alloc, secret, BEARER_SIZE);
}
