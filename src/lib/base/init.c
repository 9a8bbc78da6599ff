/* SPDX-License-Identifier: MIT */
/* init.c - zeroed and sized structs for languages that have no inline functions */
#include "base/build.h"

#include "base/abi.h"

#include <klingrec/transport.h>

/* Indexed by KLINGREC_STRUCT_*. */
static const struct {
    size_t size;
    size_t first; /* the smallest size that klr_abi_import() accepts */
} structs[] = {
    [KLINGREC_STRUCT_CONFIG] = {sizeof(klingrec_config), KLR_CONFIG_FIRST},
    [KLINGREC_STRUCT_REQUEST] = {sizeof(klingrec_request), KLR_REQUEST_FIRST},
    [KLINGREC_STRUCT_READER] = {sizeof(klingrec_reader), KLR_READER_FIRST},
    [KLINGREC_STRUCT_LIMITS] = {sizeof(klingrec_limits), KLR_LIMITS_FIRST},
    [KLINGREC_STRUCT_IMAGE_INFO] = {sizeof(klingrec_image_info), KLR_IMAGE_INFO_FIRST},
    [KLINGREC_STRUCT_BATCH] = {sizeof(klingrec_batch), KLR_BATCH_FIRST},
    [KLINGREC_STRUCT_TRANSPORT] = {sizeof(klingrec_transport), KLR_TRANSPORT_FIRST},
    [KLINGREC_STRUCT_STATS] = {sizeof(klingrec_stats), KLR_STATS_FIRST},
};

size_t
klingrec_struct_size(uint32_t id)
{
    return id < sizeof structs / sizeof structs[0] ? structs[id].size : 0;
}

static klingrec_status
init(void *theirs, size_t size, uint32_t id)
{
    if (theirs == NULL)
        return KLINGREC_ERR_ARGUMENT;
    if (size < structs[id].first || size > KLR_SANE_SIZE)
        return KLINGREC_ERR_ABI;
    memset(theirs, 0, size);
    memcpy(theirs, &size, sizeof size); /* size is every struct's first */
    return KLINGREC_OK;
}

#define DEFINE_INIT(type, id)                                                          \
    klingrec_status type##_init(type *value, size_t size)                              \
    {                                                                                  \
        return init(value, size, id);                                                  \
    }
DEFINE_INIT(klingrec_config, KLINGREC_STRUCT_CONFIG)
DEFINE_INIT(klingrec_request, KLINGREC_STRUCT_REQUEST)
DEFINE_INIT(klingrec_reader, KLINGREC_STRUCT_READER)
DEFINE_INIT(klingrec_limits, KLINGREC_STRUCT_LIMITS)
DEFINE_INIT(klingrec_image_info, KLINGREC_STRUCT_IMAGE_INFO)
DEFINE_INIT(klingrec_batch, KLINGREC_STRUCT_BATCH)
DEFINE_INIT(klingrec_transport, KLINGREC_STRUCT_TRANSPORT)
DEFINE_INIT(klingrec_stats, KLINGREC_STRUCT_STATS)

/* The fields up to `from` are in every size that init() accepts. */
static klingrec_status
init_request(klingrec_request *request, size_t size, uint32_t from, const void *data,
             size_t len)
{
    klingrec_status status = klingrec_request_init(request, size);
    if (status != KLINGREC_OK)
        return status;
    request->from = from;
    request->data = data;
    request->len = len;
    return KLINGREC_OK;
}

klingrec_status
klingrec_request_init_bytes(klingrec_request *request, size_t size, const void *data,
                            size_t len)
{
    return init_request(request, size, KLINGREC_FROM_BYTES, data, len);
}

klingrec_status
klingrec_request_init_file(klingrec_request *request, size_t size, const char *path)
{
    return init_request(request, size, KLINGREC_FROM_FILE, path, 0);
}

klingrec_status
klingrec_request_init_url(klingrec_request *request, size_t size, const char *url)
{
    return init_request(request, size, KLINGREC_FROM_URL, url, 0);
}

klingrec_status
klingrec_request_init_base64(klingrec_request *request, size_t size, const char *text,
                             size_t len)
{
    return init_request(request, size, KLINGREC_FROM_BASE64, text, len);
}

klingrec_status
klingrec_request_init_reader(klingrec_request *request, size_t size,
                             const klingrec_reader *reader)
{
    return init_request(request, size, KLINGREC_FROM_READER, reader, 0);
}
