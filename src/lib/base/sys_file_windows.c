/* SPDX-License-Identifier: MIT */
/* sys_file_windows.c - the files of sys.h on Windows (7 or later) */
#include "base/build.h"

#include "base/sys.h"

#ifdef _WIN32

#include <string.h>
#include <wchar.h>
#include <windows.h>

enum {
    PATH_LENGTH = 4096,     /* as for Linux in source.c; Windows allows 32,767 */
    PREFIX_LENGTH = 8,      /* of \\?\UNC\, which a long path needs */
    TICKS_PER_S = 10000000, /* Windows counts in units of 100 ns */
    READ_MAX = 1024 * 1024 * 1024
};

/* Seconds from 1601, where Windows counts from, to 1970. */
#define EPOCH_S INT64_C(11644473600)

/* ---- Paths ------------------------------------------------------------------ */

/*
 * The path in UTF-16. Windows opens a path of 260 characters or more only in its full
 * form with a prefix, which also turns off what Windows does with slashes and dots.
 */
static bool
convert_path(wchar_t *out, const char *path, int *error)
{
    wchar_t given[PATH_LENGTH];
    wchar_t *full = out + PREFIX_LENGTH;

    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, given,
                            PATH_LENGTH) == 0) {
        bool too_long = GetLastError() == ERROR_INSUFFICIENT_BUFFER;
        *error = too_long ? ERROR_FILENAME_EXCED_RANGE : ERROR_NO_UNICODE_TRANSLATION;
        return false;
    }
    DWORD len = GetFullPathNameW(given, PATH_LENGTH, full, NULL);
    if (len >= PATH_LENGTH) {
        *error = ERROR_FILENAME_EXCED_RANGE;
        return false;
    }
    if (len < MAX_PATH || wcsncmp(full, L"\\\\?\\", 4) == 0) {
        (void)wcscpy(out, given);
    } else if (wcsncmp(full, L"\\\\", 2) == 0) { /* \\server\share\... */
        (void)wmemcpy(out, L"\\\\?\\UNC\\", PREFIX_LENGTH);
        (void)wmemmove(full, full + 2, len - 1);
    } else {
        (void)wmemcpy(out, L"\\\\?\\", 4);
        (void)wmemmove(out + 4, full, len + 1);
    }
    return true;
}

/* ---- Opening ---------------------------------------------------------------- */

/* CreateFileW() has the same error for a directory and for a file that may not be read,
   so the attributes tell. */
static klr_open_result
why_not(const wchar_t *path, DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
        return KLR_OPEN_NOT_FOUND;
    case ERROR_PIPE_BUSY:
        return KLR_OPEN_NOT_REGULAR;
    default:
        break;
    }
    DWORD attributes = GetFileAttributesW(path);
    bool directory = attributes != INVALID_FILE_ATTRIBUTES &&
                     (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    return directory ? KLR_OPEN_DIRECTORY : KLR_OPEN_FAILED;
}

static void
copy_time(int64_t *out, LARGE_INTEGER time)
{
    out[0] = time.QuadPart / TICKS_PER_S - EPOCH_S;
    out[1] = time.QuadPart % TICKS_PER_S * 100;
}

static bool
copy_stamps(klr_file *file)
{
    FILE_BASIC_INFO times;
    LARGE_INTEGER size;
    HANDLE handle = (HANDLE)file->fd;
    if (!GetFileSizeEx(handle, &size) ||
        !GetFileInformationByHandleEx(handle, FileBasicInfo, &times, sizeof times))
        return false;
    file->length = (uint64_t)size.QuadPart;
    copy_time(&file->modified[0], times.LastWriteTime);
    copy_time(&file->modified[2], times.ChangeTime);
    return true;
}

klr_open_result
klr_file_open(klr_file *file, const char *path, int *error)
{
    wchar_t wide[PREFIX_LENGTH + PATH_LENGTH];
    *error = 0;
    if (!convert_path(wide, path, error))
        return KLR_OPEN_FAILED;
    /* Others may write, rename and delete it; a change is noticed. A pipe's server does
       not get this process's identity. */
    HANDLE handle = CreateFileW(
        wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();
        *error = (int)code;
        return why_not(wide, code);
    }

    klr_open_result result = KLR_OPEN_OK;
    file->fd = (klr_native_file)handle;
    if (GetFileType(handle) != FILE_TYPE_DISK) {
        result = KLR_OPEN_NOT_REGULAR;
    } else if (!copy_stamps(file)) {
        *error = (int)GetLastError();
        result = KLR_OPEN_FAILED;
    }
    if (result != KLR_OPEN_OK)
        klr_file_close(file);
    return result;
}

/* ---- Reading ---------------------------------------------------------------- */

ptrdiff_t
klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len, int *error)
{
    size_t got = 0;
    while (got < len) {
        uint64_t at = offset + got;
        OVERLAPPED where = {0};
        DWORD n = 0, want = len - got > READ_MAX ? READ_MAX : (DWORD)(len - got);
        where.Offset = (DWORD)(at & UINT32_MAX);
        where.OffsetHigh = (DWORD)(at >> 32);
        if (!ReadFile((HANDLE)file->fd, (char *)buf + got, want, &n, &where)) {
            DWORD code = GetLastError();
            if (code == ERROR_HANDLE_EOF)
                break;
            *error = (int)code;
            return -1;
        }
        if (n == 0)
            break;
        got += n;
    }
    return (ptrdiff_t)got;
}

bool
klr_file_unchanged(const klr_file *file)
{
    klr_file now = *file;
    return copy_stamps(&now) && now.length == file->length &&
           memcmp(now.modified, file->modified, sizeof now.modified) == 0;
}

bool
klr_file_settled(const klr_file *file, int64_t now_s)
{
    (void)file;
    (void)now_s;
    return false;
}

void
klr_file_close(klr_file *file)
{
    if (file->fd != -1)
        (void)CloseHandle((HANDLE)file->fd);
    file->fd = -1;
}

/* ---- Errors ----------------------------------------------------------------- */

enum { /* ERROR_VIRUS_ and ERROR_CLOUD_FILE_, not in mingw-w64's headers */
       VIRUS_INFECTED = 225,
       VIRUS_DELETED = 226,
       CLOUD_NOT_IN_SYNC = 377,
       CLOUD_UNSUCCESSFUL = 389,
       CLOUD_UNREACHABLE = 388
};

/* FormatMessageW() answers in the user's language. */
const char *
klr_error_text(int error)
{
    static const struct {
        int error;
        const char *text;
    } texts[] = {
        {ERROR_FILE_NOT_FOUND, "no such file or directory"},
        {ERROR_PATH_NOT_FOUND, "no such file or directory"},
        {ERROR_INVALID_DRIVE, "there is no such drive"},
        {ERROR_ACCESS_DENIED, "permission denied"},
        {ERROR_SHARING_VIOLATION, "another program has it open and does not share it"},
        {ERROR_LOCK_VIOLATION, "another program has locked a part of it"},
        {ERROR_DELETE_PENDING, "it is being deleted"},
        {ERROR_INVALID_NAME, "it is not a valid name"},
        {ERROR_BAD_PATHNAME, "it is not a valid name"},
        {ERROR_NO_UNICODE_TRANSLATION, "the name is not valid UTF-8"},
        {ERROR_FILENAME_EXCED_RANGE, "the name is too long"},
        {ERROR_DIRECTORY, "a part of the path is not a directory"},
        {ERROR_CANT_RESOLVE_FILENAME, "too many symbolic links"},
        {ERROR_TOO_MANY_OPEN_FILES, "too many open files in this process"},
        {ERROR_NOT_ENOUGH_MEMORY, "out of memory"},
        {ERROR_OUTOFMEMORY, "out of memory"},
        {ERROR_NO_SYSTEM_RESOURCES, "the system is out of resources"},
        {ERROR_BAD_NETPATH, "the server in the path cannot be found"},
        {ERROR_BAD_NET_NAME, "there is no such share on the server"},
        {ERROR_NETNAME_DELETED, "the connection to the server is lost"},
        {ERROR_UNEXP_NET_ERR, "network error"},
        {ERROR_NOT_READY, "the drive is not ready"},
        {ERROR_CRC, "the drive reports damaged data"},
        {ERROR_IO_DEVICE, "input or output error"},
        {ERROR_GEN_FAILURE, "input or output error"},
        {ERROR_READ_FAULT, "input or output error"},
        {ERROR_FILE_CORRUPT, "the file system is damaged"},
        {ERROR_DISK_CORRUPT, "the file system is damaged"},
        {VIRUS_INFECTED, "a virus scanner refuses it"},
        {VIRUS_DELETED, "a virus scanner has deleted it"},
        {CLOUD_NOT_IN_SYNC, "its cloud service cannot provide it now"},
        {CLOUD_UNSUCCESSFUL, "its cloud service cannot provide it now"},
        {CLOUD_UNREACHABLE, "its cloud service cannot be reached"},
        {ERROR_SEM_TIMEOUT, "timed out"},
        {ERROR_OPERATION_ABORTED, "the read was aborted"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].error == error)
            return texts[i].text;
    return NULL;
}

#endif
