/* SPDX-License-Identifier: MIT */
/* regions.h - the four regions as words, as bits, and as JSON */
#ifndef STANDIN_REGIONS_H
#define STANDIN_REGIONS_H

#include "text.h"

#include <stdint.h>

enum { REGION_HEAD = 1, REGION_FACE = 2, REGION_CLOTH = 4, REGION_OBJECT = 8 };

/* Parses "head,face" or "none". False: anything else. */
bool standin_regions_parse(const char *words, uint32_t *regions);

/* The entries of `images`, without the brackets. Width and height are those of the
 * image, for the masks; 0: not known. */
void standin_regions_comet(struct text *text, uint32_t regions);
void standin_regions_kling(struct text *text, uint32_t regions, const char *origin,
                           uint32_t width, uint32_t height);

#endif /* STANDIN_REGIONS_H */
