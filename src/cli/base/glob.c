/* SPDX-License-Identifier: MIT */
/* glob.c - patterns of names, as in *.png */
#include "base/glob.h"

#include "base/files.h"
#include "base/utf8.h"

#include <string.h>

static uint32_t
next(const char **at)
{
    uint32_t character;
    *at += cli_utf8_next(*at, &character);
    if (character == UTF8_BAD) /* of different bytes each equals itself only */
        return UTF8_BAD - (unsigned char)(*at)[-1];
    return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
}

/* *pattern is after a "["; it is moved behind the "]". Without one, "[" is itself. */
static bool
set_matches(const char **pattern, uint32_t character)
{
    const char *at = *pattern;
    bool is_not = *at == '!', found = false;
    at += is_not;
    for (bool first = true; *at != '\0' && (first || *at != ']'); first = false) {
        uint32_t low = next(&at), high = low;
        if (at[0] == '-' && at[1] != ']' && at[1] != '\0') {
            at++;
            high = next(&at);
        }
        found = found || (character >= low && character <= high);
    }
    if (*at == '\0')
        return character == '[';
    *pattern = at + 1;
    return found != is_not;
}

/* Moves both behind one character if it matches. */
static bool
one_matches(const char **pattern, const char **text)
{
    if (**pattern == '\0' || **text == '\0')
        return false;
    uint32_t character = next(text), wanted = next(pattern);
    if (wanted == '?')
        return true;
    if (wanted == '[')
        return set_matches(pattern, character);
    return wanted == character ||
           (character == '/' && wanted < 128 && cli_path_is_separator((char)wanted));
}

/* Only the last "*" is tried again with more text, so the time is bounded by the
   product of the lengths. */
bool
cli_glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *from = text;
    while (*text != '\0' || *pattern != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            from = text;
        } else if (!one_matches(&pattern, &text)) {
            if (star == NULL || *from == '\0')
                return false;
            (void)next(&from);
            pattern = star;
            text = from;
        }
    }
    return true;
}

bool
cli_glob_is_path(const char *pattern)
{
    while (*pattern != '\0' && !cli_path_is_separator(*pattern))
        pattern++;
    return *pattern != '\0';
}
