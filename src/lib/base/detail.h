/* SPDX-License-Identifier: MIT */
/* detail.h - what exactly is wrong or unusual with an image, as one table */
#ifndef KLR_DETAIL_H
#define KLR_DETAIL_H

#include <klingrec/klingrec.h>

/* What a detail is about; explain.c puts a phrase for it before the sentence. */
typedef enum klr_detail_class {
    KLR_CLASS_NONE,
    KLR_CLASS_REQUEST, /* the call is wrong */
    KLR_CLASS_FILE,    /* the bytes cannot be read */
    KLR_CLASS_BASE64,
    KLR_CLASS_URL,
    KLR_CLASS_DAMAGE, /* RULE_DAMAGED is broken */
    KLR_CLASS_ODD     /* RULE_FORMAT is a borderline case */
} klr_detail_class;

/*
 * X(class, name, sentence): the values of klingrec_image_info.detail. Sentences have
 * no full stop; klingrec_image_explain() adds the numbers around them.
 */
#define KLR_DETAILS(X)                                                                 \
    X(NONE, NONE, "")                                                                  \
    X(REQUEST, FROM, "the request's from is not one of KLINGREC_FROM_*")               \
    X(REQUEST, NO_DATA, "the request's data or its reader's read_at is NULL")          \
    X(REQUEST, FLAGS, "the request has unknown flags, or reserved is not 0")           \
    X(FILE, NOT_BUILT, "this library is built without files")                          \
    X(FILE, NOT_FOUND, "there is no such file")                                        \
    X(FILE, DIRECTORY, "it is a directory")                                            \
    X(FILE, NOT_REGULAR, "it is a pipe, socket or device, not a regular file")         \
    X(FILE, UNREADABLE, "it cannot be read")                                           \
    X(FILE, SHORT_READ, "it ended before its stated length")                           \
    X(FILE, CHANGED, "it changed while it was being read")                             \
    X(FILE, READER_FAILED, "its reader failed")                                        \
    X(BASE64, BASE64_CHAR, "a character that is not base64")                           \
    X(BASE64, BASE64_LENGTH, "the text ends inside a group of four characters")        \
    X(BASE64, BASE64_PADDING, "the padding is wrong")                                  \
    X(BASE64, BASE64_PREFIX, "a data: prefix that does not end in ;base64,")           \
    X(URL, URL_SCHEME, "a URL starts with http:// or https://")                        \
    X(URL, URL_DATA, "a data: URI is not fetched; pass it as base64")                  \
    X(URL, URL_HOST, "the URL names no valid host")                                    \
    X(URL, URL_USER, "the URL contains a user name or password")                       \
    X(URL, URL_PORT, "the URL's port is not a number from 1 to 65535")                 \
    X(URL, URL_CHAR, "a character that a URL may not contain; percent-encode it")      \
    X(URL, URL_LENGTH, "the URL is too long")                                          \
    X(DAMAGE, TRUNCATED, "it is truncated")                                            \
    X(DAMAGE, JPEG_GARBAGE_LIMIT, "too much garbage between its segments")             \
    X(DAMAGE, JPEG_MARKER, "a marker that JPEG does not use")                          \
    X(DAMAGE, JPEG_SECOND_SOI, "a second image begins inside it")                      \
    X(DAMAGE, JPEG_SECOND_FRAME, "a second frame header")                              \
    X(DAMAGE, JPEG_NO_FRAME, "a scan without a frame header before it")                \
    X(DAMAGE, JPEG_NO_SCAN, "it ends without a scan")                                  \
    X(DAMAGE, JPEG_FRAME, "the frame header is invalid")                               \
    X(DAMAGE, JPEG_UNSUPPORTED, "a kind of JPEG that decoders do not support")         \
    X(DAMAGE, JPEG_SCAN, "the scan header is invalid")                                 \
    X(DAMAGE, JPEG_TABLE, "a table has an invalid length or index")                    \
    X(DAMAGE, JPEG_NO_HEIGHT, "the height is 0 and there is no DNL segment with it")   \
    X(DAMAGE, PNG_TEXT_MODE,                                                           \
      "the PNG signature was changed by a transfer in text mode")                      \
    X(DAMAGE, PNG_APPLE,                                                               \
      "an Apple-optimised PNG, which others cannot read; re-save it")                  \
    X(DAMAGE, PNG_IHDR, "the IHDR chunk is missing or invalid")                        \
    X(DAMAGE, PNG_IHDR_CRC, "the IHDR chunk has a wrong checksum")                     \
    X(DAMAGE, PNG_CHUNK_LENGTH, "a chunk longer than PNG allows")                      \
    X(DAMAGE, PNG_CHUNK_TYPE, "a chunk whose type is not four letters")                \
    X(DAMAGE, PNG_CHUNK_CRITICAL, "an unknown critical chunk")                         \
    X(DAMAGE, PNG_SECOND_IHDR, "a second IHDR chunk")                                  \
    X(DAMAGE, PNG_PLTE, "the PLTE chunk is invalid")                                   \
    X(DAMAGE, PNG_PLTE_CRC, "the PLTE chunk has a wrong checksum")                     \
    X(DAMAGE, PNG_NO_PLTE, "a palette image without a PLTE chunk")                     \
    X(DAMAGE, PNG_NO_IDAT, "it ends without an IDAT chunk")                            \
    X(ODD, JPEG_LOSSLESS, "lossless JPEG")                                             \
    X(ODD, JPEG_PRECISION, "JPEG with more than 8 bits per sample")                    \
    X(ODD, JPEG_ARITHMETIC, "JPEG with arithmetic coding")                             \
    X(ODD, JPEG_CMYK, "JPEG in CMYK or YCCK")                                          \
    X(ODD, JPEG_COMPONENTS, "JPEG with an unusual number of components")               \
    X(ODD, JPEG_SIDE, "JPEG with a side over 65500")                                   \
    X(ODD, JPEG_GARBAGE, "garbage between the segments")                               \
    X(ODD, JPEG_DNL, "the height comes after the first scan")                          \
    X(ODD, PNG_ANIMATED, "animated PNG")                                               \
    X(ODD, PNG_SIDE, "PNG with a side over 1000000")

typedef enum klr_detail {
#define KLR_DETAIL_VALUE(class, name, sentence) KLR_DETAIL_##name,
    KLR_DETAILS(KLR_DETAIL_VALUE)
#undef KLR_DETAIL_VALUE
} klr_detail;

/* For an unknown number: "unknown detail" and KLR_CLASS_NONE. */
const char *klr_detail_string(uint32_t detail);
klr_detail_class klr_detail_class_of(uint32_t detail);

#endif
