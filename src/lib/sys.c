/* sys.c - the only file that knows which operating system this is */
#define _POSIX_C_SOURCE 200809L

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
take_stamps(klr_file *file, const struct stat *st)
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
    /* Without O_NONBLOCK a FIFO that nobody writes to would hold us for ever. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
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
        take_stamps(file, &st);
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
    take_stamps(&now, &st);
    for (size_t i = 0; i < sizeof now.modified / sizeof now.modified[0]; i++)
        if (now.modified[i] != file->modified[i])
            return false;
    return now.length == file->length;
}

void
klr_file_close(klr_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

/* strerror() is not safe in threads, and strerror_r() follows the locale, for which
   it may allocate. */
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
