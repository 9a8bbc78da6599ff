/* SPDX-License-Identifier: MIT */
/* files_posix.c - files and folders by POSIX calls */
#include "base/files.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_info(const struct stat *from, struct file_info *info)
{
    info->device = (uint64_t)from->st_dev;
    info->id = (uint64_t)from->st_ino;
    info->bytes = (uint64_t)from->st_size;
    info->kind = S_ISREG(from->st_mode)   ? FILE_REGULAR
                 : S_ISDIR(from->st_mode) ? FILE_FOLDER
                                          : FILE_OTHER;
    info->is_removed = from->st_nlink == 0;
    info->is_linked = from->st_nlink > 1;
    info->is_shared = (from->st_mode & (S_IRGRP | S_IROTH)) != 0;
}

bool
cli_file_info(const char *path, struct file_info *info)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return false;
    set_info(&found, info);
    return true;
}

bool
cli_file_info_of(int file, struct file_info *info)
{
    struct stat found;
    if (fstat(file, &found) != 0)
        return false;
    set_info(&found, info);
    return true;
}

bool
cli_file_is_same(const struct file_info *a, const struct file_info *b)
{
    return a->device == b->device && a->id == b->id;
}

bool
cli_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool
cli_file_may_read(const char *path)
{
    return access(path, R_OK) == 0;
}

bool
cli_file_may_write(const char *path)
{
    return access(path, R_OK | W_OK) == 0;
}

bool
cli_file_may_create_in(const char *folder)
{
    return access(folder, W_OK | X_OK) == 0;
}

/* ---- Open files -------------------------------------------------------------- */

/* When the reader of a pipe is stuck, a write fails. */
static int
never_wait(int file)
{
    if (file >= 0)
        (void)fcntl(file, F_SETFL, O_NONBLOCK);
    return file;
}

/* O_NONBLOCK: opening a pipe without a process at its other end would block. */
int
cli_file_open(const char *path, enum file_use use)
{
    switch (use) {
    case FILE_READ:
        return open(path, O_RDONLY | O_CLOEXEC);
    case FILE_EXAMINE:
        return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    case FILE_UPDATE:
        return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    case FILE_REPLACE:
        return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                    0666);
    case FILE_WRITE:
        return never_wait(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    }
    errno = EINVAL;
    return -1;
}

void
cli_file_close(int file)
{
    close(file);
}

ptrdiff_t
cli_file_read(int file, void *bytes, size_t size)
{
    return read(file, bytes, size);
}

ptrdiff_t
cli_file_read_start(int file, void *bytes, size_t size)
{
    return pread(file, bytes, size, 0);
}

bool
cli_file_write_start(int file, const void *bytes, size_t len)
{
    return pwrite(file, bytes, len, 0) == (ssize_t)len;
}

/* Not a lock by fcntl(), which is lost when the same file is opened and closed once
   more in this process. */
bool
cli_file_lock_whole(int file)
{
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return true;
    errno = errno == EWOULDBLOCK ? EBUSY : errno;
    return false;
}

static bool
lock(int file, short type)
{
    struct flock all;
    memset(&all, 0, sizeof all);
    all.l_type = type;
    all.l_whence = SEEK_SET;
    return fcntl(file, F_SETLK, &all) == 0;
}

bool
cli_file_lock_shared(int file)
{
    if (lock(file, F_WRLCK))
        return true;
    errno = errno == EAGAIN || errno == EACCES ? EBUSY : errno;
    return false;
}

bool
cli_file_unlock_shared(int file)
{
    return lock(file, F_UNLCK);
}

bool
cli_file_truncate(int file)
{
    return ftruncate(file, 0) == 0;
}

bool
cli_file_sync(int file)
{
    return fsync(file) == 0;
}

bool
cli_file_is_writable(int file)
{
    int flags = fcntl(file, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

bool
cli_file_reader_is_gone(int error)
{
    return error == EPIPE;
}

FILE *
cli_file_stream(int file)
{
    return fdopen(file, "wb");
}

/* ---- Names ------------------------------------------------------------------- */

/* A rename is durable only after a sync of the folder. */
static void
sync_folder_of(const char *name)
{
    char *folder = cli_path_folder(name);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(folder);
}

bool
cli_file_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return false;
    sync_folder_of(to);
    return true;
}

/* Not all file systems have hard links. */
bool
cli_file_rename_new(const char *from, const char *to)
{
    struct stat found;
    if (link(from, to) == 0) {
        (void)unlink(from);
        return true;
    }
    if (errno != EEXIST && lstat(to, &found) == 0)
        errno = EEXIST;
    return errno != EEXIST && rename(from, to) == 0;
}

void
cli_file_remove(const char *path)
{
    (void)unlink(path);
}

/* The target is an absolute path, so that the link works from its own folder. */
bool
cli_file_link(const char *file, const char *path)
{
    struct text target = {0};
    const char *slash = strrchr(file, '/');
    char *folder = cli_path_folder(file);
    char *real = cli_path_resolve(folder);
    bool good = real != NULL;
    if (good) {
        cli_text_puts(&target, real);
        cli_text_puts(&target, "/");
        cli_text_puts(&target, slash != NULL ? slash + 1 : file);
        good = symlink(target.at, path) == 0;
    }
    int error = errno;
    cli_text_free(&target);
    free(folder);
    free(real);
    errno = error;
    return good;
}

bool
cli_path_is_link(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 && S_ISLNK(found.st_mode);
}

bool
cli_folder_create(const char *path)
{
    return mkdir(path, 0777) == 0;
}

bool
cli_path_is_absolute(const char *path)
{
    return path[0] == '/';
}

char *
cli_path_resolve(const char *folder)
{
    return realpath(folder, NULL);
}

bool
cli_path_is_separator(char c)
{
    return c == '/';
}

size_t
cli_path_root(const char *path)
{
    (void)path;
    return 0;
}

char *
cli_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = cli_copy_text(slash != NULL ? path : ".");
    if (slash != NULL)
        folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}

bool
cli_path_is_same_name(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- Folders ----------------------------------------------------------------- */

static enum entry_kind
kind_of_mode(mode_t mode)
{
    return S_ISLNK(mode)   ? ENTRY_LINK
           : S_ISREG(mode) ? ENTRY_FILE
           : S_ISDIR(mode) ? ENTRY_FOLDER
                           : ENTRY_OTHER;
}

/* Most file systems return the type with the name, which saves a call per file. */
static enum entry_kind
kind_of(DIR *dir, const struct dirent *found)
{
    struct stat info;
    switch (found->d_type) {
    case DT_REG:
        return ENTRY_FILE;
    case DT_DIR:
        return ENTRY_FOLDER;
    case DT_LNK:
        return ENTRY_LINK;
    case DT_UNKNOWN:
        return fstatat(dirfd(dir), found->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0
                   ? kind_of_mode(info.st_mode)
                   : ENTRY_OTHER;
    default:
        return ENTRY_OTHER;
    }
}

bool
cli_folder_each(const char *path, entry_fn fn, void *user)
{
    DIR *dir = opendir(path);
    struct dirent *found;
    if (dir == NULL)
        return false;
    while (errno = 0, (found = readdir(dir)) != NULL)
        fn(user, found->d_name, kind_of(dir, found));
    int error = errno;
    closedir(dir);
    errno = error;
    return error == 0;
}
