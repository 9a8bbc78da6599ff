/* SPDX-License-Identifier: MIT */
/*
 * response_head.c - proof: klr_head_line() over any line, in any state
 *
 * For each line of up to BYTES bytes, with or without line end and NUL, and each state
 * that earlier lines can leave: nothing outside of the line is accessed, no arithmetic
 * overflows, and it ends. The exchange gets a status from 100 to 999, and text that
 * ends.
 */
#include "base/build.h"

#include "proof.h"

#include "http/response_head.c"

/* What it gets is text. */
static void
is_text(const char *text)
{
    PROVE(__CPROVER_r_ok(text, strlen(text) + 1));
}

void
klingrec_exchange_set_http_status(klingrec_exchange *x, int status)
{
    (void)x;
    PROVE(status >= 100 && status <= 999);
}

void
klingrec_exchange_set_header(klingrec_exchange *x, const char *name, const char *value)
{
    (void)x;
    is_text(name);
    is_text(value);
}

int
main(void)
{
    klr_head head;
    char line[BYTES];
    size_t len;
    ASSUME(head.bytes <= KLR_HEAD_MAX && len <= BYTES);
    (void)klr_head_line(&head, line + (BYTES - len), len);
    return 0;
}
