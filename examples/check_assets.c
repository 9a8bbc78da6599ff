/* SPDX-License-Identifier: MIT */
/* check_assets.c - whether the service accepts these files. Nothing is sent. */
#include <klingrec/klingrec.h>

#include <stdio.h>

int
main(int argc, char **argv)
{
    int bad = 0;
    for (int i = 1; i < argc; i++) {
        klingrec_request request = klingrec_request_file(argv[i]);
        klingrec_image_info info = klingrec_image_info_default();
        char line[256];

        bad += klingrec_check(&request, NULL, &info) < 0;
        klingrec_image_explain(&info, NULL, line, sizeof line);
        printf("%s: %s\n", argv[i], line);
    }
    return bad > 0;
}
