/* SPDX-License-Identifier: MIT */
/* log.h - one line at a time to the host's log callback */
#ifndef KLR_LOG_H
#define KLR_LOG_H

#include "base/text.h"

#include <klingrec/klingrec.h>

typedef struct klr_log {
    klingrec_log_fn fn; /* NULL: nothing is logged */
    void *user;
    uint32_t level;
} klr_log;

/*
 * A line may contain statuses, numbers, times, a host's name, and the service's message
 * and request id. It must never contain a header, a URL's query, an image, or libcurl's
 * debug text, because these can contain the key.
 */
void klr_log_write(const klr_log *log, uint32_t level, const char *format, ...)
    KLR_PRINTF(3, 4);

#endif
