/* SPDX-License-Identifier: MIT */
/*
 * retry_after.c - proof: klr_retry_after() and klr_retry_after_ms() over any text
 *
 * For each text of up to BYTES bytes and each time: nothing outside of the text is
 * accessed, no arithmetic overflows, no conversion changes a value, and it ends.
 */
#include "base/build.h"

#include "http/retry_after.h"

#include "proof.h"

int
main(void)
{
    char text[BYTES + 1];
    int64_t now_s;
    bool in_ms;
    text[BYTES] = '\0';
    if (in_ms)
        (void)klr_retry_after_ms(text);
    else
        (void)klr_retry_after(text, now_s);
    return 0;
}
