/* SPDX-License-Identifier: MIT */
/* render.c - writes the body and headers of an answer */
#include "render.h"

#include "regions.h"

#include <stdio.h>
#include <string.h>

enum { FILLER = 2 * 1024 * 1024, LONG_HEADER = 8000, DEPTH = 10000, MANY = 200 };

static uint64_t
next_random(uint64_t *random)
{
    /* xorshift64: ids only have to differ; they are not secret. */
    uint64_t x = *random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *random = x;
    return x;
}

void
standin_render_ids(struct render *render, uint64_t *random, time_t seconds, long nanos)
{
    uint64_t a = next_random(random);
    uint64_t b = next_random(random);
    /* The fixed bits mark a random UUID (RFC 4122, version 4). */
    snprintf(render->uuid, sizeof render->uuid, "%08x-%04x-4%03x-%04x-%012llx",
             (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
             (unsigned long long)(b & 0xffffffffffff));
    snprintf(render->ray, sizeof render->ray, "%016llx",
             (unsigned long long)next_random(random));
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t len =
        strftime(render->gateway_id, sizeof render->gateway_id, "%Y%m%d%H%M%S", &tm);
    int more = snprintf(render->gateway_id + len, sizeof render->gateway_id - len,
                        "%09ld", nanos);
    len += (size_t)more;
    for (int i = 0; i < 8 && len + 1 < sizeof render->gateway_id; i++) {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop";
        uint64_t pick = next_random(random) >> 32;
        render->gateway_id[len++] = letters[pick % (sizeof letters - 1)];
    }
    render->gateway_id[len] = '\0';
}

static void
put_text(const struct render *render, struct text *out)
{
    const char *text = render->text != NULL ? render->text : render->answer->text;
    standin_text_json(out, text != NULL ? text : "");
}

static void
put_uuid(const struct render *render, struct text *out)
{
    standin_text_puts(out, render->uuid);
}

static void
put_gateway_id(const struct render *render, struct text *out)
{
    standin_text_puts(out, render->gateway_id);
}

static void
put_ray(const struct render *render, struct text *out)
{
    standin_text_puts(out, render->ray);
}

static void
put_method(const struct render *render, struct text *out)
{
    standin_text_json(out, render->method);
}

static void
put_path(const struct render *render, struct text *out)
{
    standin_text_json(out, render->path);
}

static void
put_origin(const struct render *render, struct text *out)
{
    standin_text_puts(out, render->origin);
}

static void
put_regions(const struct render *render, struct text *out)
{
    standin_regions_comet(out, render->regions);
}

static void
put_kling_regions(const struct render *render, struct text *out)
{
    standin_regions_kling(out, render->regions, render->origin, render->width,
                          render->height);
}

/* fetch-1201 carries kling-1201 as a JSON string. */
static void
put_inner(const struct render *render, struct text *out)
{
    char name[32];
    snprintf(name, sizeof name, "kling-%s", render->answer->name + strlen("fetch-"));
    struct render inner = *render;
    inner.answer = standin_answer_find(name);
    struct text body;
    standin_text_init(&body, RENDER_MAX);
    if (inner.answer != NULL)
        standin_render_body(&inner, &body);
    standin_text_json(out, body.data != NULL ? body.data : "");
    standin_text_free(&body);
}

static void
put_times(struct text *out, const char *what, size_t times)
{
    for (size_t i = 0; i < times; i++)
        standin_text_puts(out, what);
}

static void
put_filler(const struct render *render, struct text *out)
{
    (void)render;
    put_times(out, "0123456789abcdef", FILLER / 16);
}

static void
put_long(const struct render *render, struct text *out)
{
    (void)render;
    put_times(out, "x", LONG_HEADER);
}

static void
put_deep(const struct render *render, struct text *out)
{
    (void)render;
    put_times(out, "[", DEPTH);
    put_times(out, "]", DEPTH);
}

static void
put_many(const struct render *render, struct text *out)
{
    (void)render;
    for (int i = 0; i < MANY; i++)
        standin_text_printf(out, "%s{\"type\":\"part%d_seg\",\"is_contain\":%s}",
                            i ? "," : "", i, i % 2 ? "true" : "false");
}

static const struct {
    const char *name;
    void (*put)(const struct render *render, struct text *out);
} names[] = {
    {"text", put_text},
    {"uuid", put_uuid},
    {"gateway_id", put_gateway_id},
    {"ray", put_ray},
    {"method", put_method},
    {"path", put_path},
    {"origin", put_origin},
    {"regions", put_regions},
    {"kling_regions", put_kling_regions},
    {"inner", put_inner},
    {"filler", put_filler},
    {"long", put_long},
    {"deep", put_deep},
    {"many", put_many},
};

static void
put_name(const struct render *render, const char *name, size_t len, struct text *out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0) {
            names[i].put(render, out);
            return;
        }
    /* A misspelt name in the table is an error. */
    out->failed = true;
}

static void
expand(const struct render *render, const char *template, struct text *out)
{
    for (const char *at = template; *at != '\0';) {
        const char *end = at[0] == '{' && at[1] == '{' ? strstr(at, "}}") : NULL;
        if (end != NULL && at[2] >= 'a' && at[2] <= 'z') {
            put_name(render, at + 2, (size_t)(end - at - 2), out);
            at = end + 2;
            continue;
        }
        standin_text_add(out, *at == '\'' ? "\"" : at, 1);
        at++;
    }
}

void
standin_render_body(const struct render *render, struct text *out)
{
    const struct answer *answer = render->answer;
    if ((answer->flags & ANSWER_BY_SHAPE) != 0 && render->kling)
        answer = standin_answer_find("ok-kling");
    if (answer->body != NULL)
        expand(render, answer->body, out);
}

void
standin_render_headers(const struct render *render, struct text *out)
{
    if (render->answer->headers != NULL)
        expand(render, render->answer->headers, out);
}
