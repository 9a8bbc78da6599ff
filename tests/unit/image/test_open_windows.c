/* SPDX-License-Identifier: MIT */
/* test_open_windows.c - which files are opened on Windows, how, and why others are not
 */
#define WIN32_LEAN_AND_MEAN

#include "../os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#include <cmocka.h>

#include "open_file.h"

static char folder[300];

static const char *
in_folder(const char *name)
{
    static char path[6000];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const wchar_t *
wide(const char *path)
{
    static wchar_t text[1000];
    assert_true(
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, text, 1000) > 0);
    return text;
}

static HANDLE
create(const char *path, DWORD share)
{
    HANDLE handle = CreateFileW(wide(path), GENERIC_READ | GENERIC_WRITE, share, NULL,
                                CREATE_ALWAYS, 0, NULL);
    assert_true(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static void
write_at(HANDLE handle, uint64_t offset, const char *text)
{
    DWORD n;
    OVERLAPPED at = {0};
    at.Offset = (DWORD)(offset & UINT32_MAX);
    at.OffsetHigh = (DWORD)(offset >> 32);
    assert_true(WriteFile(handle, text, (DWORD)strlen(text), &n, &at));
}

static void
expect_text(const klr_file *file, uint64_t offset, const char *text)
{
    char bytes[64];
    int error = 0;
    assert_int_equal(klr_file_read(file, offset, bytes, sizeof bytes, &error),
                     strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void
only_files_on_disks_are_opened(void **state)
{
    static const char pipe[] = "\\\\.\\pipe\\klingrec-test";
    (void)state;
    expect_file("NUL", KLINGREC_ERR_FILE, KLR_DETAIL_NOT_REGULAR, 0);
    expect_file(folder, KLINGREC_ERR_FILE, KLR_DETAIL_DIRECTORY, ERROR_ACCESS_DENIED);
    HANDLE server = CreateNamedPipeA(pipe, PIPE_ACCESS_OUTBOUND, 0, 1, 0, 0, 0, NULL);
    assert_true(server != INVALID_HANDLE_VALUE);
    expect_file(pipe, KLINGREC_ERR_FILE, KLR_DETAIL_NOT_REGULAR, 0);
    assert_true(CloseHandle(server));
}

static void
the_message_says_why_a_path_cannot_be_opened(void **state)
{
    char name[5000];
    (void)state;
    expect_file(in_folder("missing"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_FOUND,
                ERROR_FILE_NOT_FOUND);
    expect_file(in_folder("missing/a"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_FOUND,
                ERROR_PATH_NOT_FOUND);
    expect_file("", KLINGREC_ERR_FILE, KLR_DETAIL_NOT_FOUND, ERROR_PATH_NOT_FOUND);
    expect_file("\xFF.png", KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE,
                ERROR_NO_UNICODE_TRANSLATION);
    expect_file(in_folder("a*b"), KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE,
                ERROR_INVALID_NAME);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_file(name, KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE,
                ERROR_FILENAME_EXCED_RANGE);

    HANDLE handle = create(in_folder("mine"), 0);
    expect_file(in_folder("mine"), KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE,
                ERROR_SHARING_VIOLATION);
    assert_true(CloseHandle(handle) && DeleteFileW(wide(in_folder("mine"))));
    assert_string_equal(klr_error_text(ERROR_SHARING_VIOLATION),
                        "another program has it open and does not share it");
    assert_null(klr_error_text(99999));
}

static void
a_path_is_utf8_and_may_be_longer_than_260_characters(void **state)
{
    static const char umlaut[] = "\xC3\xBC\xE6\xBC\xA2\xF0\x9F\x98\x80.png";
    char path[600], longer[600];
    klr_file file;
    int error;
    (void)state;
    (void)snprintf(path, sizeof path, "%s", in_folder(umlaut));
    HANDLE handle = create(path, 0);
    write_at(handle, 0, "short");
    assert_true(CloseHandle(handle));
    assert_int_equal(klr_file_open(&file, path, &error), KLR_OPEN_OK);
    expect_text(&file, 0, "short");
    klr_file_close(&file);
    assert_true(DeleteFileW(wide(path)));

    (void)snprintf(path, sizeof path, "%s/%0150d", folder, 0);
    assert_true(CreateDirectoryW(wide(path), NULL));
    (void)snprintf(longer, sizeof longer, "\\\\?\\%s/%0150d", path, 1);
    for (char *c = longer; (c = strchr(c, '/')) != NULL;)
        *c = '\\';
    handle = create(longer, 0);
    write_at(handle, 0, "long");
    assert_true(CloseHandle(handle));
    for (int prefixed = 0; prefixed < 2; prefixed++) {
        char given[600];
        (void)snprintf(given, sizeof given, "%s/../%0150d/%0150d", path, 0, 1);
        assert_int_equal(klr_file_open(&file, prefixed != 0 ? longer : given, &error),
                         KLR_OPEN_OK);
        expect_text(&file, 0, "long");
        klr_file_close(&file);
    }
    assert_true(DeleteFileW(wide(longer)));
    assert_true(RemoveDirectoryW(wide(path)));
}

static void
others_may_write_rename_and_delete_an_open_file(void **state)
{
    char path[400], other[400];
    klr_file file;
    DWORD flags;
    int error;
    (void)state;
    (void)snprintf(path, sizeof path, "%s", in_folder("shared"));
    (void)snprintf(other, sizeof other, "%s", in_folder("renamed"));
    HANDLE handle = create(path, FILE_SHARE_READ | FILE_SHARE_DELETE);
    write_at(handle, 0, "old");
    assert_int_equal(klr_file_open(&file, path, &error), KLR_OPEN_OK);
    assert_true(GetHandleInformation((HANDLE)file.fd, &flags));
    assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
    write_at(handle, 0, "new");
    assert_true(CloseHandle(handle));
    assert_true(MoveFileA(path, other));
    assert_true(DeleteFileA(other));
    expect_text(&file, 0, "new");
    klr_file_close(&file);
}

static void
offsets_and_sizes_have_64_bits(void **state)
{
    const uint64_t beyond = (UINT64_C(5) << 32) + 3;
    klr_file file;
    int error;
    (void)state;
    HANDLE handle = create(in_folder("large"), FILE_SHARE_READ);
    write_at(handle, 3, "near");
    write_at(handle, beyond, "far");
    assert_int_equal(klr_file_open(&file, in_folder("large"), &error), KLR_OPEN_OK);
    assert_true(file.length == beyond + 3);
    expect_text(&file, beyond, "far");
    expect_text(&file, beyond + 3, "");
    klr_file_close(&file);
    assert_true(CloseHandle(handle) && DeleteFileA(in_folder("large")));
}

/* 2026-01-01, and one unit of 100 ns later. */
static void
time_stamps_have_their_full_resolution(void **state)
{
    const int64_t at_s = 1767225600;
    uint64_t ticks = (uint64_t)(at_s + INT64_C(11644473600)) * 10000000;
    const FILETIME times[] = {{(DWORD)ticks, (DWORD)(ticks >> 32)},
                              {(DWORD)(ticks + 1), (DWORD)((ticks + 1) >> 32)}};
    klr_file file;
    int error;
    (void)state;
    HANDLE handle = create(in_folder("timed"), FILE_SHARE_READ);
    assert_true(SetFileTime(handle, NULL, NULL, &times[0]));
    assert_int_equal(klr_file_open(&file, in_folder("timed"), &error), KLR_OPEN_OK);
    assert_true(file.modified[0] == at_s && file.modified[1] == 0);
    assert_true(klr_file_unchanged(&file));
    assert_true(SetFileTime(handle, NULL, NULL, &times[1]));
    assert_false(klr_file_unchanged(&file));
    klr_file_close(&file);
    assert_true(CloseHandle(handle) && DeleteFileA(in_folder("timed")));
}

static int
make_folder(void **state)
{
    (void)state;
    os_folder_new(folder, sizeof folder);
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    os_folder_remove(folder);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_files_on_disks_are_opened),
        cmocka_unit_test(the_message_says_why_a_path_cannot_be_opened),
        cmocka_unit_test(a_path_is_utf8_and_may_be_longer_than_260_characters),
        cmocka_unit_test(others_may_write_rename_and_delete_an_open_file),
        cmocka_unit_test(offsets_and_sizes_have_64_bits),
        cmocka_unit_test(time_stamps_have_their_full_resolution),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
