/* SPDX-License-Identifier: MIT */
/* names_windows.c - names of files, paths and folders by calls of Windows */
#include "base/files.h"

#include "base/memory.h"
#include "base/wide_windows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static bool
move(const char *from, const char *to, DWORD flags)
{
    wchar_t *old = cli_wide_path(from), *now = cli_wide_path(to);
    bool good = old != NULL && now != NULL;
    if (good && !MoveFileExW(old, now, flags)) {
        cli_set_errno();
        good = false;
    }
    free(old);
    free(now);
    return good;
}

bool
cli_file_rename(const char *from, const char *to)
{
    return move(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

bool
cli_file_rename_new(const char *from, const char *to)
{
    return move(from, to, 0);
}

bool
cli_file_link(const char *file, const char *path)
{
    wchar_t *old = cli_wide_path(file), *now = cli_wide_path(path);
    bool good = old != NULL && now != NULL;
    if (good && !CreateHardLinkW(now, old, NULL)) {
        cli_set_errno();
        good = false;
    }
    free(old);
    free(now);
    return good;
}

bool
cli_folder_create(const char *path)
{
    wchar_t *wide = cli_wide_path(path);
    bool good = wide != NULL && CreateDirectoryW(wide, NULL);
    if (wide != NULL && !good)
        cli_set_errno();
    free(wide);
    return good;
}

void
cli_file_remove(const char *path)
{
    wchar_t *wide = cli_wide_path(path);
    if (wide != NULL)
        (void)DeleteFileW(wide);
    free(wide);
}

/* ---- Paths ------------------------------------------------------------------- */

bool
cli_path_is_separator(char c)
{
    return c == '/' || c == '\\';
}

static bool
has_drive(const char *path)
{
    char letter = (char)(path[0] | 0x20);
    return letter >= 'a' && letter <= 'z' && path[1] == ':';
}

/* "C:name" too: nothing may be put before it. */
bool
cli_path_is_absolute(const char *path)
{
    return cli_path_is_separator(path[0]) || has_drive(path);
}

/* "C:", or "//server/share". */
size_t
cli_path_root(const char *path)
{
    if (has_drive(path))
        return 2;
    if (path[0] != '/' || path[1] != '/')
        return 0;
    size_t server = 2 + strcspn(path + 2, "/");
    return path[server] == '/' ? server + 1 + strcspn(path + server + 1, "/") : server;
}

char *
cli_path_folder(const char *path)
{
    size_t len = 0;
    for (size_t i = 0; path[i] != '\0'; i++)
        if (cli_path_is_separator(path[i]))
            len = i == 0 || path[i - 1] == ':' ? i + 1 : i;
    if (len == 0 && has_drive(path))
        len = 2; /* the working folder of that drive */
    char *folder = cli_copy_text(len > 0 ? path : ".");
    if (len > 0)
        folder[len] = '\0';
    return folder;
}

bool
cli_path_is_same_name(const char *a, const char *b)
{
    wchar_t *name = cli_wide_path(a), *other = cli_wide_path(b);
    bool same = name != NULL && other != NULL &&
                CompareStringOrdinal(name, -1, other, -1, TRUE) == CSTR_EQUAL;
    free(name);
    free(other);
    return same;
}

/* Without the prefix of long paths, and with slashes. */
static char *
tidy(const wchar_t *found)
{
    char *path = cli_narrow(found);
    size_t skip = strncmp(path, "\\\\?\\UNC\\", 8) == 0 ? 6
                  : strncmp(path, "\\\\?\\", 4) == 0    ? 4
                                                        : 0;
    memmove(path, path + skip, strlen(path + skip) + 1);
    if (skip == 6)
        path[0] = '\\';
    for (char *at = path; *at != '\0'; at++)
        *at = *at == '\\' ? '/' : *at;
    return path;
}

char *
cli_path_resolve(const char *folder)
{
    wchar_t *wide = cli_wide_path(folder), *found = NULL;
    HANDLE handle =
        wide == NULL
            ? INVALID_HANDLE_VALUE
            : CreateFileW(wide, FILE_READ_ATTRIBUTES,
                          FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                          OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    char *path = NULL;
    free(wide);
    if (handle == INVALID_HANDLE_VALUE)
        return NULL;
    DWORD size = GetFinalPathNameByHandleW(handle, NULL, 0, 0);
    found = cli_resize(NULL, (size_t)size + 1, sizeof *found);
    DWORD len = GetFinalPathNameByHandleW(handle, found, size + 1, 0);
    if (len > 0 && len <= size)
        path = tidy(found);
    free(found);
    CloseHandle(handle);
    return path;
}

/* ---- Folders ----------------------------------------------------------------- */

static enum entry_kind
kind_of(const WIN32_FIND_DATAW *found)
{
    DWORD tag = found->dwReserved0;
    bool is_reparse = (found->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    if (is_reparse &&
        (tag == IO_REPARSE_TAG_SYMLINK || tag == IO_REPARSE_TAG_MOUNT_POINT))
        return ENTRY_LINK;
    return (found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? ENTRY_FOLDER
                                                                     : ENTRY_FILE;
}

static HANDLE
find_first(const char *path, WIN32_FIND_DATAW *found)
{
    struct text pattern = {0};
    cli_text_puts(&pattern, path);
    cli_text_puts(&pattern,
                  pattern.len > 0 && cli_path_is_separator(pattern.at[pattern.len - 1])
                      ? "*"
                      : "\\*");
    wchar_t *wide = cli_wide_path(pattern.at);
    HANDLE handle = INVALID_HANDLE_VALUE;
    if (wide != NULL)
        handle = FindFirstFileW(wide, found);
    if (wide != NULL && handle == INVALID_HANDLE_VALUE)
        cli_set_errno();
    free(wide);
    cli_text_free(&pattern);
    return handle;
}

bool
cli_path_is_link(const char *path)
{
    WIN32_FIND_DATAW found;
    wchar_t *wide = cli_wide_path(path);
    HANDLE handle = wide != NULL ? FindFirstFileW(wide, &found) : INVALID_HANDLE_VALUE;
    free(wide);
    if (handle == INVALID_HANDLE_VALUE)
        return false;
    FindClose(handle);
    return kind_of(&found) == ENTRY_LINK;
}

bool
cli_folder_each(const char *path, entry_fn fn, void *user)
{
    WIN32_FIND_DATAW found;
    HANDLE handle = find_first(path, &found);
    if (handle == INVALID_HANDLE_VALUE) /* the root of an empty drive has no entry */
        return GetLastError() == ERROR_FILE_NOT_FOUND;
    do {
        char *name = cli_narrow(found.cFileName);
        if ((found.dwFileAttributes & FILE_ATTRIBUTE_HIDDEN) == 0)
            fn(user, name, kind_of(&found));
        free(name);
    } while (FindNextFileW(handle, &found));
    bool good = GetLastError() == ERROR_NO_MORE_FILES;
    if (!good)
        cli_set_errno();
    FindClose(handle);
    return good;
}
