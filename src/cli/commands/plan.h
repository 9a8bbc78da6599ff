/* SPDX-License-Identifier: MIT */
/* plan.h - recognize --dry-run: what would be sent, what not, and the calls */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "options/options.h"

/* Returns the exit code. */
int cli_plan(const struct options *options);

/* ", cost 0.126" for a number of calls, with two decimals, or more if there are any; ""
   without --price. */
void cli_plan_cost(const struct options *options, size_t calls, char *buf, size_t len);

#endif
