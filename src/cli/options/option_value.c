/* SPDX-License-Identifier: MIT */
/* option_value.c - parses the value of an option into its field */
#include "options/option_value.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"

#include <klingrec/klingrec.h>
#include <string.h>

static bool
refuse(const struct option *option, const char *value, const char *expected)
{
    cli_say_error("--%s: '%s' is not valid; expected %s", option->name, value,
                  expected);
    return false;
}

static bool
refuse_range(const struct option *option, const char *value)
{
    char expected[80];
    if (option->kind == OPTION_SECONDS)
        snprintf(expected, sizeof expected, "a number of seconds from 0.001 to %u",
                 option->max / 1000);
    else
        snprintf(expected, sizeof expected, "a whole number from %u to %u", option->min,
                 option->max);
    return refuse(option, value, expected);
}

/* Reads digits; false if there are none or the number exceeds 32 bits. */
static bool
read_digits(const char **at, uint64_t *number)
{
    const char *start = *at;
    *number = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        *number = *number * 10 + (uint64_t)(**at - '0');
        if (*number > UINT32_MAX)
            return false;
    }
    return *at != start;
}

/* Reads a fraction: "" or ".5". A whole has 10 * tenth parts. */
static bool
read_fraction(const char **at, uint64_t tenth, uint64_t *parts)
{
    *parts = 0;
    if (**at != '.')
        return true;
    ++*at;
    if (**at < '0' || **at > '9')
        return false;
    for (uint64_t unit = tenth; **at >= '0' && **at <= '9'; ++*at, unit /= 10) {
        if (unit == 0)
            return false;
        *parts += (uint64_t)(**at - '0') * unit;
    }
    return true;
}

static bool
set_number(const struct option *option, const char *value, uint32_t *field)
{
    const char *at = value;
    uint64_t number, milli = 0;
    bool good = read_digits(&at, &number);
    if (good && option->kind == OPTION_SECONDS) {
        good = read_fraction(&at, 100, &milli);
        number = number * 1000 + milli;
    }
    if (good && option->kind == OPTION_BYTES && *at != '\0') {
        good = *at == 'K' || *at == 'k' || *at == 'M' || *at == 'm';
        number *= *at == 'K' || *at == 'k' ? 1024u : 1024u * 1024u;
        at++;
    }
    if (!good || *at != '\0' || number < option->min || number > option->max)
        return refuse_range(option, value);
    *field = (uint32_t)number;
    return true;
}

static bool
set_choice(const struct option *option, const char *value, uint32_t *field)
{
    size_t len = strlen(value);
    uint32_t index = 0;
    for (const char *at = option->value;; index++) {
        size_t word = strcspn(at, "|");
        if (word == len && memcmp(at, value, len) == 0) {
            *field = index;
            return true;
        }
        if (at[word] == '\0')
            return refuse(option, value, option->value);
        at += word + 1;
    }
}

static bool
set_kinds(const struct option *option, const char *value, uint32_t *field)
{
    *field = 0;
    for (const char *at = value;; at++) {
        char word[16] = "";
        uint32_t shift = *at == '!' ? REQUIRE_NOT : 0;
        at += shift != 0;
        size_t len = strcspn(at, ",");
        if (len < sizeof word)
            memcpy(word, at, len);
        uint32_t kind = klingrec_kinds_from_names(word);
        if (kind == 0 || (*field & kind << (REQUIRE_NOT - shift)) != 0)
            return refuse(option, value,
                          "some of head,face,cloth,object, or !head and so on for a "
                          "region that must not be there");
        *field |= kind << shift;
        at += len;
        if (*at == '\0')
            return true;
    }
}

static bool
set_price(const struct option *option, const char *value, uint32_t *field)
{
    const char *at = value;
    uint64_t whole, parts;
    if (!read_digits(&at, &whole) || !read_fraction(&at, 100000, &parts) ||
        *at != '\0' || whole > 4000)
        return refuse(option, value, "an amount from 0 to 4000, such as 0.014");
    *field = (uint32_t)(whole * 1000000 + parts);
    return true;
}

static bool
set_shard(const struct option *option, const char *value, uint32_t *field)
{
    const char *at = value;
    uint64_t shard, count = 0;
    if (!read_digits(&at, &shard) || *at++ != '/' || !read_digits(&at, &count) ||
        *at != '\0' || shard >= count)
        return refuse(option, value, "I/N with I from 0 to N-1, such as 0/4");
    field[0] = (uint32_t)shard;
    field[1] = (uint32_t)count;
    return true;
}

/* A separator at an end would keep the pattern from ever matching. */
static bool
add_glob(const struct option *option, const char *value, struct texts *field)
{
    size_t len = strlen(value);
    if (len == 0 || cli_path_is_separator(value[0]) ||
        cli_path_is_separator(value[len - 1]))
        return refuse(option, value,
                      "a pattern such as '*.png' or 'old/*', below the folder that is "
                      "searched");
    field->at = cli_resize(field->at, field->count + 1, sizeof *field->at);
    field->at[field->count++] = value;
    return true;
}

bool
cli_option_set(struct options *options, const struct option *option, const char *value)
{
    void *field = (char *)options + option->offset;
    switch (option->kind) {
    case OPTION_TEXT:
        /* An empty proxy means none; any other empty text is a mistake. */
        if (value[0] == '\0' && option->offset != offsetof(struct options, proxy))
            return refuse(option, value, option->value);
        *(const char **)field = value;
        return true;
    case OPTION_GLOBS:
        return add_glob(option, value, field);
    case OPTION_CHOICE:
        return set_choice(option, value, field);
    case OPTION_KINDS:
        return set_kinds(option, value, field);
    case OPTION_PRICE:
        return set_price(option, value, field);
    case OPTION_SHARD:
        return set_shard(option, value, field);
    case OPTION_NUMBER:
    case OPTION_SECONDS:
    case OPTION_BYTES:
        return set_number(option, value, field);
    case OPTION_FLAG:
    case OPTION_REFUSED:
        break;
    }
    *(bool *)field = true;
    return true;
}
