/* SPDX-License-Identifier: MIT */
/* open_file.h - what the tests of opening files share; after <cmocka.h> */
#ifndef OPEN_FILE_H
#define OPEN_FILE_H

#include "base/detail.h"
#include "image/source.h"

static void
expect_file(const char *path, klingrec_status status, klr_detail detail, int error)
{
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_file(path);
    assert_int_equal(klr_source_open(&source, &request, &info), status);
    assert_int_equal(info.detail, detail);
    assert_int_equal(info.system_error, error);
    klr_source_close(&source);
}

#endif
