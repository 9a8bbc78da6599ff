/* SPDX-License-Identifier: MIT */
/* config.h - check a configuration, and say what is wrong with it */
#ifndef KLR_CONFIG_H
#define KLR_CONFIG_H

#include "base/text.h"

#include <klingrec/transport.h>

enum {
    KLR_CONFIG_TEXT_MAX = 4096,
    KLR_CONFIG_CA_MAX = 4 * 1024 * 1024, /* libcurl takes 8 MB */
    KLR_CONFIG_IN_FLIGHT_MAX = 1000
};

/* The buffer for one line that says why there is no client. size is not 0. */
typedef struct klr_reason {
    char *text;
    size_t size;
} klr_reason;

/* Write the reason like printf; returns status. */
klingrec_status klr_refuse(const klr_reason *why, klingrec_status status,
                           const char *format, ...) KLR_PRINTF(3, 4);

/*
 * The caller's configuration with every 0 replaced by its default. OK, ERR_ABI or
 * ERR_ARGUMENT; then the reason begins with the field that is wrong. The key itself is
 * never part of it.
 */
klingrec_status klr_config_import(klingrec_config *taken, const klingrec_config *theirs,
                                  bool *https, const klr_reason *why);

/* A transport as this library knows it. OK, ERR_ABI or ERR_ARGUMENT. */
klingrec_status klr_transport_import(klingrec_transport *out,
                                     const klingrec_transport *theirs);

#endif
