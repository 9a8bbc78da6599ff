/* SPDX-License-Identifier: MIT */
/* files_windows.c - files and folders by calls of Windows */
#include "base/files.h"

#include "base/memory.h"
#include "base/wide_windows.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static bool
is_link_tag(DWORD tag)
{
    return tag == IO_REPARSE_TAG_SYMLINK || tag == IO_REPARSE_TAG_MOUNT_POINT;
}

/* ---- What a file is ---------------------------------------------------------- */

/* Other users' rights would need an evaluation of access lists: is_shared is false. */
static bool
set_info(HANDLE handle, struct file_info *info)
{
    BY_HANDLE_FILE_INFORMATION found;
    FILE_ATTRIBUTE_TAG_INFO tag;
    FILE_STANDARD_INFO standard;
    memset(info, 0, sizeof *info);
    if (GetFileType(handle) != FILE_TYPE_DISK)
        return true; /* a console, a pipe or a device: it has no identity */
    if (!GetFileInformationByHandle(handle, &found)) {
        cli_set_errno();
        return false;
    }
    info->device = found.dwVolumeSerialNumber;
    info->id = (uint64_t)found.nFileIndexHigh << 32 | found.nFileIndexLow;
    info->bytes = (uint64_t)found.nFileSizeHigh << 32 | found.nFileSizeLow;
    info->is_linked = found.nNumberOfLinks > 1;
    info->kind = FILE_REGULAR;
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        info->kind = FILE_FOLDER;
    else if (GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag,
                                          sizeof tag) &&
             (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
             is_link_tag(tag.ReparseTag))
        info->kind = FILE_OTHER; /* FILE_REPLACE opens the link itself */
    info->is_removed = GetFileInformationByHandleEx(handle, FileStandardInfo, &standard,
                                                    sizeof standard) &&
                       standard.DeletePending;
    return true;
}

/* Opens what exists. With the backup flag, folders can be opened too. */
static HANDLE
open_existing(const char *path, DWORD access)
{
    wchar_t *wide = cli_wide_path(path);
    if (wide == NULL)
        return INVALID_HANDLE_VALUE;
    HANDLE handle = CreateFileW(wide, access, SHARE_ALL, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        cli_set_errno();
    free(wide);
    return handle;
}

static bool
may(const char *path, DWORD access)
{
    HANDLE handle = open_existing(path, access);
    if (handle == INVALID_HANDLE_VALUE)
        return false;
    CloseHandle(handle);
    return true;
}

bool
cli_file_info(const char *path, struct file_info *info)
{
    HANDLE handle = open_existing(path, FILE_READ_ATTRIBUTES);
    if (handle == INVALID_HANDLE_VALUE)
        return false;
    bool good = set_info(handle, info);
    CloseHandle(handle);
    return good;
}

static HANDLE
handle_of(int file)
{
    return file >= 0 ? (HANDLE)_get_osfhandle(file) : INVALID_HANDLE_VALUE;
}

bool
cli_file_info_of(int file, struct file_info *info)
{
    return set_info(handle_of(file), info);
}

bool
cli_file_is_same(const struct file_info *a, const struct file_info *b)
{
    return a->kind != FILE_OTHER && a->device == b->device && a->id == b->id;
}

bool
cli_file_exists(const char *path)
{
    return may(path, FILE_READ_ATTRIBUTES);
}

bool
cli_file_may_read(const char *path)
{
    return may(path, GENERIC_READ);
}

bool
cli_file_may_write(const char *path)
{
    return may(path, GENERIC_READ | GENERIC_WRITE);
}

bool
cli_file_may_create_in(const char *folder)
{
    return may(folder, FILE_ADD_FILE);
}

/* ---- Open files -------------------------------------------------------------- */

/* A file that is only read may be renamed and removed meanwhile, as on other systems.
   One for FILE_UPDATE may not be removed, because others would create it anew. */
static const struct {
    DWORD access, share, create, flags;
    int mode;
} uses[] = {
    [FILE_READ] = {GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0, _O_RDONLY},
    [FILE_EXAMINE] = {GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0, _O_RDONLY},
    [FILE_UPDATE] = {GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                     OPEN_ALWAYS, 0, _O_RDWR},
    [FILE_REPLACE] = {GENERIC_WRITE | DELETE, SHARE_ALL, OPEN_ALWAYS,
                      FILE_FLAG_OPEN_REPARSE_POINT, _O_WRONLY},
    [FILE_WRITE] = {GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS, 0, _O_WRONLY},
};

int
cli_file_open(const char *path, enum file_use use)
{
    wchar_t *wide = cli_wide_path(path);
    if (wide == NULL)
        return -1;
    /* Without attributes for security, other programs do not inherit the handle. */
    HANDLE handle = CreateFileW(wide, uses[use].access, uses[use].share, NULL,
                                uses[use].create, uses[use].flags, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        cli_set_errno();
    free(wide);
    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    int file =
        _open_osfhandle((intptr_t)handle, uses[use].mode | _O_BINARY | _O_NOINHERIT);
    if (file < 0)
        CloseHandle(handle);
    return file;
}

void
cli_file_close(int file)
{
    _close(file);
}

static DWORD
bounded(size_t size)
{
    return size < 1 << 30 ? (DWORD)size : 1 << 30;
}

/* On a console, Ctrl-Z at the start of a line is the end. */
static bool
is_console_end(HANDLE handle, const char *bytes, DWORD len)
{
    DWORD mode;
    return len > 0 && bytes[0] == 0x1A && GetConsoleMode(handle, &mode);
}

ptrdiff_t
cli_file_read(int file, void *bytes, size_t size)
{
    HANDLE handle = handle_of(file);
    DWORD len = 0;
    SetLastError(ERROR_SUCCESS);
    if (!ReadFile(handle, bytes, bounded(size), &len, NULL)) {
        if (GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_HANDLE_EOF)
            return 0;
        cli_set_errno();
        return -1;
    }
    /* A console reports Ctrl-C as a success without bytes. */
    if (len == 0 && GetLastError() == ERROR_OPERATION_ABORTED) {
        errno = EINTR;
        return -1;
    }
    return is_console_end(handle, bytes, len) ? 0 : (ptrdiff_t)len;
}

ptrdiff_t
cli_file_read_start(int file, void *bytes, size_t size)
{
    OVERLAPPED start = {0};
    DWORD len = 0;
    if (ReadFile(handle_of(file), bytes, bounded(size), &len, &start))
        return (ptrdiff_t)len;
    if (GetLastError() == ERROR_HANDLE_EOF)
        return 0;
    cli_set_errno();
    return -1;
}

bool
cli_file_write_start(int file, const void *bytes, size_t len)
{
    OVERLAPPED start = {0};
    DWORD done = 0;
    if (WriteFile(handle_of(file), bytes, bounded(len), &done, &start))
        return done == len;
    cli_set_errno();
    return false;
}

/* Locks of Windows also keep others from reading what is locked. So one byte is locked
   that lies behind the end of every file. */
static OVERLAPPED
behind_the_end(void)
{
    OVERLAPPED at = {0};
    at.OffsetHigh = 0x40000000;
    return at;
}

bool
cli_file_lock_whole(int file)
{
    OVERLAPPED at = behind_the_end();
    if (LockFileEx(handle_of(file), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY,
                   0, 1, 0, &at))
        return true;
    if (GetLastError() == ERROR_IO_PENDING)
        SetLastError(ERROR_LOCK_VIOLATION);
    cli_set_errno();
    return false;
}

bool
cli_file_lock_shared(int file)
{
    return cli_file_lock_whole(file);
}

bool
cli_file_unlock_shared(int file)
{
    OVERLAPPED at = behind_the_end();
    return UnlockFileEx(handle_of(file), 0, 1, 0, &at);
}

bool
cli_file_truncate(int file)
{
    return _chsize(file, 0) == 0;
}

bool
cli_file_sync(int file)
{
    return _commit(file) == 0;
}

/* Only a write shows whether a handle can be written. One without bytes changes
   nothing; only in a pipe its reader could take it for the end. */
bool
cli_file_is_writable(int file)
{
    HANDLE handle = handle_of(file);
    DWORD done, type = GetFileType(handle);
    return type == FILE_TYPE_PIPE || WriteFile(handle, "", 0, &done, NULL);
}

bool
cli_file_reader_is_gone(int error)
{
    return error == EPIPE || error == EINVAL; /* from ERROR_NO_DATA */
}

FILE *
cli_file_stream(int file)
{
    return _fdopen(file, "wb");
}
