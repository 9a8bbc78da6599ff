/* SPDX-License-Identifier: MIT */
/* check.h - whether the service accepts an image, and why not */
#ifndef KLR_CHECK_H
#define KLR_CHECK_H

#include "image/source.h"

/* Copy the caller's limits, with defaults for 0. OK, ERR_ABI or ERR_ARGUMENT. */
klingrec_status klr_limits_import(klingrec_limits *out, const klingrec_limits *theirs);

/*
 * Check the image in an open source (not a URL). limits come from
 * klr_limits_import(); header_only leaves out the walk to the end of the image.
 * Sets every field of *info except size. Returns what klingrec_check() returns.
 */
klingrec_status klr_image_check(klr_source *source, const klingrec_limits *limits,
                                bool header_only, klingrec_image_info *info);

#endif
