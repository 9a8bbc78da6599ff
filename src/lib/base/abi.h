/* SPDX-License-Identifier: MIT */
/* abi.h - accept public structs from older and newer callers */
#ifndef KLR_ABI_H
#define KLR_ABI_H

#include <klingrec/transport.h>

enum { KLR_SANE_SIZE = 4096 }; /* a larger size field is uninitialised memory */

/* The smallest size of each struct: up to the last field that must be there. */
enum {
    KLR_CONFIG_FIRST = offsetof(klingrec_config, user_agent),
    KLR_REQUEST_FIRST = offsetof(klingrec_request, deadline_ms),
    KLR_READER_FIRST = offsetof(klingrec_reader, length) + sizeof(size_t),
    KLR_LIMITS_FIRST = offsetof(klingrec_limits, max_bytes),
    KLR_IMAGE_INFO_FIRST = offsetof(klingrec_image_info, bytes),
    KLR_BATCH_FIRST = offsetof(klingrec_batch, user) + sizeof(void *),
    KLR_TRANSPORT_FIRST = offsetof(klingrec_transport, close) + sizeof(void (*)(void)),
    KLR_STATS_FIRST = offsetof(klingrec_stats, succeeded),
};

/*
 * Copy a struct with a size field from the caller into this library's version of it.
 *
 * Fields that the caller's version does not have become 0, which is the default of
 * every field. Bytes after the end of this library's version must be 0: an
 * option that it does not know is refused, not ignored. OK or ERR_ABI.
 *
 * first is one of KLR_*_FIRST; a smaller size is invalid.
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
