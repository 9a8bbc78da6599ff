/* SPDX-License-Identifier: MIT */
/* source.h - the source of the image's bytes, with one random-access read */
#ifndef KLR_SOURCE_H
#define KLR_SOURCE_H

#include "base/sum.h"
#include "base/sys.h"

#include <klingrec/klingrec.h>

/*
 * The bytes that are sent must be the bytes that were checked. For a file that has
 * settled (see klr_file_settled()) the time stamps prove this; they are compared before
 * the last bytes of the request are sent. For another file they do not, so the check
 * reads the whole file, and its checksum must equal that of the bytes sent. The host
 * must not change memory or the bytes of a reader.
 */
typedef enum klr_watch {
    KLR_WATCH_STAMPS, /* time stamps are sufficient, or no file is open */
    KLR_WATCH_CHECK,  /* add all bytes to the sum, also those that the check skips */
    KLR_WATCH_SEND    /* sum the bytes that are sent, to compare the two */
} klr_watch;

/*
 * An open source: memory, file, base64 text, reader, or a URL, which has no image
 * bytes. What the request points to is borrowed.
 */
typedef struct klr_source {
    uint32_t from;              /* KLINGREC_FROM_* */
    uint32_t detail;            /* a klr_detail: why the last call failed */
    int32_t system_error;       /* and the system's, or 0 */
    uint64_t length;            /* of the image in bytes; of the text for a URL */
    const unsigned char *bytes; /* the whole image when it is in memory, else NULL; then
                                   no file is open */
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

/* Copy the caller's request. OK, ERR_ABI, or ERR_ARGUMENT with the detail for an
   unknown source or flag. */
klingrec_status klr_request_import(klingrec_request *out,
                                   const klingrec_request *theirs, uint32_t *detail);

/* Copy the caller's reader. OK, ERR_ABI or ERR_ARGUMENT. */
klingrec_status klr_reader_import(klingrec_reader *out, const klingrec_reader *theirs);

/*
 * OK, ERR_ARGUMENT, ERR_ABI, ERR_FILE, ERR_IMAGE_BASE64 or ERR_IMAGE_URL. On
 * failure nothing is open and info says why: detail, where, system_error.
 */
klingrec_status klr_source_open(klr_source *source, const klingrec_request *request,
                                klingrec_image_info *info);

/*
 * Up to len bytes at offset into buf; *got is less than len only at the end. Not for a
 * URL. ERR_FILE when the bytes cannot be read, with detail set in the source.
 */
klingrec_status klr_source_read(klr_source *source, uint64_t offset, void *buf,
                                size_t len, size_t *got);

/* For a source that will be sent, before the first read; now_s as for
   klr_file_settled(). */
void klr_source_watch(klr_source *source, int64_t now_s);
/* The most bytes of a file that is read at once: it takes fewer calls of the system,
   and what happens to the file afterwards does not matter. */
enum { KLR_LOAD_MAX = 128 * 1024 };
/* Whether klr_source_load() may be called: a file of at most KLR_LOAD_MAX bytes that
   has settled. After klr_source_watch(). */
bool klr_source_is_loadable(const klr_source *source);
/* Read the file into memory, which is borrowed, and close it. ERR_FILE when it cannot
   be read or changed meanwhile. */
klingrec_status klr_source_load(klr_source *source, unsigned char *memory);
/* Call it after the check: reads what the check skipped, if the sum needs it. ERR_FILE
   when those bytes cannot be read. */
klingrec_status klr_source_finish_check(klr_source *source);
/* Call it before the image is sent: in order from its first byte, each byte once. */
void klr_source_restart(klr_source *source);

/* ERR_FILE when the file has changed since it was opened or, after all bytes were read,
   when they are not the bytes that were checked. */
klingrec_status klr_source_verify(klr_source *source);

void klr_source_close(klr_source *source);

#endif
