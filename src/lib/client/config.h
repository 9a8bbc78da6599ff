/* config.h - is this configuration one that a client can have, and if not, why */
#ifndef KLR_CONFIG_H
#define KLR_CONFIG_H

#include <klingrec/transport.h>

enum { KLR_CONFIG_TEXT_MAX = 4096, KLR_CONFIG_IN_FLIGHT_MAX = 1000 };

/*
 * The caller's configuration with every 0 replaced by its default. OK, ERR_ABI or
 * ERR_ARGUMENT; then why says in one line which field is wrong. The key itself is
 * never part of that line.
 */
klingrec_status klr_config_import(klingrec_config *out, const klingrec_config *theirs,
                                  bool *https, char *why, size_t size);

/* A transport as this library knows it. OK, ERR_ABI or ERR_ARGUMENT. */
klingrec_status klr_transport_import(klingrec_transport *out,
                                     const klingrec_transport *theirs);

#endif
