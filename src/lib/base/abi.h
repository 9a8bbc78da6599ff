/* abi.h - accept public structs from older and newer callers */
#ifndef KLR_ABI_H
#define KLR_ABI_H

#include <klingrec/klingrec.h>

enum { KLR_SANE_SIZE = 4096 }; /* a larger size field is uninitialised memory */

/*
 * Copy a struct with a size field from the caller into this library's version of it.
 *
 * Fields that the caller's version does not have become 0, which is the default of
 * every field. Bytes behind this library's version must be 0: an option that it does
 * not know is refused, not ignored. OK or ERR_ABI.
 *
 * first is the offset of the first optional field; a smaller size is invalid.
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
    memcpy(known, theirs, known_size); /* the compiler knows this size */
    return KLINGREC_OK;
}

#endif
