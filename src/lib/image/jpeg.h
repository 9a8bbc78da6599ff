/* SPDX-License-Identifier: MIT */
/* jpeg.h - walk over a JPEG (ITU-T T.81) without decoding it */
#ifndef KLR_JPEG_H
#define KLR_JPEG_H

#include "image/cursor.h"

/*
 * Walk a JPEG and set size, orientation, damage and oddities in *info. The image's end
 * or a failed read within it is damage too; the cursor's status says which of the two.
 */
void klr_jpeg_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info);

#endif
