/* SPDX-License-Identifier: MIT */
/* events.c - --progress: what a run does, as lines of JSON for other programs */
#include "output/events.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/say.h"
#include "output/output.h"

#include <errno.h>
#include <string.h>

enum { INTERVAL_MS = 1000 };

static FILE *file; /* NULL: no events */
static int64_t start_ms, last_ms;

bool
cli_events_open(const char *path)
{
    start_ms = last_ms = cli_now_ms();
    if (path == NULL)
        return true;
    if (strcmp(path, "-") == 0) {
        file = stderr;
        return true;
    }
    if (cli_output_is_image(path)) {
        cli_say_error("--progress: '%s' is an image, and would be replaced", path);
        return false;
    }
    cli_interrupt_reads(true); /* a named pipe waits for its reader */
    int fd = cli_file_open(path, FILE_WRITE);
    cli_interrupt_reads(false);
    file = fd >= 0 ? cli_file_stream(fd) : NULL;
    if (file == NULL && !cli_interrupted())
        cli_say_error("--progress: '%s' cannot be written: %s", path, strerror(errno));
    return file != NULL;
}

static void
begin(struct json *json, const char *event)
{
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "event", event);
    cli_json_number(json, "elapsed_ms", cli_now_ms() - start_ms);
}

/* Who reads the events may be gone or be full: the results do not depend on it. */
static void
end(struct json *json)
{
    cli_json_close(json, '{');
    cli_text_puts(json->text, "\n");
    errno = 0;
    if (fwrite(json->text->at, 1, json->text->len, file) < json->text->len ||
        fflush(file) != 0) {
        int error = errno;
        FILE *lost = file;
        file = NULL;
        if (lost == stderr)
            return;
        (void)fclose(lost);
        cli_say_warning("--progress cannot be written: %s", strerror(error));
    }
}

void
cli_events_progress(size_t done, size_t failed, size_t total)
{
    struct text line = {0};
    struct json json = {&line, false};
    if (file == NULL || cli_now_ms() - last_ms < INTERVAL_MS)
        return;
    last_ms = cli_now_ms();
    begin(&json, "progress");
    cli_json_number(&json, "done", (int64_t)done);
    cli_json_number(&json, "failed", (int64_t)failed);
    if (total > 0)
        cli_json_number(&json, "total", (int64_t)total);
    else
        cli_json_null(&json, "total");
    end(&json);
    cli_text_free(&line);
}

void
cli_events_summary(const struct event_count *counts, const struct breakdown *breakdown)
{
    struct text line = {0};
    struct json json = {&line, false};
    if (file == NULL)
        return;
    begin(&json, "summary");
    for (; counts->name != NULL; counts++)
        cli_json_number(&json, counts->name, (int64_t)counts->count);
    cli_breakdown_json(breakdown, &json);
    end(&json);
    if (file != NULL && file != stderr)
        (void)fclose(file);
    file = NULL;
    cli_text_free(&line);
}
