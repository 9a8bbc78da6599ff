/* SPDX-License-Identifier: MIT */
/* journal_answer.c - converts an answer to and from the columns of the journal */
#include "journal/journal_answer.h"

#include "base/memory.h"

#include <stdlib.h>

static char *
text_of(sqlite3_stmt *row, int at)
{
    const unsigned char *text = sqlite3_column_text(row, at);
    return text != NULL ? cli_copy_text((const char *)text) : NULL;
}

static void
image_of(sqlite3_stmt *row, struct answer *answer)
{
    answer->has_image = sqlite3_column_type(row, 5) != SQLITE_NULL;
    answer->image = klingrec_image_info_default();
    answer->image.format = (uint32_t)sqlite3_column_int64(row, 5);
    answer->image.width = (uint32_t)sqlite3_column_int64(row, 6);
    answer->image.height = (uint32_t)sqlite3_column_int64(row, 7);
    answer->image.bytes = (size_t)sqlite3_column_int64(row, 8);
    answer->image.broken_rules = (uint32_t)sqlite3_column_int64(row, 9);
    answer->image.edge_rules = (uint32_t)sqlite3_column_int64(row, 10);
}

struct answer *
cli_journal_answer(sqlite3_stmt *row)
{
    struct answer *answer =
        cli_answer_fail((klingrec_status)sqlite3_column_int(row, 0), "", NULL);
    free(answer->message);
    free(answer->region_list);
    int delivery = sqlite3_column_int(row, 1); /* a damaged file has any number */
    answer->delivery =
        delivery >= KLINGREC_DELIVERY_NOT_SENT && delivery <= KLINGREC_DELIVERY_ANSWERED
            ? (klingrec_delivery)delivery
            : KLINGREC_DELIVERY_UNSURE;
    answer->message = text_of(row, 2);
    if (answer->message == NULL && answer->status != KLINGREC_OK)
        answer->message = cli_copy_text(klingrec_status_string(answer->status));
    const unsigned char *regions = sqlite3_column_text(row, 3);
    for (size_t i = 0; regions != NULL && i < REGION_KINDS && regions[i] != 0; i++)
        answer->regions[i] = regions[i] == 'y' ? 2 : regions[i] == 'n' ? 1 : 0;
    answer->region_list = text_of(row, 4);
    if (answer->region_list == NULL)
        answer->region_list = cli_copy_text("[]");
    image_of(row, answer);
    answer->http_status = sqlite3_column_int(row, 11);
    answer->has_service_code = sqlite3_column_type(row, 12) != SQLITE_NULL;
    answer->service_code = sqlite3_column_int(row, 12);
    answer->attempts = (uint32_t)sqlite3_column_int64(row, 13);
    answer->request_id = text_of(row, 14);
    answer->code = text_of(row, 15);
    answer->units = text_of(row, 16);
    answer->service_message = text_of(row, 17);
    answer->finality = KLINGREC_FINALITY_FINAL;
    return answer;
}

struct answer *
cli_journal_unsure(sqlite3_stmt *row)
{
    struct answer *answer;
    if (sqlite3_column_type(row, 0) != SQLITE_NULL) {
        answer = cli_journal_answer(row);
    } else {
        answer = cli_answer_fail(
            KLINGREC_ERR_CANCELED,
            "sent by an earlier run that ended before the answer arrived", NULL);
        answer->delivery = KLINGREC_DELIVERY_UNSURE;
        answer->attempts = 1;
    }
    answer->finality = KLINGREC_FINALITY_IN_DOUBT;
    return answer;
}

static void
bind_text(sqlite3_stmt *row, int at, const char *text)
{
    (void)sqlite3_bind_text(row, at, text, -1, SQLITE_STATIC);
}

static void
bind_image(sqlite3_stmt *row, const struct answer *answer)
{
    const klingrec_image_info *image = &answer->image;
    const uint32_t numbers[] = {image->format, image->width, image->height};
    for (int i = 0; i < 6; i++)
        (void)sqlite3_bind_null(row, 8 + i);
    if (!answer->has_image)
        return;
    for (int i = 0; i < 3; i++)
        (void)sqlite3_bind_int64(row, 8 + i, numbers[i]);
    (void)sqlite3_bind_int64(row, 11, (sqlite3_int64)image->bytes);
    (void)sqlite3_bind_int64(row, 12, image->broken_rules);
    (void)sqlite3_bind_int64(row, 13, image->edge_rules);
}

void
cli_journal_bind(sqlite3_stmt *row, const struct answer *answer)
{
    char regions[REGION_KINDS + 1] = "----";
    for (size_t i = 0; i < REGION_KINDS; i++)
        regions[i] = "-ny"[answer->regions[i]];
    (void)sqlite3_bind_int(row, 3, (int)answer->status);
    (void)sqlite3_bind_int(row, 4, (int)answer->delivery);
    bind_text(row, 5, answer->message);
    (void)sqlite3_bind_text(row, 6, regions, -1, SQLITE_TRANSIENT);
    bind_text(row, 7, answer->region_list);
    bind_image(row, answer);
    (void)sqlite3_bind_int(row, 14, answer->http_status);
    if (answer->has_service_code)
        (void)sqlite3_bind_int(row, 15, answer->service_code);
    else
        (void)sqlite3_bind_null(row, 15);
    (void)sqlite3_bind_int64(row, 16, answer->attempts);
    bind_text(row, 17, answer->request_id);
    bind_text(row, 18, answer->code);
    bind_text(row, 19, answer->units);
    bind_text(row, 20, answer->service_message);
}
