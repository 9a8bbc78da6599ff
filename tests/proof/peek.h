/* SPDX-License-Identifier: MIT */
/*
 * peek.h - the contract of klr_peek() for the proofs of what walks over an image
 *
 * cursor.c proves the contract: n bytes or NULL, and NULL when the image ends before
 * that. The bytes are any, at each call others, as in a file that is written over. They
 * are the first or the last of an object, so that no byte beside them is accessible.
 *
 * A loop is proved for any number of rounds by one round from any state. Where the loop
 * looks at its next bytes, and only there, it is at its head. At the head for the first
 * time its variables become any values that satisfy what must be true there. At the
 * head for the second time this must be true again, and the variable that makes the
 * loop end must have changed; nothing after that is new.
 */
#ifndef PROOF_PEEK_H
#define PROOF_PEEK_H

#include "image/cursor.h"

#include "proof.h"

static const unsigned char *
any_bytes(const klr_cursor *cursor, uint64_t offset, size_t n)
{
    static unsigned char bytes[KLR_PEEK_MAX];
    bool fails, at_the_end;
    PROVE(n <= sizeof bytes);
    __CPROVER_havoc_object(bytes);
    if (fails || n > cursor->end || offset > cursor->end - n)
        return NULL;
    return at_the_end ? bytes + (sizeof bytes - n) : bytes;
}

#endif
