/* log.h - one line at a time to the host's own log */
#ifndef KLR_LOG_H
#define KLR_LOG_H

#include <klingrec/klingrec.h>

typedef struct klr_log {
    klingrec_log_fn fn; /* NULL: silence */
    void *user;
    uint32_t level;
} klr_log;

/*
 * What may stand in a line is named by its callers: statuses, numbers, times, a
 * host's name, the service's message and request id. Never a header, a URL's
 * query, an image, or libcurl's own debug text, which can contain the key.
 */
void klr_log_write(const klr_log *log, uint32_t level, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
