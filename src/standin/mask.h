/* SPDX-License-Identifier: MIT */
/* mask.h - draws the masks that the URLs of Kling's shape name */
#ifndef STANDIN_MASK_H
#define STANDIN_MASK_H

#include "regions.h"

enum { MASK_SIDE = 512 /* of an image whose size is not known */ };

/* The path of a mask: "/standin/mask/512x400/head_seg.png". width 0: not known. */
void standin_mask_path(struct text *text, const char *word, uint32_t width,
                       uint32_t height);

/* Draws the mask of such a path as a PNG. False: it is the path of none. */
bool standin_mask_draw(const char *path, struct text *png);

#endif /* STANDIN_MASK_H */
