/* SPDX-License-Identifier: MIT */
/* command_windows.c - runs a command by cmd.exe */
#include "base/command.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/wide_windows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

enum { STEP_MS = 20 };

/* Only the three standard handles are inherited. */
static bool
create(wchar_t *line, HANDLE handles[3], PROCESS_INFORMATION *process)
{
    STARTUPINFOEXW start = {0};
    SIZE_T bytes = 0;
    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &bytes);
    start.lpAttributeList = cli_resize(NULL, bytes, 1);
    start.StartupInfo.cb = sizeof start;
    start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    start.StartupInfo.hStdInput = handles[0];
    start.StartupInfo.hStdOutput = handles[1];
    start.StartupInfo.hStdError = handles[2];
    /* Standard error may be closed, or be the console. */
    size_t count = handles[2] != NULL && handles[2] != INVALID_HANDLE_VALUE ? 3 : 2;
    for (size_t i = 0; i < count; i++)
        (void)SetHandleInformation(handles[i], HANDLE_FLAG_INHERIT,
                                   HANDLE_FLAG_INHERIT);
    bool good = InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &bytes);
    if (good) {
        good =
            UpdateProcThreadAttribute(start.lpAttributeList, 0,
                                      PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
                                      count * sizeof *handles, NULL, NULL) &&
            CreateProcessW(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT,
                           NULL, NULL, &start.StartupInfo, process);
        DeleteProcThreadAttributeList(start.lpAttributeList);
    }
    if (!good)
        cli_set_errno();
    free(start.lpAttributeList);
    return good;
}

/* cmd.exe takes everything between the first and the last quote as the command. */
static bool
start(const char *command, HANDLE out, PROCESS_INFORMATION *process)
{
    HANDLE empty = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                               NULL, OPEN_EXISTING, 0, NULL);
    HANDLE handles[] = {empty, out, GetStdHandle(STD_ERROR_HANDLE)};
    struct text text = {0};
    cli_text_puts(&text, "cmd.exe /d /s /c \"");
    cli_text_puts(&text, command);
    cli_text_puts(&text, "\"");
    int len = MultiByteToWideChar(CP_UTF8, 0, text.at, -1, NULL, 0);
    wchar_t *line = cli_resize(NULL, (size_t)len + 1, sizeof *line);
    (void)MultiByteToWideChar(CP_UTF8, 0, text.at, -1, line, len);
    line[len] = L'\0';
    bool good = create(line, handles, process);
    free(line);
    cli_text_free(&text);
    CloseHandle(empty);
    return good;
}

/* Reads what is there. False: nothing. */
static bool
read_some(HANDLE in, char *buf, size_t size, size_t *len)
{
    DWORD ready = 0, n = 0;
    if (*len == size || !PeekNamedPipe(in, NULL, 0, NULL, &ready, NULL) || ready == 0)
        return false;
    size_t room = size - *len;
    if (!ReadFile(in, buf + *len, ready < room ? ready : (DWORD)room, &n, NULL))
        return false;
    *len += n;
    return n > 0;
}

static enum child_end
await(HANDLE process, HANDLE in, int64_t until_ms, char *buf, size_t size, size_t *len,
      int *code)
{
    DWORD status = 1;
    bool ended = false;
    while (!ended && *len < size && cli_now_ms() < until_ms && !cli_interrupted()) {
        ended = WaitForSingleObject(process, STEP_MS) == WAIT_OBJECT_0;
        while (read_some(in, buf, size, len))
            continue;
    }
    if (!ended) {
        (void)TerminateProcess(process, 1);
        return *len == size        ? CHILD_DONE
               : cli_interrupted() ? CHILD_INTERRUPTED
                                   : CHILD_LATE;
    }
    (void)GetExitCodeProcess(process, &status);
    *code = (int)status;
    return *len < size && *code != 0 ? CHILD_FAILED : CHILD_DONE;
}

enum child_end
cli_command_run(const char *command, int limit_ms, char *buf, size_t size, size_t *len,
                int *code)
{
    PROCESS_INFORMATION process;
    HANDLE in, out;
    *len = 0;
    *code = 0;
    if (!CreatePipe(&in, &out, NULL, 0)) {
        cli_set_errno();
        return CHILD_UNSTARTED;
    }
    enum child_end how = CHILD_UNSTARTED;
    bool started = start(command, out, &process);
    int error = errno;
    CloseHandle(out);
    if (started) {
        how =
            await(process.hProcess, in, cli_now_ms() + limit_ms, buf, size, len, code);
        CloseHandle(process.hThread);
        CloseHandle(process.hProcess);
    }
    CloseHandle(in);
    errno = error;
    return how;
}
