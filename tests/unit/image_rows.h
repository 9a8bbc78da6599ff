/* SPDX-License-Identifier: MIT */
/* image_rows.h - tables of images with the expected result of the check */
#ifndef IMAGE_ROWS_H
#define IMAGE_ROWS_H

#include "image_sources.h"
#include "image_text.h"

typedef struct row {
    const char *name;
    const char *image;
    uint32_t width; /* 0: the size is not known either */
    uint32_t height;
    klr_detail detail;
} row;

static byte_run image;

static inline void
expect(const row *r, uint32_t format, uint32_t flags)
{
    klingrec_limits limits = feed_any_size();
    klingrec_image_info info;
    bytes_make(&image, r->image);
    klingrec_status status =
        feed_all(r->name, image.at, image.len, flags, &limits, &info);
    bool damaged = klr_detail_class_of(r->detail) == KLR_CLASS_DAMAGE;
    bool odd = klr_detail_class_of(r->detail) == KLR_CLASS_ODD;
    if (info.detail != r->detail || info.width != r->width || info.height != r->height)
        fail_msg("%s: detail %u (%s), %u x %u", r->name, info.detail,
                 klr_detail_string(info.detail), info.width, info.height);
    assert_int_equal(info.format, format);
    assert_int_equal(status, damaged ? KLINGREC_ERR_IMAGE_DAMAGED : KLINGREC_OK);
    assert_int_equal(info.broken_rules, damaged ? KLINGREC_RULE_DAMAGED : 0);
    if (!damaged)
        assert_int_equal(info.edge_rules & KLINGREC_RULE_FORMAT,
                         odd ? KLINGREC_RULE_FORMAT : 0);
}

static inline void
expect_all(const row *rows, size_t count, uint32_t format, uint32_t flags)
{
    for (size_t i = 0; i < count; i++)
        expect(&rows[i], format, flags);
}

/* Where the damage or the oddity of an image is. */
typedef struct offset_row {
    const char *image;
    size_t where;
} offset_row;

static inline void
expect_offsets(const offset_row *rows, size_t count)
{
    klingrec_limits limits = feed_any_size();
    for (size_t i = 0; i < count; i++) {
        klingrec_image_info info;
        bytes_make(&image, rows[i].image);
        (void)feed_all(rows[i].image, image.at, image.len, 0, &limits, &info);
        assert_int_not_equal(info.detail, KLR_DETAIL_NONE);
        if (info.where != rows[i].where)
            fail_msg("%s: at %zu", rows[i].image, info.where);
    }
}

#define EXPECT_OFFSETS(rows) expect_offsets(rows, sizeof rows / sizeof rows[0])

/* FORMAT is the file's own. */
#define EXPECT_ALL(rows, flags)                                                        \
    expect_all(rows, sizeof rows / sizeof rows[0], FORMAT, flags)

#define GOOD(name, image)                                                              \
    {                                                                                  \
        name, image, 400, 300, KLR_DETAIL_NONE                                         \
    }
#define WITH_SIZE(name, detail, image)                                                 \
    {                                                                                  \
        name, image, 400, 300, KLR_DETAIL_##detail                                     \
    }
#define NO_SIZE(name, detail, image)                                                   \
    {                                                                                  \
        name, image, 0, 0, KLR_DETAIL_##detail                                         \
    }

#endif
