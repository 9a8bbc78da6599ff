/* row.c - what is known of one input of recognize */
#include "row.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    uint32_t kind;
    const char *name;
} kinds[REGION_KINDS] = {
    {KLINGREC_HEAD, "head"},
    {KLINGREC_FACE, "face"},
    {KLINGREC_CLOTH, "cloth"},
    {KLINGREC_OBJECT, "object"},
};

void
row_fail(struct row *row, klingrec_status status, const char *message)
{
    row->state = ROW_DONE;
    row->status = status;
    row->message = copy_text(message);
}

void
row_take(struct row *row, const klingrec_result *result)
{
    row->state = ROW_DONE;
    row->status = klingrec_result_status(result);
    row->unsure = klingrec_result_delivery(result) == KLINGREC_UNSURE;
    if (row->status != KLINGREC_OK)
        row->message = copy_text(klingrec_result_message(result));
    for (size_t i = 0; i < REGION_KINDS; i++) {
        const klingrec_region *region = klingrec_result_find(result, kinds[i].kind);
        if (region != NULL)
            row->regions[i] = region->contained != 0 ? 2 : 1;
    }
}

void
row_free(struct row *row)
{
    free(row->message);
    row->message = NULL;
}

/* ---- JSON ------------------------------------------------------------------- */

static void
put_regions(struct json *json, const struct row *row)
{
    if (row->status != KLINGREC_OK) {
        json_null(json, "regions");
        return;
    }
    json_open(json, "regions", '{');
    for (size_t i = 0; i < REGION_KINDS; i++)
        if (row->regions[i] == 0)
            json_null(json, kinds[i].name);
        else
            json_bool(json, kinds[i].name, row->regions[i] == 2);
    json_close(json, '{');
}

static void
put_region_list(struct json *json, const klingrec_result *result)
{
    json_open(json, "region_list", '[');
    for (size_t i = 0; i < klingrec_result_region_count(result); i++) {
        const klingrec_region *region = klingrec_result_region(result, i);
        json_open(json, NULL, '{');
        json_text(json, "name", region->name);
        json_bool(json, "contained", region->contained != 0);
        json_text(json, "url", region->url);
        json_close(json, '{');
    }
    json_close(json, '[');
}

static void
put_numbers(struct json *json, const klingrec_result *result)
{
    static const char *const deliveries[] = {"not_sent", "unsure", "answered"};
    int http_status = klingrec_result_http_status(result);
    klingrec_delivery delivery =
        result != NULL ? klingrec_result_delivery(result) : KLINGREC_NOT_SENT;
    json_text(json, "request_id", klingrec_result_request_id(result));
    if (http_status != 0)
        json_number(json, "http_status", http_status);
    else
        json_null(json, "http_status");
    const char *code = klingrec_result_code_text(result);
    if (code != NULL && strspn(code, "-0123456789") == strlen(code))
        json_number(json, "service_code", klingrec_result_service_code(result));
    else
        json_null(json, "service_code");
    json_text(json, "code", code);
    json_text(json, "delivery", deliveries[delivery]);
    json_number(json, "attempts", klingrec_result_attempts(result));
    json_text(json, "units", klingrec_result_units(result));
}

void
row_json(const struct row *row, const klingrec_result *result, FILE *file)
{
    struct json json = {file, false};
    json_open(&json, NULL, '{');
    json_number(&json, "index", (int64_t)row->index);
    json_text(&json, "input", row->input);
    json_text(&json, "status", klingrec_status_name(row->status));
    json_text(&json, "message", row->message);
    put_regions(&json, row);
    put_region_list(&json, result);
    json_image(&json, klingrec_result_image(result));
    put_numbers(&json, result);
    json_close(&json, '{');
    fputc('\n', file);
}
