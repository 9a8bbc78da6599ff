/* SPDX-License-Identifier: MIT */
/* input.c - the kinds of inputs, and reading standard input */
#include "input/input.h"

#include "base/files.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool
cli_input_is_stdin(const char *input)
{
    return strcmp(input, "-") == 0;
}

bool
cli_input_is_url(const char *input)
{
    return strncasecmp(input, "https://", 8) == 0 ||
           strncasecmp(input, "http://", 7) == 0;
}

bool
cli_input_check_stdin(const struct options *options)
{
    size_t images = 0;
    for (size_t i = 0; i < options->input_count; i++)
        images += cli_input_is_stdin(options->inputs[i]);
    if (images > 1) {
        cli_say_error(
            "- is given %zu times, but standard input can contain only 1 image",
            images);
        return false;
    }
    if (images == 1 && options->key_file != NULL &&
        cli_input_is_stdin(options->key_file)) {
        cli_say_error("--key-file - and the image - cannot both read standard input");
        return false;
    }
    if (images == 1 && options->files_from != NULL &&
        cli_input_is_stdin(options->files_from)) {
        cli_say_error("--files-from - and the image - cannot both read standard input");
        return false;
    }
    if (images == 1 && cli_host_is_terminal(HOST_STDIN)) {
        cli_say_error(
            "-: standard input is a terminal; redirect it from an image file");
        return false;
    }
    return true;
}

static void
fail(struct input_bytes *bytes, klingrec_status status)
{
    bytes->status = status;
    bytes->len = 0;
}

/* Reads up to one byte more than allowed, to detect that there is one. */
static void
read_stdin(struct input_bytes *bytes, size_t max_bytes)
{
    size_t size = 0;
    for (;;) {
        if (bytes->len == size) {
            size = size == 0 ? 65536 : size * 2;
            if (size > max_bytes + 1)
                size = max_bytes + 1;
            bytes->at = cli_resize(bytes->at, size, 1);
        }
        ptrdiff_t n =
            cli_file_read(HOST_STDIN, bytes->at + bytes->len, size - bytes->len);
        if (n == 0)
            return;
        if (n < 0) {
            bool interrupted = errno == EINTR && cli_interrupted();
            if (errno == EINTR && !interrupted)
                continue;
            snprintf(bytes->message, sizeof bytes->message,
                     "standard input cannot be read: %s", strerror(errno));
            fail(bytes, interrupted ? KLINGREC_ERR_CANCELED : KLINGREC_ERR_FILE);
            return;
        }
        bytes->len += (size_t)n;
        if (bytes->len > max_bytes) {
            snprintf(bytes->message, sizeof bytes->message,
                     "standard input has more than %zu bytes, the maximum for an image",
                     max_bytes);
            fail(bytes, KLINGREC_ERR_IMAGE_BYTES);
            return;
        }
    }
}

void
cli_input_read_stdin(struct input_bytes *bytes, size_t max_bytes)
{
    memset(bytes, 0, sizeof *bytes);
    cli_interrupt_reads(true);
    read_stdin(bytes, max_bytes);
    cli_interrupt_reads(false);
}

void
cli_input_free(struct input_bytes *bytes)
{
    free(bytes->at);
    bytes->at = NULL;
}
