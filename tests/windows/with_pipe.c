/* SPDX-License-Identifier: MIT */
/* with_pipe.c - run a program whose standard input is a pipe that stays open and
   silent: with_pipe PROGRAM [ARGUMENT...] */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int
main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA start;
    PROCESS_INFORMATION process;
    HANDLE in, out;
    DWORD code = 99;
    char line[4096] = "";
    for (int i = 1; i < argc; i++) {
        strncat(line, i > 1 ? " " : "", sizeof line - strlen(line) - 1);
        strncat(line, argv[i], sizeof line - strlen(line) - 1);
    }
    if (!CreatePipe(&in, &out, &inherited, 0) ||
        !SetHandleInformation(out, HANDLE_FLAG_INHERIT, 0))
        return 98;
    memset(&start, 0, sizeof start);
    start.cb = sizeof start;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = in;
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return 97;
    (void)WaitForSingleObject(process.hProcess, INFINITE);
    (void)GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
