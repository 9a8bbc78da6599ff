/* SPDX-License-Identifier: MIT */
/* breakdown.c - how many images failed, by reason and format */
#include "output/breakdown.h"

#include "base/say.h"

#include <stdio.h>

static struct reason *
find(struct breakdown *breakdown, klingrec_status status)
{
    size_t i = 0;
    while (i < breakdown->reason_count && breakdown->reasons[i].status != status)
        i++;
    if (i == breakdown->reason_count && i + 1 < REASONS_MAX)
        breakdown->reasons[breakdown->reason_count++].status = status;
    return &breakdown->reasons[i]; /* there are fewer statuses than places */
}

/* The most frequent first; equal ones in the order of the header. */
static bool
is_before(const struct reason *a, const struct reason *b)
{
    return a->count != b->count ? a->count > b->count : a->status > b->status;
}

static void
move_up(const struct breakdown *breakdown, struct reason *reason)
{
    for (; reason > breakdown->reasons && is_before(reason, reason - 1); reason--) {
        struct reason other = reason[-1];
        reason[-1] = *reason;
        *reason = other;
    }
}

void
cli_breakdown_add(struct breakdown *breakdown, klingrec_status status,
                  const klingrec_image_info *info)
{
    breakdown->turned += info != NULL && info->orientation > 1;
    if (status == KLINGREC_OK)
        return;
    struct reason *reason = find(breakdown, status);
    breakdown->failed++;
    reason->count++;
    if (info != NULL && info->format < FORMATS_MAX)
        reason->formats[info->format]++;
    move_up(breakdown, reason);
}

static void
print_reason(const struct reason *reason)
{
    struct text text = {0};
    size_t largest = 0, below = SIZE_MAX;
    char part[60];
    cli_text_puts(&text, klingrec_status_string(reason->status));
    /* By size, too: each round takes the formats with the next smaller count. */
    for (const char *before = ": "; below > 0; below = largest) {
        largest = 0;
        for (uint32_t i = 0; i < FORMATS_MAX; i++)
            if (reason->formats[i] < below && reason->formats[i] > largest)
                largest = reason->formats[i];
        for (uint32_t i = 0; largest > 0 && i < FORMATS_MAX; i++)
            if (reason->formats[i] == largest) {
                snprintf(part, sizeof part, "%s%zu %s", before, largest,
                         klingrec_format_name(i));
                cli_text_puts(&text, part);
                before = ", ";
            }
    }
    cli_say_note("%7zu  %s", reason->count, text.at);
    cli_text_free(&text);
}

void
cli_breakdown_print(const struct breakdown *breakdown)
{
    for (size_t i = 0; breakdown->failed > 1 && i < breakdown->reason_count; i++)
        print_reason(&breakdown->reasons[i]);
    if (breakdown->turned > 0)
        cli_say_note("%zu with an EXIF orientation other than 1; width and height are "
                     "those before it is applied",
                     breakdown->turned);
}

void
cli_breakdown_json(const struct breakdown *breakdown, struct json *json)
{
    cli_json_number(json, "turned", (int64_t)breakdown->turned);
    cli_json_open(json, "reasons", '[');
    for (size_t i = 0; i < breakdown->reason_count; i++) {
        const struct reason *reason = &breakdown->reasons[i];
        cli_json_open(json, NULL, '{');
        cli_json_text(json, "status", klingrec_status_name(reason->status));
        cli_json_number(json, "count", (int64_t)reason->count);
        cli_json_open(json, "formats", '{');
        for (uint32_t k = 0; k < FORMATS_MAX; k++)
            if (reason->formats[k] > 0)
                cli_json_number(json, klingrec_format_name(k),
                                (int64_t)reason->formats[k]);
        cli_json_close(json, '{');
        cli_json_close(json, '{');
    }
    cli_json_close(json, '[');
}
