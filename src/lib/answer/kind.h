/* SPDX-License-Identifier: MIT */
/* kind.h - the names of the kinds of region */
#ifndef KLR_KIND_H
#define KLR_KIND_H

#include <stdint.h>

/* The kind of a region with the service's name for it, such as "face_seg";
   KLINGREC_KIND_OTHER for an unknown name. */
uint32_t klr_kind_of_region(const char *name);

#endif
