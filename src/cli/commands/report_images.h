/* SPDX-License-Identifier: MIT */
/* report_images.h - the images of a report, as they are now */
#ifndef CLI_REPORT_IMAGES_H
#define CLI_REPORT_IMAGES_H

#include "base/memory.h"
#include "service/row.h"

#include <stdio.h>

/* One for each line of the records. */
struct report_image {
    char *name;     /* NULL: the line is not a record of a file */
    uint64_t bytes; /* as recorded; 0: not recorded */
    uint32_t width, height;
    bool has_digest;
    unsigned char digest[DIGEST_BYTES];
};

struct report_images {
    struct report_image *at;
    size_t count;
    size_t size;
};

/* Each adds one image: that of a row of a journal, or that of a line of NDJSON. */
void cli_report_add_row(struct report_images *images, const struct row *row);
void cli_report_add_line(struct report_images *images, const char *line, size_t len);

/*
 * Writes one line for each image: a JPEG in base64, or "!" and what happened to the
 * file since it was recognised, or "-" and why there is no thumbnail, or nothing if the
 * browser can show the file itself. The lines are in several elements, so that the page
 * can use the first ones while the others are loaded. False: interrupted.
 */
bool cli_report_put_images(FILE *file, const struct report_images *images, bool quiet);
void cli_report_free_images(struct report_images *images);

#endif
