/* SPDX-License-Identifier: MIT */
/* load.c - the bytes of an input, their digest and their check */
#include "input/load.h"

#include "base/files.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "input/input.h"
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool
settle(struct row *row, struct answer *answer)
{
    row->answer = answer;
    row->state = ROW_DONE;
    return false;
}

/* False: the check failed; the row has the message of the library. */
static bool
check_image(struct load *load, struct row *row, const klingrec_request *request)
{
    char message[1024] = "";
    klingrec_image_info *info = &load->info;
    *info = klingrec_image_info_default();
    klingrec_status status = klingrec_check(request, NULL, info);
    bool is_image = status / 100 == -3 && request->from != KLINGREC_FROM_URL;
    if (status == KLINGREC_OK)
        return true;
    if (klingrec_image_explain(info, NULL, message, sizeof message) == 0)
        snprintf(message, sizeof message, "%s", klingrec_status_string(status));
    return settle(row, cli_answer_fail(status, message, is_image ? info : NULL));
}

static bool
read_whole(struct load *load, int fd)
{
    size_t len = 0;
    while (len < load->len) {
        ptrdiff_t n = cli_file_read(fd, load->bytes + len, load->len - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        len += (size_t)n;
    }
    return true;
}

bool
cli_load_file(struct load *load, const char *path, size_t max_bytes)
{
    struct file_info info;
    memset(load, 0, sizeof *load);
    int fd = cli_file_open(path, FILE_EXAMINE);
    bool good = fd >= 0 && cli_file_info_of(fd, &info) && info.kind == FILE_REGULAR &&
                info.bytes > 0 && info.bytes <= max_bytes;
    if (good) {
        load->len = (size_t)info.bytes;
        load->bytes = cli_resize(NULL, load->len, 1);
        good = read_whole(load, fd);
    }
    if (fd >= 0)
        cli_file_close(fd);
    if (!good)
        cli_load_free(load);
    return good;
}

/* If it is not of an acceptable size, the library finds the reason. */
static bool
read_file(struct load *load, const char *path)
{
    return cli_load_file(load, path, KLINGREC_MAX_BYTES);
}

static bool
load_stdin(struct load *load, struct row *row)
{
    struct input_bytes bytes;
    cli_input_read_stdin(&bytes, KLINGREC_MAX_BYTES);
    load->bytes = bytes.at;
    load->len = bytes.len;
    if (bytes.status == KLINGREC_OK)
        return true;
    return cli_interrupted()
               ? false
               : settle(row, cli_answer_fail(bytes.status, bytes.message, NULL));
}

/* The digest of a URL is that of "url " and its text; no image begins with "url ". */
static void
compute_digest(const struct load *load, const char *input,
               unsigned char digest[DIGEST_BYTES])
{
    if (load->bytes != NULL)
        cli_digest(load->bytes, load->len, "", 0, digest);
    else
        cli_digest("url ", 4, input, strlen(input), digest);
}

static bool
load_and_check(struct load *load, struct row *row)
{
    klingrec_request request = klingrec_request_url(row->input);
    if (row->error != NULL)
        return settle(row, cli_answer_fail(KLINGREC_ERR_FILE, row->error, NULL));
    if (row->refusal != NULL)
        return settle(row, cli_answer_share(row->refusal));
    if (cli_journal_is_file(row->input))
        return settle(row, cli_answer_fail(KLINGREC_ERR_FILE,
                                           "this is the journal, not an image", NULL));
    if (cli_input_is_stdin(row->input) && !load_stdin(load, row))
        return false;
    if (!cli_input_is_stdin(row->input) && !cli_input_is_url(row->input) &&
        !read_file(load, row->input)) {
        request = klingrec_request_file(row->input);
        return check_image(load, row, &request)
                   ? settle(row, cli_answer_fail(
                                     KLINGREC_ERR_FILE,
                                     "the file was changed while it was read", NULL))
                   : false;
    }
    if (load->bytes != NULL)
        request = klingrec_request_bytes(load->bytes, load->len);
    return check_image(load, row, &request);
}

bool
cli_load_row(struct load *load, struct row *row)
{
    memset(load, 0, sizeof *load);
    if (!load_and_check(load, row)) {
        cli_load_free(load);
        return false;
    }
    compute_digest(load, row->input, row->digest);
    return true;
}

bool
cli_load_digest(const char *input, unsigned char digest[DIGEST_BYTES])
{
    struct load load = {0};
    bool is_url = cli_input_is_url(input);
    if (cli_input_is_stdin(input) || cli_journal_is_file(input) ||
        (!is_url && !read_file(&load, input)))
        return false;
    compute_digest(&load, input, digest);
    cli_load_free(&load);
    return true;
}

void
cli_load_free(struct load *load)
{
    free(load->bytes);
    memset(load, 0, sizeof *load);
}
