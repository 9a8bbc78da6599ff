/* SPDX-License-Identifier: MIT */
/*
 * text.c - proof: the functions of text.c and kind.c over any text
 *
 * For each text of up to BYTES bytes: nothing outside of the text and the buffer is
 * accessed, and it ends. A sanitized text has no control character of ASCII; a copy
 * fits.
 */
#include "base/build.h"

#include "answer/kind.h"
#include "base/text.h"
#include "proof.h"

#include <klingrec/klingrec.h>

int
main(void)
{
    char text[BYTES + 1], other[BYTES + 1], copy[BYTES + 1], line[BYTES];
    size_t len, size, i;
    ASSUME(len <= BYTES && size <= sizeof copy);
    text[BYTES] = other[BYTES] = '\0';

    PROVE(klr_text_equal(text, text));
    (void)klr_text_equal(text, other);
    (void)klr_text_begins(line + (BYTES - len), len, other);
    (void)klr_kind_of_region(text);
    (void)klingrec_kinds_from_names(text);

    /* The buffer ends where the copy may end. */
    size_t copied = klr_text_copy(copy + (sizeof copy - size), size, text);
    PROVE(copied == 0 || copied < size);
    klr_text_sanitize(line + (BYTES - len), len);
    ASSUME(i < len);
    unsigned char c = (unsigned char)line[BYTES - len + i];
    PROVE(c >= ' ' && c != 0x7F);
    return 0;
}
