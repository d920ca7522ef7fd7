/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written and said of a selection. */
#ifndef ML_CLI_RELEVANCE_H
#define ML_CLI_RELEVANCE_H

#include "selection.h"

/** Append the relevance table: CSV, or a JSON array of objects with the same keys. */
ml_status relevance__table(const cli_pictured *selected, bool is_json, ml_buf *out, ml_error *err);

/** Say what the target is taken for. */
void relevance__note_target(cli_call *cli, const cli_selecting *s);

/** Say what was selected, or what came nearest to it. */
void relevance__note_result(cli_call *cli, const cli_pictured *selected);

#endif
