/* SPDX-License-Identifier: MIT */
/* jpeg_tables.h - whether a JPEG's table segments have valid lengths */
#ifndef KLR_JPEG_TABLES_H
#define KLR_JPEG_TABLES_H

#include "base/detail.h"
#include "image/cursor.h"

/* Markers of table segments. */
enum { KLR_JPEG_DHT = 0xC4, KLR_JPEG_DAC = 0xCC, KLR_JPEG_DQT = 0xDB };

/* Check the parameters of a DQT, DHT, DAC or DRI. KLR_DETAIL_NONE, _JPEG_TABLE or
   _TRUNCATED. */
klr_detail klr_jpeg_table(klr_cursor *cursor, unsigned char marker, uint64_t at,
                          uint32_t len);

#endif
