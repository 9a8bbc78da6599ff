/* SPDX-License-Identifier: MIT */
/* sys_file_posix.c - files on POSIX systems: sys.h */
#include "base/build.h"

#include "base/sys.h"
#include "base/text.h"

#if KLR_HAS_FILES && !defined(_WIN32)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__ /* its names for those of POSIX */
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

static void
copy_stamps(klr_file *file, const struct stat *st)
{
    file->length = (uint64_t)st->st_size;
    file->modified[0] = (int64_t)st->st_mtim.tv_sec;
    file->modified[1] = (int64_t)st->st_mtim.tv_nsec;
    file->modified[2] = (int64_t)st->st_ctim.tv_sec;
    file->modified[3] = (int64_t)st->st_ctim.tv_nsec;
}

klr_open_result
klr_file_open(klr_file *file, const char *path, int *error)
{
    /* Without O_NONBLOCK a FIFO that nobody writes to would block forever. */
    int fd;
    do
        fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR); /* of a network file system */
    *error = fd < 0 ? errno : 0;
    if (fd < 0 && errno == ENOENT)
        return KLR_OPEN_NOT_FOUND;
    if (fd < 0) /* ENXIO: a socket, or a device without a driver */
        return errno == ENXIO ? KLR_OPEN_NOT_REGULAR : KLR_OPEN_FAILED;

    struct stat st;
    klr_open_result result = KLR_OPEN_OK;
    if (fstat(fd, &st) != 0) {
        *error = errno;
        result = KLR_OPEN_FAILED;
    } else if (S_ISDIR(st.st_mode)) {
        result = KLR_OPEN_DIRECTORY;
    } else if (!S_ISREG(st.st_mode)) {
        result = KLR_OPEN_NOT_REGULAR;
    } else {
        file->fd = fd;
        copy_stamps(file, &st);
    }
    if (result != KLR_OPEN_OK)
        (void)close(fd);
    return result;
}

ptrdiff_t
klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len, int *error)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n =
            pread(file->fd, (char *)buf + got, len - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            *error = errno;
            return -1;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ptrdiff_t)got;
}

bool
klr_file_unchanged(const klr_file *file)
{
    struct stat st;
    klr_file now = *file;
    if (fstat(file->fd, &st) != 0)
        return false;
    copy_stamps(&now, &st);
    for (size_t i = 0; i < sizeof now.modified / sizeof now.modified[0]; i++)
        if (now.modified[i] != file->modified[i])
            return false;
    return now.length == file->length;
}

bool
klr_file_settled(const klr_file *file, int64_t now_s)
{
    enum { SETTLED_S = 60 };
    return file->modified[2] <= now_s - SETTLED_S;
}

void
klr_file_close(klr_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

/* strerror() is not thread-safe, and strerror_r() depends on the locale and may
   allocate. */
const char *
klr_error_text(int error)
{
    static const struct {
        int error;
        const char *text;
    } texts[] = {
        {EACCES, "permission denied"},
        {EPERM, "not permitted"},
        {ENOENT, "no such file or directory"},
        {ENOTDIR, "a part of the path is not a directory"},
        {EISDIR, "it is a directory"},
        {ELOOP, "too many symbolic links"},
        {ENAMETOOLONG, "the name is too long"},
        {EMFILE, "too many open files in this process"},
        {ENFILE, "too many open files"},
        {ENOMEM, "out of memory"},
        {EIO, "input or output error"},
        {ENXIO, "no such device"},
        {ENODEV, "no such device"},
        {EOVERFLOW, "the file is too large"},
        {ETIMEDOUT, "timed out"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].error == error)
            return texts[i].text;
    return NULL;
}

/* Eight hexadecimal digits, a dot and a number: "5ed36f99.0". */
static bool
is_hashed_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
           klr_text_is_digit(name[9]);
}

bool
klr_has_hashed_certificates(const char *folder)
{
    bool found = false;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(dir)) != NULL;)
        found = is_hashed_name(entry->d_name);
    (void)closedir(dir);
    return found;
}

#endif
