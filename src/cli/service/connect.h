/* connect.h - a client as the options want it */
#ifndef CLI_CONNECT_H
#define CLI_CONNECT_H

#include "options/options.h"
#include "service/rate.h"

#include <klingrec/klingrec.h>

/* The whole URL that --endpoint means. */
const char *cli_connect_endpoint(const struct options *options);

/* The exit code; not 0: *client is NULL and what is wrong was said. */
int cli_connect_client(const struct options *options, struct rate *rate,
                       klingrec_client **client);

#endif
