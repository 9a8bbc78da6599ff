/* SPDX-License-Identifier: MIT */
/* plugin.c - a plug-in that owns a client and is unloaded with it */
#include "plugin.h"

static klingrec_client *client;

bool
plugin_begin(const char *endpoint, const char *ca_file)
{
    klingrec_config config = klingrec_config_default();
    klingrec_request request = klingrec_request_url("https://images.example/hero.png");
    klingrec_result *result = NULL;
    config.endpoint = endpoint;
    config.ca_file = ca_file;
    config.api_key = "sk-CANARY-0123456789abcdef";
    config.proxy = "";
    config.run = KLINGREC_RUN_THREAD;
    bool good = klingrec_client_new(&config, NULL, 0, &client) == KLINGREC_OK;
    for (int i = 0; i < PLUGIN_JOBS && good; i++)
        good = klingrec_submit(client, &request, NULL) == KLINGREC_OK;
    good = good && klingrec_poll(client, -1, &result) == KLINGREC_OK;
    klingrec_result_free(result);
    return good;
}
