/* SPDX-License-Identifier: MIT */
/* exif_contract.h - klr_exif_orientation() for the proofs of its callers: what exif.c
   proves */
#ifndef PROOF_EXIF_CONTRACT_H
#define PROOF_EXIF_CONTRACT_H

#include "image/exif.h"

#include "proof.h"

uint32_t
klr_exif_orientation(klr_cursor *cursor, uint64_t offset, uint32_t len)
{
    uint32_t orientation;
    PROVE(offset > 0 && offset <= cursor->end);
    ASSUME(orientation >= 1 && orientation <= 8);
    return orientation;
}

#endif
