/* SPDX-License-Identifier: MIT */
/* recognize.c - what does this image contain?  COMETAPI_KEY=... recognize IMAGE */
#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = getenv("COMETAPI_KEY");
    config.endpoint = getenv("KLINGREC_ENDPOINT"); /* NULL: the real service */
    char why[256];
    klingrec_client *client = NULL;
    if (argc != 2) {
        fputs("usage: COMETAPI_KEY=... recognize IMAGE\n", stderr);
        return 2;
    }
    if (klingrec_client_new(&config, why, sizeof why, &client) < 0) {
        fprintf(stderr, "recognize: %s\n", why);
        return 2;
    }
    klingrec_request request = klingrec_request_file(argv[1]);
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    if (status < 0)
        fprintf(stderr, "%s: %s\n", argv[1], klingrec_result_message(result));
    for (size_t i = 0; i < klingrec_result_region_count(result); i++) {
        const klingrec_region *region = klingrec_result_region(result, i);
        printf("%-10s %s\n", region->name, region->contained ? "yes" : "no");
    }
    klingrec_result_free(result);
    klingrec_client_free(client);
    return status < 0;
}
