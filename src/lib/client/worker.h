/* SPDX-License-Identifier: MIT */
/* worker.h - run the engine on the library's thread */
#ifndef KLR_WORKER_H
#define KLR_WORKER_H

#include "client/config.h"

/* OK, or ERR_SYSTEM: there is no thread, or none that can be woken. */
klingrec_status klr_worker_start(klingrec_client *client, const klr_reason *why);

#endif
