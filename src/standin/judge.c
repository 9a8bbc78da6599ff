/* SPDX-License-Identifier: MIT */
/* judge.c - checks a request as the service does */
#include "judge.h"

#include "base64.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MIN_SIDE = 300, URL_MAX = 8192 };

/* Texts that were observed on the live service. All others are the stand-in's own. */
#define BAD_BASE64 "File is not in a valid base64 format"
#define BAD_PIXELS "Image pixel is invalid"
#define BAD_BODY   "Failed to resolve the request body"
#define NO_IMAGE   "image can not be null"

static void
refuse(struct judgement *judgement, const char *text)
{
    judgement->refusal = standin_answer_find("kling-1201");
    snprintf(judgement->text, sizeof judgement->text, "%s", text);
}

bool
standin_judge_key(const char *authorization, const char *key, bool comet,
                  struct judgement *judgement)
{
    static const char bearer[] = "Bearer ";
    const char *name = NULL;
    if (authorization == NULL || authorization[0] == '\0')
        name = "kling-1001";
    else if (strncmp(authorization, bearer, sizeof bearer - 1) != 0)
        name = "kling-1002";
    else if (strcmp(authorization + sizeof bearer - 1, key) != 0)
        name = "kling-1000";
    if (name == NULL)
        return true;
    judgement->refusal = standin_answer_find(comet ? "comet-401" : name);
    return false;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t
percent_decode(const char *in, size_t len, char *out, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < capacity; i++) {
        char byte = in[i];
        if (byte == '%' && i + 2 < len && hex_digit(in[i + 1]) >= 0 &&
            hex_digit(in[i + 2]) >= 0) {
            byte = (char)(hex_digit(in[i + 1]) * 16 + hex_digit(in[i + 2]));
            i += 2;
        }
        out[n++] = byte;
    }
    out[n] = '\0';
    return n;
}

/* The marker of a URL is its query parameter `standin`. */
static void
find_url_marker(const char *url, struct image *image)
{
    static const char name[] = "standin=";
    const char *at = url + strcspn(url, "?#");
    if (*at != '?')
        return;
    while (at != NULL) {
        at++;
        size_t len = strcspn(at, "&#");
        if (len >= sizeof name - 1 && memcmp(at, name, sizeof name - 1) == 0) {
            char marker[IMAGE_MARKER_MAX];
            size_t n = percent_decode(at + sizeof name - 1, len - (sizeof name - 1),
                                      marker, sizeof marker);
            standin_image_mark(image, marker, n);
            return;
        }
        at = at[len] == '&' ? at + len : NULL;
    }
}

/* Only the syntax is checked; nothing is fetched. */
static bool
judge_url(const char *url, size_t len, struct judgement *judgement)
{
    size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
                    : strncasecmp(url, "https://", 8) == 0 ? 8
                                                           : 0;
    if (scheme == 0)
        return false;
    judgement->kind = "url";
    bool good = len <= URL_MAX && strcspn(url + scheme, "/?#:") != 0;
    for (size_t i = 0; i < len; i++)
        good = good && (unsigned char)url[i] > 0x20 && url[i] != 0x7f;
    if (good)
        find_url_marker(url, &judgement->image);
    else
        refuse(judgement, BAD_BODY);
    return true;
}

static void
judge_bytes(const unsigned char *data, size_t len, size_t max_bytes,
            struct judgement *judgement)
{
    struct image *image = &judgement->image;
    char text[JUDGE_TEXT];
    judgement->image_bytes = len;
    if (len > max_bytes) {
        snprintf(text, sizeof text, "Image size is invalid: %zu bytes, at most %zu",
                 len, max_bytes);
        refuse(judgement, text);
        return;
    }
    enum image_verdict verdict = standin_image_decode(data, len, image);
    /* Cannot overflow: a side is below 2^32, so 5 * side is below 2^35. */
    uint64_t w = image->width;
    uint64_t h = image->height;
    if (verdict == IMAGE_UNKNOWN_FORMAT)
        refuse(judgement, "Image format is invalid: neither JPEG nor PNG");
    else if (verdict == IMAGE_DAMAGED)
        refuse(judgement, "Image is damaged and can not be decoded");
    else if (verdict == IMAGE_TOO_MANY_PIXELS)
        refuse(judgement, "Image has more pixels than the stand-in decodes");
    else if (w < MIN_SIDE || h < MIN_SIDE)
        refuse(judgement, BAD_PIXELS);
    else if (2 * w > 5 * h || 2 * h > 5 * w) {
        snprintf(text, sizeof text,
                 "Image aspect ratio is invalid: %llu x %llu, at most 2.5 to 1",
                 (unsigned long long)w, (unsigned long long)h);
        refuse(judgement, text);
    }
}

/* False: it is not base64. */
static bool
judge_base64(const char *string, size_t len, size_t max_bytes,
             struct judgement *judgement)
{
    unsigned char *data;
    size_t data_len;
    if (!standin_base64_decode(string, len, &data, &data_len))
        return false;
    judgement->kind = "image";
    judge_bytes(data, data_len, max_bytes, judgement);
    free(data);
    return true;
}

static void
judge_string(const char *string, size_t len, size_t max_bytes,
             struct judgement *judgement)
{
    if (judge_url(string, len, judgement) ||
        judge_base64(string, len, max_bytes, judgement))
        return;
    judgement->kind = "image";
    refuse(judgement, BAD_BASE64);
}

static const char *
skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* Skips a token and white space. NULL: it is not there. */
static const char *
skip(const char *at, const char *end, const char *token)
{
    size_t len = strlen(token);
    if (at == NULL || (size_t)(end - at) < len || memcmp(at, token, len) != 0)
        return NULL;
    return skip_space(at + len, end);
}

/* Nearly every large body is an object with nothing but base64 without escapes. jansson
   takes ten times as long to read it as everything else takes. False: it is another
   body. */
static bool
judge_usual(const char *body, size_t len, size_t max_image_bytes,
            struct judgement *judgement)
{
    const char *end = body + len;
    const char *at = skip(skip_space(body, end), end, "{");
    at = skip(skip(at, end, "\"image\""), end, ":");
    if (at == NULL || at == end || *at != '"')
        return false;
    const char *string = at + 1;
    const char *quote = memchr(string, '"', (size_t)(end - string));
    at = skip(skip(quote, end, "\""), end, "}");
    return at == end &&
           judge_base64(string, (size_t)(quote - string), max_image_bytes, judgement);
}

void
standin_judge_body(const char *body, size_t len, size_t max_image_bytes,
                   struct judgement *judgement)
{
    if (judge_usual(body, len, max_image_bytes, judgement))
        return;
    json_error_t error;
    json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);
    const json_t *image = json_object_get(root, "image");
    if (!json_is_object(root) || json_object_size(root) > (image != NULL ? 1 : 0))
        refuse(judgement, BAD_BODY);
    else if (image == NULL || json_is_null(image))
        refuse(judgement, NO_IMAGE);
    else if (!json_is_string(image))
        refuse(judgement, BAD_BODY);
    else if (json_string_length(image) == 0)
        refuse(judgement, NO_IMAGE);
    else
        judge_string(json_string_value(image), json_string_length(image),
                     max_image_bytes, judgement);
    json_decref(root);
}
