/* SPDX-License-Identifier: MIT */
/* key.c - the API key: from a file, a command, standard input or the environment */
#include "service/key.h"

#include "base/command.h"
#include "base/files.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE        "COMETAPI_KEY"
#define FOLDER_VARIABLE "CREDENTIALS_DIRECTORY"

enum { COMMAND_MS = 120000 /* somebody may have to type a password */ };

/* Not with stdio, whose buffer would keep a copy of the key. */
static bool
read_all(struct key *key, int fd, const char *name)
{
    const size_t capacity = sizeof key->text - 1;
    while (key->len < capacity) {
        ptrdiff_t n = cli_file_read(fd, key->text + key->len, capacity - key->len);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR && !cli_interrupted())
            continue;
        if (n < 0) {
            cli_say_error("the key file %s cannot be read: %s", name, strerror(errno));
            return false;
        }
        key->len += (size_t)n;
    }
    key->text[key->len] = '\0';
    return true;
}

static void
warn_when_shared(int fd, const char *name)
{
    struct file_info info;
    if (cli_file_info_of(fd, &info) && info.kind == FILE_REGULAR && info.is_shared)
        cli_say_warning("other users can read the key file %s; use chmod 600", name);
}

/* The service manager owns files of FOLDER_VARIABLE; their rights look shared where an
   access list grants them. */
static bool
read_file(struct key *key, const char *name, bool is_managed)
{
    int fd = cli_file_open(name, FILE_READ);
    if (fd < 0) {
        cli_say_error("the key file %s cannot be opened: %s", name, strerror(errno));
        return false;
    }
    bool good = read_all(key, fd, name);
    if (good && !is_managed)
        warn_when_shared(fd, name);
    cli_file_close(fd);
    return good;
}

static bool
read_stdin(struct key *key)
{
    if (cli_host_is_terminal(HOST_STDIN)) {
        cli_say_error(
            "--key-file -: standard input is a terminal, which would show the "
            "key; redirect it or name a file");
        return false;
    }
    return read_all(key, HOST_STDIN, "-");
}

/* The command is not shown: it may contain a secret by mistake. */
static bool
read_command(struct key *key, const char *command)
{
    int code;
    enum child_end end = cli_command_run(command, COMMAND_MS, key->text,
                                         sizeof key->text - 1, &key->len, &code);
    key->text[key->len] = '\0';
    if (end == CHILD_FAILED)
        cli_say_error("--key-command: the command failed with exit code %d", code);
    else if (end == CHILD_LATE)
        cli_say_error("--key-command: the command did not end within %d seconds",
                      COMMAND_MS / 1000);
    else if (end == CHILD_UNSTARTED)
        cli_say_error("--key-command: the command cannot be started: %s",
                      strerror(errno));
    return end == CHILD_DONE;
}

static bool
read_variable(struct key *key)
{
    const size_t capacity = sizeof key->text - 1;
    key->len = cli_host_variable(VARIABLE, key->text, capacity);
    if (key->len == 0) {
        cli_say_error(
            "no key: write it to a file that only you can read and use --key-file "
            "FILE, or set the environment variable " VARIABLE);
        return false;
    }
    if (key->len > capacity)
        key->len = capacity;
    key->text[key->len] = '\0';
    return true;
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Files end with a newline. Other characters must not get into the HTTP header. */
static bool
trim_and_check(struct key *key, const char *where)
{
    while (key->len > 0 && is_space(key->text[key->len - 1]))
        key->text[--key->len] = '\0';
    if (key->len == 0) {
        cli_say_error("the key from %s is empty", where);
        return false;
    }
    if (key->len > KEY_MAX) {
        cli_say_error("the key from %s has more than %d bytes; is it the right file?",
                      where, (int)KEY_MAX);
        return false;
    }
    if (memchr(key->text, '\n', key->len) != NULL) {
        cli_say_error("the key from %s has more than one line", where);
        return false;
    }
    for (size_t i = 0; i < key->len; i++)
        if (key->text[i] <= ' ' || key->text[i] > '~') {
            cli_say_error("the key from %s: byte %zu of %zu is not allowed in a key",
                          where, i, key->len);
            return false;
        }
    return true;
}

/* The file of a service manager, if there is one: systemd sets the variable. */
static bool
find_managed(struct text *path)
{
    char folder[4096];
    size_t len = cli_host_variable(FOLDER_VARIABLE, folder, sizeof folder);
    if (len == 0 || len > sizeof folder)
        return false;
    cli_text_add(path, folder, len);
    cli_text_puts(path, "/klingrec-key");
    return cli_file_exists(path->at);
}

bool
cli_key_is_named(const struct options *options)
{
    char byte;
    struct text path = {0};
    bool is_managed = find_managed(&path);
    cli_text_free(&path);
    return options->key_file != NULL || options->key_command != NULL || is_managed ||
           cli_host_variable(VARIABLE, &byte, 0) > 0;
}

bool
cli_key_read(struct key *key, const struct options *options)
{
    const char *file = options->key_file, *where = file;
    struct text managed = {0};
    bool good;

    memset(key, 0, sizeof *key);
    cli_interrupt_reads(true);
    if (options->key_command != NULL) {
        where = "--key-command";
        good = read_command(key, options->key_command);
    } else if (file != NULL && strcmp(file, "-") == 0) {
        where = "standard input";
        good = read_stdin(key);
    } else if (file != NULL) {
        good = read_file(key, file, false);
    } else if (find_managed(&managed)) {
        where = managed.at;
        good = read_file(key, managed.at, true);
    } else {
        where = VARIABLE;
        good = read_variable(key);
    }
    cli_interrupt_reads(false);
    good = good && trim_and_check(key, where);
    cli_text_free(&managed);
    if (!good)
        cli_key_wipe(key);
    return good;
}

void
cli_key_wipe(struct key *key)
{
    cli_wipe(key, sizeof *key);
}
