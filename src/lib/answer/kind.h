/* kind.h - the kinds of region in words */
#ifndef KLR_KIND_H
#define KLR_KIND_H

#include <stdint.h>

/* Of a region as the service spells it, "face_seg"; KLINGREC_KIND_OTHER for a new one.
 */
uint32_t klr_kind_of_region(const char *name);

#endif
