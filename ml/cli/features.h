/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of `mltool features`: texts of the catalogue, as JSON, as Markdown. */
#ifndef ML_CLI_FEATURES_H
#define ML_CLI_FEATURES_H

#include "cli.h"

/* ---- features_text.c ---- */

/* A value as JSON has it, where a number beyond it is a word: 1, true, (2, 5), mean; is_json:
 * "mean", [2, 5], "NaN". Nothing for one that was not given. */
void cli__put_value(ml_buf *out, const ml_fresh_param *param, ml_param_value value, bool is_json);

/* "integer from 1 to 10, or None". */
void cli__put_range(ml_buf *out, const ml_fresh_param *param);

/* "default: 1, 2, 3; without it: 5" */
void cli__put_defaults(ml_buf *out, const ml_fresh_feature *f, size_t k);

/* Sentences on steps and dates; nothing for a calculator that is content with values. */
const char *cli__feature_time(const ml_fresh_feature *f);

/* ---- features_json.c, features_markdown.c ---- */

void cli__feature_json(ml_buf *out, const ml_fresh_feature *f);
void cli__features_json(ml_buf *out, const ml_fresh_feature *const *features, size_t n);

/* The page docs/features.md. */
void cli__features_markdown(ml_buf *out);

#endif
