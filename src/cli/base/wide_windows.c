/* SPDX-License-Identifier: MIT */
/* wide_windows.c - UTF-8 and the UTF-16 of Windows, and its errors */
#include "base/wide_windows.h"

#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { PATH_SHORT = 240 /* for a folder, Windows allows less than MAX_PATH */ };

static wchar_t *
widen(const char *text)
{
    int count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    if (count <= 0) {
        errno = EILSEQ;
        return NULL;
    }
    wchar_t *wide = cli_resize(NULL, (size_t)count, sizeof *wide);
    (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, count);
    return wide;
}

/* Only an absolute path with this prefix may be long. */
static wchar_t *
lengthen(wchar_t *path)
{
    static const wchar_t prefix[] = L"\\\\?\\", network[] = L"\\\\?\\UNC\\";
    enum { PREFIX_MAX = sizeof network / sizeof network[0] };
    DWORD size = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *full = cli_resize(NULL, size + PREFIX_MAX, sizeof *full);
    wchar_t *at = full + PREFIX_MAX;
    DWORD len = size > 0 ? GetFullPathNameW(path, size, at, NULL) : 0;
    if (len == 0 || len >= size) {
        free(full);
        return path;
    }
    free(path);
    bool is_network = at[0] == L'\\' && at[1] == L'\\';
    const wchar_t *use = is_network ? network : prefix;
    at += is_network ? 2 : 0;
    size_t head = wcslen(use), rest = wcslen(at) + 1;
    memmove(full + head, at, rest * sizeof *full);
    memcpy(full, use, head * sizeof *full);
    return full;
}

wchar_t *
cli_wide_path(const char *path)
{
    wchar_t *wide = widen(path);
    if (wide == NULL || wcslen(wide) < PATH_SHORT ||
        wcsncmp(wide, L"\\\\?\\", 4) == 0 || wcsncmp(wide, L"\\\\.\\", 4) == 0)
        return wide;
    return lengthen(wide);
}

char *
cli_narrow(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = cli_resize(NULL, size > 0 ? (size_t)size : 1, 1);
    text[0] = '\0';
    (void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

void
cli_set_errno(void)
{
    static const struct {
        DWORD from;
        int to;
    } table[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},      {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, ENOENT},        {ERROR_BAD_PATHNAME, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},         {ERROR_BAD_NET_NAME, ENOENT},
        {ERROR_INVALID_DRIVE, ENOENT},       {ERROR_NOT_READY, ENXIO},
        {ERROR_ACCESS_DENIED, EACCES},       {ERROR_SHARING_VIOLATION, EACCES},
        {ERROR_WRITE_PROTECT, EROFS},        {ERROR_LOCK_VIOLATION, EBUSY},
        {ERROR_FILE_EXISTS, EEXIST},         {ERROR_ALREADY_EXISTS, EEXIST},
        {ERROR_DIRECTORY, ENOTDIR},          {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
        {ERROR_TOO_MANY_OPEN_FILES, EMFILE}, {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
        {ERROR_OUTOFMEMORY, ENOMEM},         {ERROR_DISK_FULL, ENOSPC},
        {ERROR_HANDLE_DISK_FULL, ENOSPC},    {ERROR_INVALID_HANDLE, EBADF},
        {ERROR_BROKEN_PIPE, EPIPE},          {ERROR_NO_DATA, EPIPE},
        {ERROR_OPERATION_ABORTED, EINTR},
    };
    DWORD error = GetLastError();
    errno = EIO;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].from == error)
            errno = table[i].to;
}
