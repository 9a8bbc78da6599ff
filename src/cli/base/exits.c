/* SPDX-License-Identifier: MIT */
/* exits.c - the precedence of exit codes, and the code of a status */
#include "base/exits.h"

/* Errors that affect all images come before errors of single images. */
static int
rank(int code)
{
    static const int order[] = {EXIT_GOOD, EXIT_IMAGES, EXIT_TROUBLE, EXIT_CALLS,
                                EXIT_KEY,  EXIT_USAGE,  EXIT_OUTPUT,  EXIT_INTERRUPTED};
    int at = 0;
    while (order[at] != code && order[at] != EXIT_INTERRUPTED)
        at++;
    return at;
}

int
cli_exit_worse(int a, int b)
{
    return rank(a) < rank(b) ? b : a;
}

int
cli_exit_of_status(klingrec_status status)
{
    if (status >= 0)
        return EXIT_GOOD;
    if (status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_ACCOUNT)
        return EXIT_KEY;
    if (status == KLINGREC_ERR_FILE || status == KLINGREC_ERR_REFUSED ||
        status == KLINGREC_ERR_ARGUMENT || status == KLINGREC_ERR_CANCELED)
        return EXIT_IMAGES; /* the cause of the cancel has its own code */
    /* The hundreds digit is the class, also of statuses that later versions add. */
    return status / 100 == -3 ? EXIT_IMAGES : EXIT_TROUBLE;
}
