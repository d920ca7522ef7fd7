/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --shard: which part of a result this process makes. */
#ifndef ML_CLI_SHARD_H
#define ML_CLI_SHARD_H

#include "cli.h"

extern const cli_opt cli__shard_opts[]; /* const char *: the text */

/** Read "I/N", or what a batch system says of "auto" and "auto/N".
 * @param[out] shard  gets its number and n
 * @retval ML_ERR_USAGE  neither; variables that are not there, or make no sense */
ml_status cli__read_shard(const char *text, ml_shard *shard, ml_error *err);

/** Name folder, command, options and the inputs of a part, and make the folder.
 * @param without  groups of options that decide nothing, NULL behind the last
 * @param files    options whose value may be a file, with these values; NULL, NULL behind the last.
 *                 What is in one belongs to the options
 * @param[out] options  the text of shard->options, to be released */
ml_status cli__begin_shard(const cli_call *cli, const char *folder, const cli_opt *const *without,
                           const cli_file *files, ml_shard *shard, ml_buf *options, ml_error *err);

#endif
