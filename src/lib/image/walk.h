/* SPDX-License-Identifier: MIT */
/* walk.h - how the walks over each format report what they find */
#ifndef KLR_WALK_H
#define KLR_WALK_H

#include "base/detail.h"
#include "image/cursor.h"

/* An offset as *info holds it. */
static inline size_t
klr_clamp(uint64_t offset)
{
    return offset < SIZE_MAX ? (size_t)offset : SIZE_MAX;
}

/* Report damage: no decoder can read the image. Returns false, so that a walk can
   return it. */
static inline bool
klr_damage(klingrec_image_info *info, klr_detail detail, uint64_t where)
{
    info->broken_rules |= KLINGREC_RULE_DAMAGED;
    info->detail = detail;
    info->where = klr_clamp(where);
    return false;
}

/* Report an oddity that not all decoders accept. The first one is kept; damage replaces
   it. */
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
