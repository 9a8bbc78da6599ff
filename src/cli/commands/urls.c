/* SPDX-License-Identifier: MIT */
/* urls.c - --check-urls: the beginning of each URL is checked before it is sent */
#include "commands/urls.h"

#include "base/memory.h"
#include "base/progress.h"
#include "input/input.h"
#include "input/load.h"
#include "service/fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Most images tell their size in the first bytes; long profiles and previews may come
   before it. */
enum { FIRST_BYTES = 64 * 1024, MAX_BYTES = 1024 * 1024 };

/* In place of an unknown length: not on the edge of a rule. */
enum { SOME_BYTES = 5 * 1000 * 1000 };

struct look {
    struct fetch fetch; /* the first member, so that it stands for the whole */
    struct row *row;
    struct text bytes; /* the beginning of the image */
    uint64_t needed;   /* bytes that the check wanted; 0: it had enough */
};

struct looks {
    struct run *run;
    size_t next;
    size_t done, failed;
};

/* ---- Which -------------------------------------------------------------------- */

/* Is the URL malformed, is an answer there already, or will none be asked for? */
static bool
is_settled(struct run *run, struct row *row)
{
    enum journal_state state = JOURNAL_MISSING;
    struct answer *answer = NULL;
    const klingrec_request request = klingrec_request_url(row->input);
    if (klingrec_check(&request, NULL, NULL) != KLINGREC_OK)
        return true;
    if (run->journal == NULL || !cli_load_digest(row->input, row->digest))
        return false;
    run->stop = !cli_journal_look(run->journal, row, &state, &answer) || run->stop;
    cli_answer_free(answer);
    return state == JOURNAL_ANSWERED ||
           (state == JOURNAL_UNSURE && !run->options->retry_unsure);
}

static struct fetch *
next(void *user)
{
    struct looks *looks = user;
    struct run *run = looks->run;
    while (looks->next < run->rows.count && !run->stop) {
        struct row *row = &run->rows.at[looks->next++];
        if (!cli_input_is_url(row->input) || is_settled(run, row))
            continue;
        struct look *look = cli_resize(NULL, 1, sizeof *look);
        memset(look, 0, sizeof *look);
        look->row = row;
        look->fetch.url = cli_copy_text(row->input);
        look->fetch.end = FIRST_BYTES;
        look->fetch.may_be_http = true;
        return &look->fetch;
    }
    return NULL;
}

static bool
take(void *user, struct fetch *fetch, const void *bytes, size_t len)
{
    struct look *look = (struct look *)(void *)fetch;
    (void)user;
    cli_text_add(&look->bytes, bytes, len);
    return true;
}

/* ---- The check ----------------------------------------------------------------- */

static bool
is_jpeg_or_png(const struct text *bytes)
{
    return bytes->len >= 2 && (memcmp(bytes->at, "\xFF\xD8", 2) == 0 ||
                               memcmp(bytes->at, "\x89P", 2) == 0);
}

/* Zeros stand for what is not read: other formats are told by their beginning, but for
   TGA, which has a mark at the end; this one then has no name. */
static ptrdiff_t
read_at(void *user, uint64_t offset, void *buf, size_t len)
{
    struct look *look = user;
    if (offset < look->bytes.len) {
        size_t left = look->bytes.len - (size_t)offset;
        len = len < left ? len : left;
        memcpy(buf, look->bytes.at + offset, len);
    } else {
        memset(buf, 0, len);
        if (is_jpeg_or_png(&look->bytes))
            look->needed = offset + len;
        if (look->needed > 0 && look->needed <= MAX_BYTES)
            return -1;
    }
    return (ptrdiff_t)len;
}

/* What was not read is not damaged; all else is known when the size of the image is. */
static klingrec_status
forgive_the_unread(struct look *look, klingrec_status status, klingrec_image_info *info)
{
    if (info->width == 0)
        return status;
    look->needed = 0;
    info->broken_rules &= ~KLINGREC_RULE_DAMAGED;
    if (status != KLINGREC_ERR_IMAGE_DAMAGED)
        return status;
    return (info->broken_rules & KLINGREC_RULE_SIDE) != 0 ? KLINGREC_ERR_IMAGE_SIDE
           : (info->broken_rules & KLINGREC_RULE_ASPECT) != 0
               ? KLINGREC_ERR_IMAGE_ASPECT
               : KLINGREC_OK;
}

static klingrec_status
check(struct look *look, klingrec_image_info *info)
{
    uint64_t total = look->fetch.total, known = look->bytes.len;
    /* The library takes no longer ones; FETCH_UNKNOWN is one of them. */
    bool is_known = total >= known && total < SIZE_MAX && total < UINT64_MAX / 4;
    klingrec_reader reader = klingrec_reader_default();
    klingrec_request request = klingrec_request_reader(&reader);
    reader.user = look;
    reader.read_at = read_at;
    reader.length = is_known ? (size_t)total : SOME_BYTES;
    request.flags = KLINGREC_REQUEST_HEADER_ONLY;
    look->needed = 0;
    klingrec_status status = klingrec_check(&request, NULL, info);
    if (look->needed > MAX_BYTES || (!is_known && info->where >= known))
        status = forgive_the_unread(look, status, info);
    if (!is_known)
        info->bytes = SIZE_MAX;
    return status;
}

static void
refuse(struct looks *looks, struct look *look, klingrec_status status,
       const char *message, const klingrec_image_info *info)
{
    look->row->refusal = cli_answer_fail(status, message, info);
    looks->failed++;
}

/* True: more bytes are needed. */
static bool
judge(struct looks *looks, struct look *look)
{
    char message[1024] = "";
    struct fetch *fetch = &look->fetch;
    klingrec_image_info info = klingrec_image_info_default();
    if (fetch->status != KLINGREC_OK) {
        snprintf(message, sizeof message, "the URL cannot be read: %s", fetch->message);
        refuse(looks, look, fetch->status, message, NULL);
        return false;
    }
    klingrec_status status = check(look, &info);
    if (look->needed > 0 && look->needed <= MAX_BYTES &&
        look->bytes.len > fetch->from) {
        fetch->from = look->bytes.len;
        fetch->end = fetch->end * 4 < look->needed ? look->needed : fetch->end * 4;
        fetch->end = fetch->end < MAX_BYTES ? fetch->end : MAX_BYTES;
        return true;
    }
    if (look->needed > 0) {
        snprintf(message, sizeof message,
                 "the URL cannot be checked: the end of the image's header is not in "
                 "its first %zu bytes",
                 look->bytes.len);
        refuse(looks, look, KLINGREC_ERR_IMAGE_URL, message, NULL);
    } else if (status != KLINGREC_OK) {
        if (klingrec_image_explain(&info, NULL, message, sizeof message) == 0)
            snprintf(message, sizeof message, "%s", klingrec_status_string(status));
        refuse(looks, look, status, message, &info);
    }
    return false;
}

static bool
done(void *user, struct fetch *fetch)
{
    struct looks *looks = user;
    struct look *look = (struct look *)(void *)fetch;
    if (!fetch->is_interrupted && judge(looks, look))
        return true;
    cli_progress_show(++looks->done, looks->failed);
    free(fetch->url);
    cli_text_free(&look->bytes);
    free(look);
    return false;
}

void
cli_urls_check(struct run *run)
{
    struct looks looks = {run, 0, 0, 0};
    const struct fetch_calls calls = {next, take, done, &looks};
    size_t count = 0;
    for (size_t i = 0; i < run->rows.count; i++)
        count += cli_input_is_url(run->rows.at[i].input);
    cli_progress_begin(count, run->options->quiet);
    if (count > 0)
        cli_fetch_all(run->options, &calls);
    cli_progress_end();
}
