/* exif.h - the orientation in an Exif block (Exif 2.32, 4.6.2; TIFF 6.0) */
#ifndef KLR_EXIF_H
#define KLR_EXIF_H

#include "image/cursor.h"

/* The TIFF structure in len bytes at offset: its IFD0's orientation, or 1. */
uint32_t klr_exif_orientation(klr_cursor *cursor, uint64_t offset, uint32_t len);

#endif
