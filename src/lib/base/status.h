/* SPDX-License-Identifier: MIT */
/* status.h - the status codes as one table */
#ifndef KLR_STATUS_H
#define KLR_STATUS_H

#include <klingrec/klingrec.h>

/* X(code, sentence): names, sentences and tests are generated from this table. */
#define KLR_STATUSES(X)                                                                \
    X(KLINGREC_OK, "success")                                                          \
    X(KLINGREC_PENDING, "nothing has finished yet")                                    \
    X(KLINGREC_IDLE, "nothing has finished and no job remains")                        \
    X(KLINGREC_ERR_ARGUMENT, "an argument or option is invalid")                       \
    X(KLINGREC_ERR_ABI, "a struct's size field is not one this library knows")         \
    X(KLINGREC_ERR_QUEUE_FULL, "the queue is full; poll for results first")            \
    X(KLINGREC_ERR_CANCELED, "the job was canceled")                                   \
    X(KLINGREC_ERR_NOMEM, "out of memory")                                             \
    X(KLINGREC_ERR_SYSTEM, "a system call failed")                                     \
    X(KLINGREC_ERR_FILE, "the image cannot be read")                                   \
    X(KLINGREC_ERR_IMAGE_FORMAT, "the image is neither JPEG nor PNG")                  \
    X(KLINGREC_ERR_IMAGE_DAMAGED, "the image is damaged or incomplete")                \
    X(KLINGREC_ERR_IMAGE_BYTES, "the image has too many bytes")                        \
    X(KLINGREC_ERR_IMAGE_SIDE, "a side of the image has too few pixels")               \
    X(KLINGREC_ERR_IMAGE_ASPECT, "the ratio of the image's sides is too large")        \
    X(KLINGREC_ERR_IMAGE_BASE64, "the text is not valid base64")                       \
    X(KLINGREC_ERR_IMAGE_URL, "the image's URL is not valid")                          \
    X(KLINGREC_ERR_RESOLVE, "the server's name cannot be resolved")                    \
    X(KLINGREC_ERR_CONNECT, "the server cannot be reached")                            \
    X(KLINGREC_ERR_TLS, "no secure connection to the server")                          \
    X(KLINGREC_ERR_TIMEOUT, "the time limit was reached")                              \
    X(KLINGREC_ERR_TRANSFER, "the connection failed during the transfer")              \
    X(KLINGREC_ERR_AUTH, "the service does not accept the key")                        \
    X(KLINGREC_ERR_ACCOUNT, "the account may not do this or has no credit")            \
    X(KLINGREC_ERR_RATE_LIMIT, "the service limits the rate of requests")              \
    X(KLINGREC_ERR_REFUSED, "the service refused this image or request")               \
    X(KLINGREC_ERR_SERVER, "the service failed")                                       \
    X(KLINGREC_ERR_RESPONSE, "the answer is not one of this service")                  \
    X(KLINGREC_ERR_RESPONSE_BYTES, "the answer is too long")

#endif
