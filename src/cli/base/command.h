/* SPDX-License-Identifier: MIT */
/* command.h - runs a command of the shell for its output */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>

enum child_end {
    CHILD_DONE,        /* with exit code 0 */
    CHILD_FAILED,      /* with another exit code, or by a signal */
    CHILD_LATE,        /* it was killed at its time limit */
    CHILD_INTERRUPTED, /* the same, by a signal to this program */
    CHILD_UNSTARTED    /* errno says why */
};

/*
 * Reads up to size bytes of standard output; no other copy of them is made. Then, or
 * when the command ends, no more is read. The command gets an empty standard input,
 * this program's standard error, environment and terminal, and no files that it has
 * open. *code: the exit code.
 */
enum child_end cli_command_run(const char *command, int limit_ms, char *buf,
                               size_t size, size_t *len, int *code);

#endif
