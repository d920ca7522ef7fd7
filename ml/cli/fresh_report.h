/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `mltool fresh` tells about a run beside its features: --cost and --nan-report. */
#ifndef ML_CLI_FRESH_REPORT_H
#define ML_CLI_FRESH_REPORT_H

#include "cli.h"

/** Print what each calculator has taken, on standard error: a table, or with --json an object. */
void fresh_report__costs(cli_call *cli, const ml_fresh_costs *costs);

/** Write the file of --nan-report, complete or not at all. */
ml_status fresh_report__write(const char *path, const ml_buf *text, ml_error *err);

#endif
