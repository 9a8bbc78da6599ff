/* SPDX-License-Identifier: MIT */
/* A program outside the tree: builds with what pkg-config says and nothing else. */
#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = getenv("COMETAPI_KEY");
    if (argc != 3 || config.api_key == NULL) {
        fprintf(stderr, "usage: COMETAPI_KEY=... consumer ENDPOINT IMAGE\n");
        return 2;
    }
    config.endpoint = argv[1];

    char why[256];
    klingrec_client *client = NULL;
    klingrec_status status = klingrec_client_new(&config, why, sizeof why, &client);
    if (status < 0) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    klingrec_request request = klingrec_request_file(argv[2]);
    klingrec_result *result = NULL;
    status = klingrec_recognize(client, &request, &result);
    for (size_t i = 0; i < klingrec_result_region_count(result); i++) {
        const klingrec_region *region = klingrec_result_region(result, i);
        printf("%s %s\n", region->name, region->contained ? "yes" : "no");
    }
    if (status < 0)
        fprintf(stderr, "%s\n", klingrec_result_message(result));
    klingrec_result_free(result);
    klingrec_client_free(client);
    return status < 0;
}
