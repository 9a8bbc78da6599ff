/* SPDX-License-Identifier: MIT */
/* output.c - standard output, or the file of --output */
#include "output/output.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"

#include <klingrec/klingrec.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool failed;
static FILE *part;       /* the file being written; NULL: standard output */
static char *part_name;  /* "FILE.part" */
static const char *name; /* "FILE" */

/* A reader that is gone, as that of `| head`, has what it wanted. */
static bool
fail(int error)
{
    if (cli_file_reader_is_gone(error))
        failed = true;
    if (!failed && name != NULL)
        cli_say_error("--output: '%s' cannot be written: %s", name,
                      error != 0 ? strerror(error) : "write error");
    else if (!failed)
        cli_say_error("the output cannot be written: %s",
                      error != 0 ? strerror(error) : "write error");
    failed = true;
    return false;
}

bool
cli_output_is_image(const char *path)
{
    klingrec_request request = klingrec_request_file(path);
    klingrec_image_info info = klingrec_image_info_default();
    request.flags = KLINGREC_REQUEST_HEADER_ONLY;
    (void)klingrec_check(&request, NULL, &info);
    return (info.format > KLINGREC_FORMAT_UNKNOWN && info.format < KLINGREC_FORMAT_PDF);
}

bool
cli_output_may_replace(const char *wanted)
{
    struct file_info info;
    if (!cli_file_info(wanted, &info))
        return true;
    if (info.kind == FILE_REGULAR) {
        if (!cli_output_is_image(wanted))
            return true;
        cli_say_error("--output: '%s' is an image, and would be replaced", wanted);
        failed = true;
        return false;
    }
    cli_say_error("--output: '%s' is %s", wanted,
                  info.kind == FILE_FOLDER ? "a folder" : "not a regular file");
    failed = true;
    return false;
}

int
cli_output_open_part(const char *path)
{
    struct file_info here, there;
    for (bool is_first = true;; is_first = false) {
        int fd = cli_file_open(path, FILE_REPLACE);
        if (fd < 0 || !cli_file_info_of(fd, &here))
            return fd;
        if (here.kind != FILE_REGULAR) {
            cli_file_close(fd);
            errno = EEXIST;
            return -1;
        }
        if (!cli_file_lock_whole(fd) && errno == EBUSY) {
            cli_file_close(fd);
            errno = EBUSY;
            return -1;
        }
        /* The process that held the lock may have renamed this file meanwhile. */
        bool is_same = cli_file_info(path, &there) && cli_file_is_same(&there, &here);
        /* One that was killed while it gave this file its name: that name keeps it. */
        bool is_taken = is_same && there.is_linked;
        if (is_taken)
            cli_file_remove(path);
        else if (is_same && cli_file_truncate(fd))
            return fd;
        int error = is_taken ? EEXIST : errno;
        cli_file_close(fd);
        errno = error;
        if (is_same && !(is_taken && is_first))
            return -1;
    }
}

/* The name of the part is fixed, so that killed runs leave one file and not many. */
bool
cli_output_open(const char *wanted)
{
    struct text text = {0};
    name = wanted;
    if (!cli_output_may_replace(name))
        return false;
    cli_text_puts(&text, name);
    cli_text_puts(&text, ".part");
    part_name = text.at;
    int fd = cli_output_open_part(part_name);
    if (fd < 0 && errno == EBUSY) {
        cli_say_error("--output: another klingrec is writing '%s'", name);
        failed = true;
        return false;
    }
    part = fd >= 0 ? cli_file_stream(fd) : NULL;
    return part != NULL || fail(errno);
}

FILE *
cli_output_file(void)
{
    return part != NULL ? part : stdout;
}

bool
cli_output_flush(void)
{
    if (failed)
        return false;
    /* Detected before anything is sent, even if nothing was written yet. */
    if (!cli_file_is_writable(fileno(cli_output_file())))
        return fail(EBADF);
    errno = 0;
    if (fflush(cli_output_file()) != 0 || ferror(cli_output_file()))
        return fail(errno);
    return true;
}

bool
cli_output_commit(void)
{
    bool good = cli_output_flush();
    if (part == NULL)
        return good;
    errno = 0;
    if (good && !cli_file_sync(fileno(part)))
        good = fail(errno);
    /* Rename before close, because close releases the lock. */
    if (good && !cli_file_rename(part_name, name)) {
        good = fail(errno); /* the complete part is kept */
        cli_say_error("--output: the complete output is in '%s'", part_name);
    } else if (!good) {
        cli_file_remove(part_name);
    }
    (void)fclose(part);
    part = NULL;
    return good;
}

bool
cli_output_close(void)
{
    /* Not committed: the run failed before its first row. */
    if (part != NULL) {
        cli_file_remove(part_name);
        fclose(part);
        part = NULL;
    }
    free(part_name);
    part_name = NULL;
    /* With --output nobody needs standard output, which may be closed. */
    bool good = name != NULL ? !failed : cli_output_flush();
    name = NULL;
    errno = 0;
    if (fclose(stdout) != 0 && good)
        return fail(errno);
    return good;
}
