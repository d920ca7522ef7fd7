/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of --run-dir: all that a run gives, the same bytes each time. */
#ifndef ML_CLI_RUN_FOLDER_H
#define ML_CLI_RUN_FOLDER_H

#include "train.h"

/** Before the long work: can it be written, and would nothing else be lost? Notes are kept for its
 * log from here on. @param path  NULL: there is none, and nothing to do */
ml_status run_folder__check(cli_call *cli, const char *path, ml_error *err);

/** Write it.
 * @param shown  its times are left out
 * @param t      NULL: nothing was trained; told how long the file of the model is */
ml_status run_folder__write(const cli_call *cli, const char *path, const xval_shown *shown,
                            trained *t, ml_error *err);

/** What its file of scores has: those of each fold and their means, of the winner. */
void run_folder__metrics(const xval_shown *s, ml_buf *out);

#endif
