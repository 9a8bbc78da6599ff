/* SPDX-License-Identifier: MIT */
/* exif.h - the orientation in an Exif block (Exif 2.32, 4.6.2; TIFF 6.0) */
#ifndef KLR_EXIF_H
#define KLR_EXIF_H

#include "image/cursor.h"

/* The orientation in the first IFD of the TIFF structure that has len bytes at offset;
   1 if it has none. */
uint32_t klr_exif_orientation(klr_cursor *cursor, uint64_t offset, uint32_t len);

#endif
