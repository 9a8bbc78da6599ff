/* SPDX-License-Identifier: MIT */
/* test_package.c - the headers are found, and a client can be made */
#include <klingrec/klingrec.h>

#include <stdio.h>

int
main(void)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = "none";
    klingrec_client *client = NULL;
    if (klingrec_client_new(&config, NULL, 0, &client) < 0)
        return 1;
    klingrec_client_free(client);
    puts(klingrec_version_string());
    return 0;
}
