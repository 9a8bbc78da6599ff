/* SPDX-License-Identifier: MIT */
/* format.h - the format of bytes that are neither JPEG nor PNG */
#ifndef KLR_FORMAT_H
#define KLR_FORMAT_H

#include "image/cursor.h"

/* Bytes needed to recognise JPEG and PNG: the PNG signature has eight. */
enum { KLR_MAGIC_SIZE = 8 };

/* KLINGREC_FORMAT_* by content; never JPEG, and PNG only with a damaged signature. */
uint32_t klr_format_detect(klr_cursor *cursor);

#endif
