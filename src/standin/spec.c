/* SPDX-License-Identifier: MIT */
/* spec.c - the requested answer: NAME[:delay=MS][:retry-after=TEXT]... */
#include "spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPT_MAX = 100000, SHOWN = 60 };

/* Digits only; strtol() would also accept signs and spaces. */
static bool
parse_number(const char *string, size_t len, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;
    if (len == 0 || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (string[i] < '0' || string[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(string[i] - '0');
    }
    if (value > max)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool
starts_with(const char *string, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);
    return len >= n && memcmp(string, prefix, n) == 0;
}

static bool
is_visible(const char *string, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (string[i] < 0x20 || string[i] > 0x7e)
            return false;
    return true;
}

static bool
parse_parameter(const char *string, size_t len, struct spec *spec)
{
    static const char delay[] = "delay=";
    static const char after[] = "retry-after=";
    static const char date[] = "retry-after-date=";
    if (starts_with(string, len, delay)) {
        size_t skip = sizeof delay - 1;
        return parse_number(string + skip, len - skip, SPEC_DELAY_MAX, &spec->delay_ms);
    }
    if (starts_with(string, len, date)) {
        size_t skip = sizeof date - 1;
        uint32_t seconds = 0;
        spec->dated = parse_number(string + skip, len - skip, 1000000, &seconds);
        spec->retry_after_date = (int32_t)seconds;
        return spec->dated;
    }
    if (starts_with(string, len, after)) {
        size_t n = len - (sizeof after - 1);
        string += sizeof after - 1;
        if (n == 0 || n >= sizeof spec->retry_after || !is_visible(string, n))
            return false;
        memcpy(spec->retry_after, string, n);
        spec->retry_after[n] = '\0';
        return true;
    }
    return false;
}

static size_t
until(const char *string, size_t len, char stop)
{
    const char *at = len != 0 ? memchr(string, stop, len) : NULL;
    return at != NULL ? (size_t)(at - string) : len;
}

bool
standin_spec_parse(const char *string, size_t len, struct spec *spec,
                   char error[SPEC_ERROR])
{
    memset(spec, 0, sizeof *spec);
    spec->answer = standin_answer_find("ok");
    bool first = true;
    for (;;) {
        size_t part = until(string, len, ':');
        const struct answer *named =
            first ? standin_answer_find_part(string, part) : NULL;
        if (named != NULL)
            spec->answer = named;
        else if (!parse_parameter(string, part, spec)) {
            snprintf(error, SPEC_ERROR,
                     "unknown answer '%.*s': see --list-answers; parameters are "
                     ":delay=0..%d, :retry-after=TEXT, :retry-after-date=SECONDS",
                     part < SHOWN ? (int)part : SHOWN, string, (int)SPEC_DELAY_MAX);
            return false;
        }
        if (part == len)
            return true;
        string += part + 1;
        len -= part + 1;
        first = false;
    }
}

bool
standin_script_parse(const char *string, struct script *script, char error[SPEC_ERROR])
{
    size_t count = 1;
    memset(script, 0, sizeof *script);
    for (const char *at = string; *at != '\0'; at++)
        count += *at == ',';
    if (count > SCRIPT_MAX) {
        snprintf(error, SPEC_ERROR, "%zu answers, at most %d are allowed", count,
                 (int)SCRIPT_MAX);
        return false;
    }
    script->specs = calloc(count, sizeof *script->specs);
    if (script->specs == NULL) {
        snprintf(error, SPEC_ERROR, "out of memory for %zu answers", count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(string, ",");
        if (!standin_spec_parse(string, len, &script->specs[i], error)) {
            standin_script_free(script);
            return false;
        }
        string += len + 1;
    }
    script->count = count;
    return true;
}

const struct spec *
standin_script_next(struct script *script)
{
    return script->at < script->count ? &script->specs[script->at++] : NULL;
}

void
standin_script_free(struct script *script)
{
    free(script->specs);
    memset(script, 0, sizeof *script);
}
