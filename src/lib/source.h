/* source.h - where the image's bytes come from, behind one random-access read */
#ifndef KLR_SOURCE_H
#define KLR_SOURCE_H

#include "sys.h"

#include <klingrec/klingrec.h>

/*
 * An open source: memory, file, base64 text, reader, or a URL, which has no bytes
 * here. It borrows what the request points to.
 */
typedef struct klr_source {
    uint32_t from;              /* KLINGREC_FROM_* */
    uint32_t detail;            /* why the last call failed: klr_detail */
    int32_t system_error;       /* and its errno, or 0 */
    uint64_t length;            /* of the image in bytes; of the text for a URL */
    const unsigned char *bytes; /* the whole image when it is in memory, else NULL */
    const char *text;           /* the URL, or base64 without its prefix */
    size_t text_len;
    /* base64 with white space in it: text[text_at] starts the group at image byte
       group_at. It only moves forward unless a read asks for earlier bytes. */
    size_t text_at;
    uint64_t group_at;
    bool text_has_space;
    klingrec_reader reader; /* of FROM_READER only */
    klr_file file;          /* of FROM_FILE only */
} klr_source;

/* A request as this library knows it. OK, ERR_ABI, or ERR_ARGUMENT with the detail
   for a source or flag that it does not know. */
klingrec_status klr_request_take(klingrec_request *taken,
                                 const klingrec_request *theirs, uint32_t *detail);

/* A reader as this library knows it. OK, ERR_ABI or ERR_ARGUMENT. */
klingrec_status klr_reader_take(klingrec_reader *taken, const klingrec_reader *theirs);

/*
 * OK, ERR_ARGUMENT, ERR_ABI, ERR_FILE, ERR_IMAGE_BASE64 or ERR_IMAGE_URL. On
 * failure nothing is open and info says why: detail, where, system_error.
 */
klingrec_status klr_source_open(klr_source *source, const klingrec_request *request,
                                klingrec_image_info *info);

/*
 * Up to len bytes at offset into buf; *got is less than len only at the end.
 * ERR_FILE when the bytes cannot be had, with detail set in the source.
 */
klingrec_status klr_source_read(klr_source *source, uint64_t offset, void *buf,
                                size_t len, size_t *got);

/* ERR_FILE when the file is no longer the one that was opened. */
klingrec_status klr_source_unchanged(klr_source *source);

void klr_source_close(klr_source *source);

#endif
