/*
 * retry_after.c - proof: klr_retry_after() and klr_retry_after_ms() over any text
 *
 * For each text of up to BYTES bytes and each time: nothing outside of the text is
 * accessed, no arithmetic overflows, no conversion changes a value, and it ends. A text
 * of digits only never gives more than it says, and the same with each time.
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
    const uint32_t got =
        in_ms ? klr_retry_after_ms(text) : klr_retry_after(text, now_s);

    uint64_t number = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    if (i > 0 && text[i] == '\0')
        PROVE(got <= number * (in_ms ? 1 : 1000));
    return 0;
}
