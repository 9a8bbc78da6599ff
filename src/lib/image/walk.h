/* walk.h - what image.c and the walks over each format share */
#ifndef KLR_IMAGE_PARTS_H
#define KLR_IMAGE_PARTS_H

#include "base/detail.h"
#include "image/cursor.h"

/* Bytes that must be there to know both formats: the PNG signature's eight. */
enum { KLR_MAGIC_SIZE = 8 };

/*
 * Walk a JPEG or PNG: size, orientation, damage and oddities go to *info. When
 * the image's bytes run out or cannot be read, that is damage too; the cursor's
 * status tells the two apart.
 */
void klr_jpeg_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info);
void klr_png_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info);

/* The parameters of a DQT, DHT, DAC or DRI: KLR_DETAIL_NONE, _JPEG_TABLE, _TRUNCATED.
 */
klr_detail klr_jpeg_table(klr_cursor *cursor, unsigned char marker, uint64_t at,
                          uint32_t len);

/* The TIFF structure in len bytes at offset: its IFD0's orientation, or 1. */
uint32_t klr_exif_orientation(klr_cursor *cursor, uint64_t offset, uint32_t len);

/* KLINGREC_FORMAT_* by content; never JPEG, and PNG only with a damaged signature. */
uint32_t klr_format_detect(klr_cursor *cursor);

/* An offset as *info holds it. */
static inline size_t
klr_clamp(uint64_t offset)
{
    return offset < SIZE_MAX ? (size_t)offset : SIZE_MAX;
}

/* No decoder can use it. False, so that a walk can return it. */
static inline bool
klr_damage(klingrec_image_info *info, klr_detail detail, uint64_t where)
{
    info->broken_rules |= KLINGREC_RULE_DAMAGED;
    info->detail = detail;
    info->where = klr_clamp(where);
    return false;
}

/* Decoders differ about it. The first oddity is kept; damage replaces it. */
static inline void
klr_odd(klingrec_image_info *info, klr_detail detail, uint64_t where)
{
    if (info->edge_rules == 0) {
        info->detail = detail;
        info->where = klr_clamp(where);
    }
    info->edge_rules |= KLINGREC_RULE_FORMAT;
}

static inline bool
klr_truncated(klingrec_image_info *info, const klr_cursor *cursor)
{
    return klr_damage(info, KLR_DETAIL_TRUNCATED, cursor->end);
}

#endif
