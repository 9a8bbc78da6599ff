/* SPDX-License-Identifier: MIT */
/* abi.c - accept public structs from older and newer callers */
#include "base/build.h"

#include "base/abi.h"

klingrec_status
klr_abi_import_resized(void *known, size_t known_size, size_t first, const void *theirs)
{
    const unsigned char *bytes = theirs;
    size_t size;

    memcpy(&size, theirs, sizeof size);
    if (size < first || size > KLR_SANE_SIZE)
        return KLINGREC_ERR_ABI;

    for (size_t i = known_size; i < size; i++)
        if (bytes[i] != 0)
            return KLINGREC_ERR_ABI;

    memset(known, 0, known_size);
    memcpy(known, theirs, size < known_size ? size : known_size);
    memcpy(known, &known_size, sizeof known_size); /* size is every struct's first */
    return KLINGREC_OK;
}
