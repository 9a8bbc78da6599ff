/* key.c - the API key: from a file, standard input or the environment */
#include "service/key.h"

#include "base/files.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE "COMETAPI_KEY"

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

static bool
read_file(struct key *key, const char *name)
{
    int fd = cli_file_open(name, FILE_READ);
    if (fd < 0) {
        cli_say_error("the key file %s cannot be opened: %s", name, strerror(errno));
        return false;
    }
    bool good = read_all(key, fd, name);
    if (good)
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
    for (size_t i = 0; i < key->len; i++)
        if (key->text[i] <= ' ' || key->text[i] > '~') {
            cli_say_error("the key from %s: byte %zu of %zu is not allowed in a key",
                          where, i, key->len);
            return false;
        }
    return true;
}

bool
cli_key_is_named(const struct options *options)
{
    char byte;
    return options->key_file != NULL || cli_host_variable(VARIABLE, &byte, 0) > 0;
}

bool
cli_key_read(struct key *key, const struct options *options)
{
    const char *file = options->key_file;
    bool good;

    memset(key, 0, sizeof *key);
    cli_interrupt_reads(true);
    if (file == NULL)
        good = read_variable(key);
    else if (strcmp(file, "-") == 0)
        good = read_stdin(key);
    else
        good = read_file(key, file);
    cli_interrupt_reads(false);
    if (good)
        good = trim_and_check(key, file == NULL             ? VARIABLE
                                   : strcmp(file, "-") == 0 ? "standard input"
                                                            : file);
    if (!good)
        cli_key_wipe(key);
    return good;
}

void
cli_key_wipe(struct key *key)
{
    cli_wipe(key, sizeof *key);
}
