/* SPDX-License-Identifier: MIT */
/* service.c - what the service of a random program does with each request */
#include "service.h"

#include "../fake/rig_png.h"
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

static const service_course courses[] = {
    {.name = "good",
     .effect = ANSWERED,
     .status = KLINGREC_OK,
     .http_status = 200,
     .weight = {90, 30}},
    {.name = "refused",
     .effect = ANSWERED,
     .status = KLINGREC_ERR_REFUSED,
     .http_status = 400,
     .code = 1301,
     .weight = {2, 8}},
    {.name = "auth",
     .effect = ANSWERED,
     .status = KLINGREC_ERR_AUTH,
     .http_status = 401,
     .code = 1002,
     .weight = {1, 4}},
    {.name = "account",
     .effect = ANSWERED,
     .status = KLINGREC_ERR_ACCOUNT,
     .http_status = 429,
     .code = 1102,
     .weight = {1, 4}},
    {.name = "limited",
     .effect = ANSWERED,
     .status = KLINGREC_ERR_RATE_LIMIT,
     .again = ALWAYS,
     .http_status = 429,
     .code = 1302,
     .retry_after_s = 2,
     .weight = {1, 6}},
    {.name = "broken",
     .effect = ANSWERED,
     .status = KLINGREC_ERR_SERVER,
     .again = ALWAYS,
     .http_status = 503,
     .code = 5001,
     .weight = {1, 8}},
    {.name = "late",
     .effect = ANSWERED,
     .status = KLINGREC_ERR_SERVER,
     .again = IF_UNSURE_IS_RETRIED,
     .unsure = true,
     .http_status = 500,
     .code = 5002,
     .weight = {0, 6}},
    {.name = "lost",
     .effect = LOST,
     .status = KLINGREC_ERR_TRANSFER,
     .again = IF_UNSURE_IS_RETRIED,
     .weight = {4, 16}},
    {.name = "silent",
     .effect = LOST,
     .status = KLINGREC_ERR_TIMEOUT,
     .again = IF_UNSURE_IS_RETRIED,
     .hangs = true,
     .weight = {2, 10}},
    /* From here on only of the transport in memory. */
    {.name = "unsent",
     .effect = UNSENT,
     .status = KLINGREC_ERR_CONNECT,
     .again = ALWAYS,
     .weight = {1, 8}},
    {.name = "stuck",
     .effect = UNSENT,
     .status = KLINGREC_ERR_TIMEOUT,
     .again = ALWAYS,
     .hangs = true,
     .weight = {0, 4}},
    {.name = "unable",
     .effect = UNSENT,
     .status = KLINGREC_ERR_NOMEM,
     .never_begun = true,
     .weight = {0, 2}},
};

static uint32_t program;
static bool in_disorder;

void
service_init(uint32_t seed, bool fails)
{
    program = seed;
    in_disorder = fails;
}

uint32_t
service_hash(unsigned job, unsigned attempt, unsigned what)
{
    uint64_t x = (uint64_t)program << 32 | job << 12 | attempt << 4 | what;
    for (int i = 0; i < 3; i++) {
        x = (x ^ x >> 31) * 0x9E3779B97F4A7C15u;
        x ^= x >> 29;
    }
    return (uint32_t)(x >> 32);
}

const service_course *
service_course_of(unsigned job, unsigned attempt)
{
    unsigned count = sizeof courses / sizeof courses[0], sum = 0;
    while (model_on_network() && courses[count - 1].effect == UNSENT)
        count--;
    for (unsigned i = 0; i < count; i++)
        sum += courses[i].weight[in_disorder];
    unsigned at = service_hash(job, attempt, 0) % sum, i = 0;
    while (at >= courses[i].weight[in_disorder])
        at -= courses[i++].weight[in_disorder];
    return &courses[i];
}

/* ---- Answers ---------------------------------------------------------------- */

static const char *const types[SERVICE_REGIONS_MAX] = {"head_seg", "face_seg",
                                                       "cloth_seg", "object_seg"};

static bool
reports(unsigned job, unsigned attempt, unsigned i)
{
    return (service_hash(job, attempt, 1) >> i & 1) != 0;
}

static bool
contains(unsigned job, unsigned attempt, unsigned i)
{
    return (service_hash(job, attempt, 2) >> i & 1) != 0;
}

static void
region_url(unsigned job, unsigned attempt, unsigned i, char *buf, size_t size)
{
    (void)snprintf(buf, size, "https://cdn.example/%u-%u/%u.png", job, attempt, i);
}

void
service_write_body(unsigned job, unsigned attempt, char *buf, size_t size)
{
    const service_course *course = service_course_of(job, attempt);
    size_t len = (size_t)snprintf(buf, size,
                                  "{\"code\":%d,\"message\":\"%s\","
                                  "\"request_id\":\"%u-%u\"",
                                  course->code, course->name, job, attempt);
    if (course->status == KLINGREC_OK)
        len += (size_t)snprintf(buf + len, size - len,
                                ",\"data\":{\"task_result\":{\"images\":[");
    const char *comma = "";
    for (unsigned i = 0; course->status == KLINGREC_OK && i < SERVICE_REGIONS_MAX;
         i++) {
        char url[64];
        if (!reports(job, attempt, i))
            continue;
        region_url(job, attempt, i, url, sizeof url);
        len += (size_t)snprintf(buf + len, size - len,
                                "%s{\"type\":\"%s\",\"is_contain\":%s,\"url\":\"%s\"}",
                                comma, types[i],
                                contains(job, attempt, i) ? "true" : "false", url);
        comma = ",";
    }
    (void)snprintf(buf + len, size - len, course->status == KLINGREC_OK ? "]}}}" : "}");
}

unsigned
service_attempt_of(unsigned job, const char *request_id)
{
    unsigned named, attempt;
    return request_id != NULL && sscanf(request_id, "%u-%u", &named, &attempt) == 2 &&
                   named == job
               ? attempt
               : 0;
}

bool
service_has_regions(unsigned job, unsigned attempt, const klingrec_result *result)
{
    size_t count = 0;
    for (unsigned i = 0; i < SERVICE_REGIONS_MAX; i++) {
        char url[64];
        const klingrec_region *region = klingrec_result_region(result, count);
        if (!reports(job, attempt, i))
            continue;
        region_url(job, attempt, i, url, sizeof url);
        if (region == NULL || strcmp(region->name, types[i]) != 0 ||
            region->url == NULL || strcmp(region->url, url) != 0 ||
            region->contained != contains(job, attempt, i))
            return false;
        count++;
    }
    return klingrec_result_region_count(result) == count;
}

/* ---- Images ----------------------------------------------------------------- */

static void
put_be32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static uint32_t
crc32_of(const unsigned char *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

size_t
service_image(unsigned job, bool good, unsigned char *buf)
{
    enum { HEAD = 33, TEXT = 200 }; /* signature and IHDR; long enough to be in parts */
    if (!good)
        return (size_t)snprintf((char *)buf, SERVICE_IMAGE_MAX, "no image job-%u.%200s",
                                job, "");
    unsigned char *chunk = buf + HEAD;
    memcpy(buf, RIG_PNG, HEAD);
    put_be32(chunk, TEXT);
    memset(chunk + 4, ' ', 4 + TEXT);
    memcpy(chunk + 4, "tEXtjob", 8); /* the keyword with its NUL */
    (void)snprintf((char *)chunk + 12, TEXT - 8, "job-%u.%100s", job, "");
    for (size_t i = 12; i < 8 + TEXT; i++)
        chunk[i] = chunk[i] == '\0' ? ' ' : chunk[i];
    put_be32(chunk + 8 + TEXT, crc32_of(chunk + 4, 4 + TEXT));
    memcpy(chunk + 12 + TEXT, RIG_PNG + HEAD, RIG_PNG_SIZE - HEAD);
    return RIG_PNG_SIZE + 12 + TEXT;
}

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
service_base64(const unsigned char *bytes, size_t len, char *text)
{
    char *at = text;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < len ? bytes[i + 2] : 0;
        for (int shift = 18; shift >= 0; shift -= 6)
            *at++ = digits[group >> shift & 63];
        if (i + 1 >= len)
            at[-2] = '=';
        if (i + 2 >= len)
            at[-1] = '=';
    }
    *at = '\0';
    return (size_t)(at - text);
}

void
service_url(unsigned job, char *buf, size_t size)
{
    (void)snprintf(buf, size, "https://images.example/job-%u./%0200d", job, 0);
}

static size_t
decode(const char *text, size_t len, char *bytes)
{
    uint32_t group = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            break;
        group = group << 6 | (uint32_t)(digit - digits);
        if (i % 4 == 0)
            continue;
        bytes[n++] = (char)(group >> (6 - 2 * (i % 4)));
    }
    return n;
}

/* In a URL as it is, in an image as base64. NULs of the image are passed over. */
unsigned
service_job_of(const char *body, size_t len)
{
    static const char prefix[] = "{\"image\":\"";
    char text[SERVICE_IMAGE_MAX + 1] = "";
    unsigned job;
    MUST(len > sizeof prefix && memcmp(body, prefix, sizeof prefix - 1) == 0,
         "a request that is not one");
    body += sizeof prefix - 1;
    len -= sizeof prefix - 1;
    len = len < SERVICE_IMAGE_MAX ? len : SERVICE_IMAGE_MAX;
    if (memcmp(body, "http", 4) == 0)
        memcpy(text, body, len);
    else
        len = decode(body, len, text);
    for (size_t i = 0; i + 4 < len; i++)
        if (memcmp(text + i, "job-", 4) == 0) {
            text[len] = '\0';
            MUST(sscanf(text + i, "job-%u.", &job) == 1, "a request of no job");
            return job;
        }
    model_fail("a request of no job");
}
