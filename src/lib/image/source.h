/* source.h - where the image's bytes come from, behind one random-access read */
#ifndef KLR_SOURCE_H
#define KLR_SOURCE_H

#include "base/sum.h"
#include "base/sys.h"

#include <klingrec/klingrec.h>

/*
 * The bytes that were checked are the bytes that are sent. Of a file that has settled
 * (see klr_file_settled()), the time stamps prove it: they are looked at before the
 * last bytes of the request go out. Of another one they prove nothing, so it is read
 * whole while it is checked, and its sum then and its sum while it is sent must be
 * equal. Memory and readers are the host's to keep as they are.
 */
typedef enum klr_watch {
    KLR_WATCH_STAMPS, /* they are enough, or there is no file */
    KLR_WATCH_CHECK,  /* add to the sum what the check reads, and what it steps over */
    KLR_WATCH_SEND    /* compare with that sum what is read from the first byte on */
} klr_watch;

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
    klr_watch watch;        /* what is read is added to sum */
    klr_sum sum;            /* of the bytes read so far, from the first one on */
    uint64_t checked_sum;   /* of the whole file when it was checked */
} klr_source;

/* A request as this library knows it. OK, ERR_ABI, or ERR_ARGUMENT with the detail
   for a source or flag that it does not know. */
klingrec_status klr_request_import(klingrec_request *out,
                                   const klingrec_request *theirs, uint32_t *detail);

/* A reader as this library knows it. OK, ERR_ABI or ERR_ARGUMENT. */
klingrec_status klr_reader_import(klingrec_reader *out, const klingrec_reader *theirs);

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

/* Of a source that is to be sent, before the first read; now as for
   klr_file_settled(). */
void klr_source_watch(klr_source *source, int64_t now_s);
/* When all is checked. ERR_FILE when the rest of the bytes cannot be had. */
klingrec_status klr_source_checked(klr_source *source);
/* The image is read from its first byte on, in order, and each byte once. */
void klr_source_restart(klr_source *source);

/* ERR_FILE when the file is no longer the one that was opened or, at its end, its bytes
   are not those that were checked. */
klingrec_status klr_source_unchanged(klr_source *source);

void klr_source_close(klr_source *source);

#endif
