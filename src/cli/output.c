/* output.c - standard output or the file of --output */
#include "output.h"

#include "memory.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed;
static FILE *part;       /* NULL: standard output */
static char *part_name;  /* of what is being written */
static const char *name; /* of what it becomes */

static bool
fail(int error)
{
    if (!failed && name != NULL)
        say_error("--output: '%s' cannot be written: %s", name,
                  error != 0 ? strerror(error) : "write error");
    else if (!failed)
        say_error("the output cannot be written: %s",
                  error != 0 ? strerror(error) : "write error");
    failed = true;
    return false;
}

/* A forgotten argument shall not cost a picture. */
static bool
is_picture(const char *path)
{
    unsigned char start[4] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool found =
        fd >= 0 && read(fd, start, sizeof start) == sizeof start &&
        (memcmp(start, "\x89PNG", 4) == 0 || memcmp(start, "\xFF\xD8\xFF", 3) == 0);
    if (fd >= 0)
        close(fd);
    return found;
}

bool
output_is_file(const char *wanted)
{
    struct stat info;
    if (stat(wanted, &info) != 0)
        return true;
    if (S_ISREG(info.st_mode)) {
        if (!is_picture(wanted))
            return true;
        say_error("--output: '%s' is an image, which the output would replace", wanted);
        failed = true;
        return false;
    }
    say_error("--output: '%s' is %s", wanted,
              S_ISDIR(info.st_mode) ? "a folder" : "no regular file");
    failed = true;
    return false;
}

/* The part has a fixed name, so that a killed run leaves one and not many. */
bool
output_open(const char *wanted)
{
    struct text text = {0};
    name = wanted;
    if (!output_is_file(name))
        return false;
    text_puts(&text, name);
    text_puts(&text, ".part");
    part_name = text.at;
    int fd =
        open(part_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    part = fd >= 0 ? fdopen(fd, "wb") : NULL;
    return part != NULL || fail(errno);
}

FILE *
output_file(void)
{
    return part != NULL ? part : stdout;
}

bool
output_flush(void)
{
    if (failed)
        return false;
    /* Found out before anything is paid for, even when nothing is written yet. */
    int flags = fcntl(fileno(output_file()), F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return fail(EBADF);
    errno = 0;
    if (fflush(output_file()) != 0 || ferror(output_file()))
        return fail(errno);
    return true;
}

/* A rename lasts only when its folder is on the disk too. */
static void
sync_folder(void)
{
    char *folder = copy_text(name);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    int fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(folder);
}

bool
output_commit(void)
{
    bool good = output_flush();
    if (part == NULL)
        return good;
    errno = 0;
    if (good && fsync(fileno(part)) != 0)
        good = fail(errno);
    if (fclose(part) != 0 && good)
        good = fail(errno);
    part = NULL;
    if (good && rename(part_name, name) != 0)
        good = fail(errno);
    if (good)
        sync_folder();
    else
        (void)unlink(part_name);
    return good;
}

bool
output_close(void)
{
    /* A part that nobody committed is of a run that ended before it began. */
    if (part != NULL) {
        fclose(part);
        part = NULL;
        (void)unlink(part_name);
    }
    free(part_name);
    part_name = NULL;
    name = NULL;
    bool good = output_flush();
    errno = 0;
    if (fclose(stdout) != 0 && good)
        return fail(errno);
    return good;
}
