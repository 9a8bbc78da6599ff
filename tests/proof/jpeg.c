/* SPDX-License-Identifier: MIT */
/*
 * jpeg.c - proof: klr_jpeg_walk() over any bytes, for images of any length
 *
 * It accesses only what klr_peek() and klr_run() give, its arithmetic does not
 * overflow, and it ends: each round of each loop steps over at least one byte. No side
 * is above the 65535 of JPEG, and the orientation is 1 to 8. See peek.h for how.
 */
#include "base/build.h"

#include "image/jpeg.h"

#include "exif_contract.h"
#include "image/exif.h"
#include "image/jpeg_tables.h"
#include "peek.h"

struct jpeg;
static const unsigned char *peek(struct jpeg *j, const char *function, uint64_t offset,
                                 size_t n);
static const unsigned char *any_run(struct jpeg *j, size_t least, size_t *n);
static void *find_ff(const unsigned char *at, size_t n);

#define klr_peek(cursor, offset, n)       peek(j, __func__, offset, n)
#define klr_run(cursor, offset, least, n) any_run(j, least, n)
#define memchr(at, c, n)                  find_ff(at, n)
#include "image/jpeg.c"
#undef klr_peek
#undef klr_run
#undef memchr

/* What jpeg_tables.c proves. */
klr_detail
klr_jpeg_table(klr_cursor *cursor, unsigned char marker, uint64_t at, uint32_t len)
{
    klr_detail found;
    PROVE(at <= cursor->end && len <= 65533);
    ASSUME(found == KLR_DETAIL_NONE || found == KLR_DETAIL_JPEG_TABLE ||
           found == KLR_DETAIL_TRUNCATED);
    return found;
}

void
klr_cursor_read_ahead(klr_cursor *cursor)
{
    (void)cursor;
}

static bool
is_valid(const jpeg *j)
{
    const klingrec_image_info *info = j->info;
    return j->at >= 2 && j->at <= j->cursor->end + 65535 &&
           j->components <= MAX_COMPONENTS && j->garbage <= MAX_GARBAGE &&
           info->width <= 65535 && info->height <= 65535 && info->orientation >= 1 &&
           info->orientation <= 8;
}

/* The loops of next_marker() and walk_header() have the same head, and so have those of
   next_scan_marker() and walk_scans(). */
static void
at_head(jpeg *j, bool *second, uint64_t *before)
{
    jpeg any;
    klingrec_image_info any_info;
    PROVE(is_valid(j));
    PROVE(!*second || j->at > *before);
    ASSUME(!*second);
    *second = true;
    any.cursor = j->cursor;
    any.info = j->info;
    *j = any;
    *j->info = any_info;
    ASSUME(is_valid(j));
    *before = j->at;
}

static const unsigned char *
peek(jpeg *j, const char *function, uint64_t offset, size_t n)
{
    static bool second;
    static uint64_t before;
    if (strcmp(function, "next_marker") == 0) {
        at_head(j, &second, &before);
        offset = j->at;
    }
    return any_bytes(j->cursor, offset, n);
}

static const unsigned char *found_in, *found_at; /* the run, and an FF in it */
static size_t found_len;

static const unsigned char *
any_run(jpeg *j, size_t least, size_t *n)
{
    static bool second;
    static uint64_t before;
    size_t any;
    at_head(j, &second, &before);
    ASSUME(any >= least && any <= MEMORY_MAX);
    bool ends = any > j->cursor->end || j->at > j->cursor->end - any;
    found_in = ends ? NULL : malloc(any);
    found_at = NULL;
    found_len = *n = found_in != NULL ? any : 0;
    return found_in;
}

/*
 * memchr() for FF in the rest of a run. The first result is any FF of the whole run, so
 * it is also any of the later ones.
 */
static void *
find_ff(const unsigned char *at, size_t n)
{
    size_t i;
    bool none;
    PROVE(at >= found_in && at + n == found_in + found_len);
    PROVE(found_at == NULL || at > found_at);
    ASSUME(found_at == NULL);
    if (none)
        return NULL;
    ASSUME(i < n && at[i] == 0xFF);
    found_at = at + i;
    return (void *)found_at;
}

int
main(void)
{
    klr_cursor cursor;
    klingrec_image_info info;
    bool header_only;
    ASSUME(cursor.end <= IMAGE_MAX);
    info.width = info.height = 0;
    info.orientation = 1;
    klr_jpeg_walk(&cursor, header_only, &info);
    PROVE(info.width <= 65535 && info.height <= 65535);
    PROVE(info.orientation >= 1 && info.orientation <= 8);
    return 0;
}
