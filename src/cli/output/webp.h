/* SPDX-License-Identifier: MIT */
/* webp.h - is a file a whole WebP? */
#ifndef CLI_WEBP_H
#define CLI_WEBP_H

#include <stdbool.h>
#include <stdint.h>

/* Its chunks fill the file, and one begins as an image does. Nothing is decoded. */
bool cli_webp_is_whole(const char *path, uint64_t bytes);

#endif
