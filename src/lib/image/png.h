/* png.h - walk over a PNG's chunks (PNG, 3rd edition) without decoding it */
#ifndef KLR_PNG_H
#define KLR_PNG_H

#include "image/cursor.h"

/*
 * Walk a PNG: size, orientation, damage and oddities go to *info. When the image's
 * bytes run out or cannot be read, that is damage too; the cursor's status tells the
 * two apart.
 */
void klr_png_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info);

#endif
