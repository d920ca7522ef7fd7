/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of `mltool models`. */
#ifndef ML_CLI_MODELS_H
#define ML_CLI_MODELS_H

#include "cli.h"

/* What a model is for: "classes, numbers". */
const char *models__problem(const ml_model *model);

/* Trait number i of a model; NULL behind the last. @param words  may be NULL */
const char *models__trait(const ml_model *model, size_t i, const char **words);

/* "what it is; what it takes; default: 1" */
void models__param_words(const ml_model_param *param, ml_buf *out);

/* ---- models_page.c ---- */

void models__json(ml_buf *out, const ml_model *model);
void models__json_all(ml_buf *out);

/* The catalogue in docs/models.md. */
void models__markdown(ml_buf *out);

#endif
