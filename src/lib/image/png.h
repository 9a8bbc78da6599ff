/* SPDX-License-Identifier: MIT */
/* png.h - walk over a PNG's chunks (PNG, 3rd edition) without decoding it */
#ifndef KLR_PNG_H
#define KLR_PNG_H

#include "image/cursor.h"

/*
 * Walk a PNG and set size, orientation, damage and oddities in *info. The image's end
 * or a failed read within it is damage too; the cursor's status says which of the two.
 */
void klr_png_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info);

#endif
