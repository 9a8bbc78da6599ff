/* abi.h - accept public structs from older and newer callers */
#ifndef KLR_ABI_H
#define KLR_ABI_H

#include <klingrec/klingrec.h>

enum { KLR_SANE_SIZE = 4096 }; /* past this it is an uninitialised size field */

/*
 * Copy a sized struct from the caller into the form this library knows.
 *
 * Fields the caller has never heard of become 0, which is every field's
 * default. Bytes that only a newer header knows must be 0: a request this
 * library cannot honour is refused, never half-obeyed.
 *
 * first is the offset of the first optional field: a smaller size is garbage.
 */
klingrec_status klr_abi_import_resized(void *known, size_t known_size, size_t first,
                                       const void *theirs);

static inline klingrec_status
klr_abi_import(void *known, size_t known_size, size_t first, const void *theirs)
{
    size_t size;
    memcpy(&size, theirs, sizeof size);
    if (size != known_size)
        return klr_abi_import_resized(known, known_size, first, theirs);
    memcpy(known, theirs, known_size); /* a constant here: a few moves */
    return KLINGREC_OK;
}

#endif
