/* SPDX-License-Identifier: MIT */
/* stats.c - statistics of requests and answers, for tests */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

bool
standin_stats_init(struct stats *stats, const char *key)
{
    memset(stats, 0, sizeof *stats);
    stats->key = key;
    stats->answers = calloc(standin_answer_count(), sizeof *stats->answers);
    return stats->answers != NULL;
}

void
standin_stats_reset(struct stats *stats)
{
    const char *key = stats->key;
    uint64_t *answers = stats->answers;
    json_decref(stats->last);
    memset(stats, 0, sizeof *stats);
    stats->key = key;
    stats->answers = answers;
    memset(answers, 0, standin_answer_count() * sizeof *answers);
}

void
standin_stats_free(struct stats *stats)
{
    json_decref(stats->last);
    free(stats->answers);
    memset(stats, 0, sizeof *stats);
}

const char *
standin_stats_redact(const struct stats *stats, const char *value)
{
    return strstr(value, stats->key) != NULL ? "<redacted>" : value;
}

json_t *
standin_stats_show(const struct stats *stats, const char *value)
{
    json_t *shown = json_string(standin_stats_redact(stats, value));
    return shown != NULL ? shown : json_string("<not UTF-8>");
}

void
standin_stats_request(struct stats *stats, const char *method, const char *path,
                      const char *version, const char *authorization, json_t *headers)
{
    stats->requests++;
    json_decref(stats->last);
    stats->last = json_pack("{s:o, s:o, s:o, s:s, s:o}", "method",
                            standin_stats_show(stats, method), "path",
                            standin_stats_show(stats, path), "version",
                            standin_stats_show(stats, version), "authorization",
                            authorization, "headers", headers);
}

static json_t *
pack_judgement(const struct stats *stats, const struct judgement *judgement)
{
    const struct image *image = &judgement->image;
    json_t *marker =
        image->marked ? standin_stats_show(stats, image->marker) : json_null();
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "kind", judgement->kind,
                     "format", image->format, "width", (json_int_t)image->width,
                     "height", (json_int_t)image->height, "bytes",
                     (json_int_t)judgement->image_bytes, "marker", marker);
}

void
standin_stats_answer(struct stats *stats, const struct answer *answer,
                     size_t body_bytes, const struct judgement *judgement)
{
    stats->answers[standin_answer_index(answer)]++;
    /* With concurrent requests, "last" mixes the last request and the last answer. */
    json_object_set_new(stats->last, "answer", json_string(answer->name));
    json_object_set_new(stats->last, "body_bytes",
                        json_integer((json_int_t)body_bytes));
    json_object_set_new(stats->last, "image", pack_judgement(stats, judgement));
}

char *
standin_stats_print(const struct stats *stats, size_t in_flight, size_t script_left)
{
    json_t *answers = json_object();
    for (size_t i = 0; i < standin_answer_count(); i++)
        if (stats->answers[i] != 0)
            json_object_set_new(answers, standin_answer_at(i)->name,
                                json_integer((json_int_t)stats->answers[i]));
    json_t *root = json_pack(
        "{s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O?}", "requests",
        (json_int_t)stats->requests, "answers", answers, "bytes",
        (json_int_t)stats->bytes, "connections", (json_int_t)stats->connections,
        "in_flight", (json_int_t)in_flight, "max_in_flight",
        (json_int_t)stats->max_in_flight, "key_elsewhere",
        (json_int_t)stats->key_elsewhere, "redirects_followed",
        (json_int_t)stats->redirects_followed, "masks", (json_int_t)stats->masks,
        "masks_with_authorization", (json_int_t)stats->masks_with_authorization,
        "script_left", (json_int_t)script_left, "last", stats->last);
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    return text;
}
