/* SPDX-License-Identifier: MIT */
/* regions_name.h - the names of the files of cut-outs */
#ifndef CLI_REGIONS_NAME_H
#define CLI_REGIONS_NAME_H

#include "base/memory.h"
#include "service/row.h"

/* Appends "deep/hero-1a2b3c4d": the path of the image below the folder that was
   searched, without its extension, and a mark that stands for its content and the
   endpoint. So the cut-outs of two images never have one name, and an image that has
   changed gets others. */
void cli_regions_add_name(struct text *path, const struct row *row,
                          const char *endpoint);

/* Appends "-head", or "-head-2" for the second of its kind. region: the service's name
   of it, of which no character is used. counts: how many were named already. */
void cli_regions_add_kind(struct text *path, const char *region,
                          unsigned counts[REGION_KINDS + 1]);

#endif
