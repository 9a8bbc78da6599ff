/* jpeg.h - walk over a JPEG (ITU-T T.81) without decoding it */
#ifndef KLR_JPEG_H
#define KLR_JPEG_H

#include "image/cursor.h"

/*
 * Walk a JPEG: size, orientation, damage and oddities go to *info. When the image's
 * bytes run out or cannot be read, that is damage too; the cursor's status tells the
 * two apart.
 */
void klr_jpeg_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info);

#endif
