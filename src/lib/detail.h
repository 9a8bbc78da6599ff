/* detail.h - what exactly is wrong or odd with an image, as one table */
#ifndef KLR_DETAIL_H
#define KLR_DETAIL_H

#include <klingrec/klingrec.h>

/*
 * X(name, sentence): the values of klingrec_image_info.detail. Sentences have no
 * full stop; klingrec_image_explain() adds the numbers around them.
 */
#define KLR_DETAILS(X)                                                                 \
    X(NONE, "")                                                                        \
    /* the source cannot be read or is not what it says: source.c */                   \
    X(FROM, "the request's from is none of KLINGREC_FROM_*")                           \
    X(NO_DATA, "the request's data is NULL")                                           \
    X(NOT_FOUND, "there is no such file")                                              \
    X(DIRECTORY, "it is a directory")                                                  \
    X(NOT_REGULAR, "it is a pipe, socket or device, not a regular file")               \
    X(UNREADABLE, "it cannot be read")                                                 \
    X(SHORT_READ, "it ended before its own length")                                    \
    X(CHANGED, "it changed while it was being read")                                   \
    X(READER_FAILED, "its reader failed")                                              \
    X(BASE64_CHAR, "a character that base64 does not have")                            \
    X(BASE64_LENGTH, "the text ends inside a group of four characters")                \
    X(BASE64_PADDING, "the padding is wrong")                                          \
    X(BASE64_PREFIX, "a data: prefix that does not end in ;base64,")                   \
    X(URL_SCHEME, "a URL starts with http:// or https://")                             \
    X(URL_DATA, "a data: URI is not fetched; pass it as base64")                       \
    X(URL_HOST, "the URL names no host")                                               \
    X(URL_USER, "the URL contains a user name or password")                            \
    X(URL_PORT, "the URL's port is not a number from 1 to 65535")                      \
    X(URL_CHAR, "a character that a URL may not contain; percent-encode it")           \
    X(URL_LENGTH, "the URL is too long")

typedef enum klr_detail {
#define KLR_DETAIL_VALUE(name, sentence) KLR_DETAIL_##name,
    KLR_DETAILS(KLR_DETAIL_VALUE)
#undef KLR_DETAIL_VALUE
} klr_detail;

const char *klr_detail_string(uint32_t detail);

#endif
