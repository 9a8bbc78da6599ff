/* SPDX-License-Identifier: MIT */
/* report.h - the command report: an HTML page of results */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "options/options.h"

/* Returns the exit code. */
int cli_report(const struct options *options);

#endif
