/* SPDX-License-Identifier: MIT */
/* exits.h - the exit codes as one table */
#ifndef CLI_EXITS_H
#define CLI_EXITS_H

#include <klingrec/klingrec.h>

/* X(name, code, meaning): for the program and for its help. */
#define EXITS(X)                                                                       \
    X(EXIT_GOOD, 0, "every image was recognised, qualifies, or is acceptable")         \
    X(EXIT_IMAGES, 1, "some images failed, are not acceptable or do not qualify")      \
    X(EXIT_USAGE, 2, "the command line is wrong; nothing was done")                    \
    X(EXIT_KEY, 3, "no key, or the service refused the key or the account")            \
    X(EXIT_TROUBLE, 4, "an error of the network, the service or this machine")         \
    X(EXIT_OUTPUT, 5, "the output could not be written")                               \
    X(EXIT_CALLS, 6, "--max-calls was reached before the last image")                  \
    X(EXIT_INTERRUPTED, 130, "interrupted by a signal")

/* For the help and the manual page: cli_exit_worse(). */
#define EXITS_ORDER "If several apply, the first of 130, 5, 3, 6, 4 and 1 is used."

enum exits {
#define EXITS_VALUE(name, code, meaning) name = code,
    EXITS(EXITS_VALUE)
#undef EXITS_VALUE
};

/* The one of two codes with the higher precedence: 130, 5, 2, 3, 6, 4, 1, 0. */
int cli_exit_worse(int a, int b);

/* The exit code for the status of one image. */
int cli_exit_of_status(klingrec_status status);

#endif
