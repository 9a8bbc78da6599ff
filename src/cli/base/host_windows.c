/* SPDX-License-Identifier: MIT */
/* host_windows.c - standard streams, arguments, environment and console of Windows */
#include "base/host.h"

#include "base/memory.h"
#include "base/wide_windows.h"

#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { BUFFER = 8192 };

int main(int argc, char **argv);
int wmain(int argc, wchar_t **wide);

/* The C runtime replaces patterns such as *.png, as a shell does on other systems. */
int _dowildcard = -1;

int
wmain(int argc, wchar_t **wide)
{
    char **argv = cli_resize(NULL, (size_t)argc + 1, sizeof *argv);
    for (int i = 0; i < argc; i++)
        argv[i] = cli_narrow(wide[i]);
    argv[argc] = NULL;
    return main(argc, argv); /* the arguments are used until the program ends */
}

/* ---- The console ------------------------------------------------------------- */

static UINT code_page; /* of the console before; 0: not changed */
static HANDLE consoles[2];
static DWORD modes[2]; /* of the consoles before */

void
cli_host_restore(void)
{
    for (size_t i = 0; i < 2; i++)
        if (consoles[i] != NULL)
            (void)SetConsoleMode(consoles[i], modes[i]);
    if (code_page != 0)
        (void)SetConsoleOutputCP(code_page);
}

/* Buffered, so that no character is written in parts. */
static void
prepare_console(FILE *file, DWORD standard, size_t index)
{
    HANDLE handle = GetStdHandle(standard);
    DWORD mode;
    if (!GetConsoleMode(handle, &mode))
        return;
    consoles[index] = handle;
    modes[index] = mode;
    (void)SetConsoleMode(handle, mode | ENABLE_PROCESSED_OUTPUT |
                                     ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    (void)setvbuf(file, NULL, _IOFBF, BUFFER);
    if (code_page == 0) {
        code_page = GetConsoleOutputCP();
        (void)SetConsoleOutputCP(CP_UTF8);
    }
}

/* A closed standard stream is opened in a way that makes its use fail, so that no other
   file gets its number. Bytes are not changed: no CRLF, no end at Ctrl-Z. */
void
cli_host_begin(void)
{
    static const DWORD standard[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
                                     STD_ERROR_HANDLE};
    for (int fd = 0; fd <= HOST_STDERR; fd++) {
        HANDLE handle = GetStdHandle(standard[fd]);
        if (handle == NULL || handle == INVALID_HANDLE_VALUE)
            (void)_open("NUL", fd == HOST_STDIN ? _O_WRONLY : _O_RDONLY);
        else
            (void)_setmode(fd, _O_BINARY);
    }
    prepare_console(stdout, STD_OUTPUT_HANDLE, 0);
    prepare_console(stderr, STD_ERROR_HANDLE, 1);
    (void)atexit(cli_host_restore);
}

static HANDLE
handle_of(int file)
{
    return file >= 0 ? (HANDLE)_get_osfhandle(file) : INVALID_HANDLE_VALUE;
}

bool
cli_host_is_terminal(int file)
{
    DWORD mode;
    return GetConsoleMode(handle_of(file), &mode);
}

size_t
cli_host_columns(int file)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(handle_of(file), &info))
        return 0;
    int columns = info.srWindow.Right - info.srWindow.Left + 1;
    return columns > 0 ? (size_t)columns : 0;
}

bool
cli_host_shows_utf8(void)
{
    return GetConsoleOutputCP() == CP_UTF8;
}

bool
cli_host_shows_controls(int file)
{
    DWORD mode;
    return GetConsoleMode(handle_of(file), &mode) &&
           (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

/* ---- The environment --------------------------------------------------------- */

/* The C runtime's copy of the environment is not UTF-8. */
size_t
cli_host_variable(const char *name, char *buf, size_t size)
{
    wchar_t wide_name[64];
    size_t len = 0;
    if (MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) <= 0)
        return 0;
    DWORD room = GetEnvironmentVariableW(wide_name, NULL, 0);
    if (room == 0)
        return 0;
    wchar_t *wide = cli_resize(NULL, room, sizeof *wide);
    DWORD got = GetEnvironmentVariableW(wide_name, wide, room);
    if (got > 0 && got < room) {
        char *value = cli_narrow(wide);
        len = strlen(value);
        memcpy(buf, value, len < size ? len : size);
        cli_wipe(value, len);
        free(value);
    }
    cli_wipe(wide, room * sizeof *wide);
    free(wide);
    return len;
}

bool
cli_host_is_set(const char *name)
{
    return GetEnvironmentVariableA(name, NULL, 0) > 0;
}

/* Both of Windows and of the C runtime. */
void
cli_host_unset(const char *name)
{
    (void)_putenv_s(name, "");
    (void)SetEnvironmentVariableA(name, NULL);
}

size_t
cli_host_processors(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors;
}

size_t
cli_host_jobs_max(void)
{
    return SIZE_MAX;
}
