/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue of models as JSON, and as a page. */
#include "models.h"

#include <math.h>
#include <string.h>

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_text(ml_buf *out, const char *key, const char *text) {
  ml_buf_printf(out, "\"%s\":", key);
  ml_buf_json_string(out, text);
}

/* A value as JSON has it: a number, true, or a word. */
static void put_value(ml_buf *out, const ml_model_param *param, double value) {
  ml_buf text = {0};
  ml_model_param_format(param, value, &text);
  ml_buf_put(&text, "", 1);
  bool is_word = param->kind == ML_MODEL_CHOICE ||
                 (param->kind != ML_MODEL_BOOL && isnan(ml_model_param_number(param, value)));
  if (text.failed)
    out->failed = true;
  else if (is_word)
    ml_buf_json_string(out, text.data);
  else if (param->kind != ML_MODEL_BOOL)
    ml_buf_json_number(out, value);
  else
    ml_buf_puts(out, text.data);
  ml_buf_release(&text);
}

static void put_choices(ml_buf *out, const char *choices) {
  ml_buf_puts(out, ",\"choices\":[");
  for (const char *at = choices; *at;) {
    size_t n = strcspn(at, "|");
    ml_buf_printf(out, "%s\"%.*s\"", at == choices ? "" : ",", (int)n, at);
    at += n + (at[n] == '|');
  }
  ml_buf_puts(out, "]");
}

static void put_limit(ml_buf *out, const char *key, double limit, bool is_open) {
  if (!isfinite(limit)) return;
  ml_buf_printf(out, ",\"%s%s\":", is_open ? "exclusive_" : "", key);
  ml_buf_number(out, limit);
}

static void put_param(ml_buf *out, const ml_model_param *param) {
  static const char *const kinds[] = {"real", "integer", "boolean", "choice", "literal"};
  ml_buf_puts(out, "{");
  put_text(out, "name", param->name);
  ml_buf_printf(out, ",\"type\":\"%s\",\"default\":", kinds[param->kind]);
  put_value(out, param, param->fallback);
  if (param->choices) put_choices(out, param->choices);
  if (param->kind == ML_MODEL_REAL || param->kind == ML_MODEL_INT) {
    put_limit(out, "minimum", param->lo, param->above_lo);
    put_limit(out, "maximum", param->hi, param->below_hi);
    if (param->none) ml_buf_printf(out, ",\"none\":\"%s\"", param->none);
  }
  ml_buf_printf(out, ",\"shared\":%s,\"simpler\":%s,", param->is_shared ? "true" : "false",
                param->simpler < 0   ? "\"smaller\""
                : param->simpler > 0 ? "\"larger\""
                                     : "null");
  put_text(out, "help", param->help);
  ml_buf_puts(out, "}");
}

void models__json(ml_buf *out, const ml_model *model) {
  const char *trait;
  ml_buf_puts(out, "{");
  put_text(out, "name", model->name);
  ml_buf_puts(out, ",");
  put_text(out, "summary", model->summary);
  ml_buf_puts(out, ",");
  put_text(out, "source", model->source);
  ml_buf_printf(out, ",\"classifies\":%s,\"regresses\":%s,\"traits\":[",
                model->traits & ML_MODEL_CLASSIFIES ? "true" : "false",
                model->traits & ML_MODEL_REGRESSES ? "true" : "false");
  for (size_t i = 0; (trait = models__trait(model, i, NULL)); i++)
    ml_buf_printf(out, "%s\"%s\"", i == 0 ? "" : ",", trait);
  ml_buf_puts(out, "],\"params\":[");
  for (size_t i = 0; i < model->n_params; i++) {
    if (i > 0) ml_buf_puts(out, ",");
    put_param(out, &model->params[i]);
  }
  ml_buf_puts(out, "]}");
}

void models__json_all(ml_buf *out) {
  const ml_model *model;
  const char *name;
  ml_buf_puts(out, "[");
  for (size_t i = 0; (model = ml_model_at(i)); i++) {
    ml_buf_puts(out, i == 0 ? "" : ",\n");
    models__json(out, model);
  }
  for (size_t i = 0; (name = ml_model_name_at(i)); i++) {
    ml_error why = {0};
    ml_buf_puts(out, ",\n");
    if (ml_model_find(name, NULL, &model, &why) == ML_OK) {
      models__json(out, model);
      continue;
    }
    ml_buf_puts(out, "{");
    put_text(out, "name", name);
    ml_buf_puts(out, ",");
    put_text(out, "unavailable", why.message);
    ml_buf_puts(out, "}");
  }
  ml_buf_puts(out, "]\n");
}

/* ---- Markdown ------------------------------------------------------------------------------ */

static void put_row(ml_buf *out, const ml_model *model) {
  ml_buf_printf(out, "| [%s](#%s) | %s | %s |\n", model->name, model->name, models__problem(model),
                model->summary);
}

static void put_section(ml_buf *out, const ml_model *model) {
  const char *words;
  ml_buf_printf(out, "\n### %s\n\n%s.\n\n- for: %s\n- source: %s\n", model->name, model->summary,
                models__problem(model), model->source);
  for (size_t i = 0; models__trait(model, i, &words); i++) ml_buf_printf(out, "- %s\n", words);
  for (size_t i = 0; i < model->n_params; i++) {
    ml_buf_printf(out, "- parameter `%s`: ", model->params[i].name);
    models__param_words(&model->params[i], out);
    if (model->params[i].is_shared) ml_buf_puts(out, "; candidates share their work");
    ml_buf_puts(out, "\n");
  }
}

/* Those tables are in the plugins, which need not be there: what is worth knowing, in words. */
static const char library_words[] =
    "\n## Models of libraries\n\n"
    "| model | for | library |\n| --- | --- | --- |\n"
    "| xgboost | classes, numbers | XGBoost (libxgboost-dev): gradient-boosted trees |\n"
    "| linear_svc, linear_svr | classes; numbers | LIBLINEAR (liblinear-dev): linear support "
    "vector "
    "machines |\n"
    "| svc, svr | classes; numbers | LIBSVM (libsvm-dev): support vector machines with kernels "
    "|\n\n"
    "Each is in a plugin that is built where its library is, and opened when the model is asked "
    "for; "
    "`mltool models`\nsays what is missing. Parameters, defaults and results are those of "
    "scikit-learn's `LinearSVC`, `LinearSVR`,\n`SVC` and `SVR` and of XGBoost's own interface for "
    "it, "
    "in one thread.\n\n"
    "- xgboost takes missing values, and works with 32-bit numbers. `n_estimators` is searched by "
    "one "
    "training for each\n  fold: fewer rounds are the first of more. With\n  "
    "`early_stopping_rounds` a share of the training rows of each fold, `validation_fraction`, is "
    "held out, drawn by the\n  seed, and what is left boosts until the loss of the rows held out "
    "(rmse, logloss or mlogloss) has not fallen for\n  so many rounds; the best round predicts. "
    "Rows that a fold tests have no part in it.\n"
    "- LIBLINEAR stops after 1000 passes; where that is too few (a large C, features that are not "
    "scaled), its results\n  depend on its own chance, which follows `--seed`. Its intercept is "
    "penalised as in scikit-learn.\n"
    "- Support vector machines give scores and no probabilities, so metrics such as log_loss are "
    "refused; roc_auc of\n  two classes is computed from scores.\n";

static const char file_words[] =
    "\n## What is kept in files\n\n"
    "Numbers are exact. What is read from a file is checked: lengths, ranges, columns and classes "
    "that there are.\n\n"
    "| model | what |\n| --- | --- |\n"
    "| dummy | `shares` of the classes, or the `value`; `seed` of what is drawn |\n"
    "| ols, ridge, lasso, elastic_net | `constant`, `shift`, `coef`: constant + (x - shift) coef "
    "|\n"
    "| logistic | `classes` that there were, `centre` that is subtracted, `coef` of each problem "
    "and logit, that of the intercept last |\n"
    "| gaussian_nb | `base`: logarithms of what does not depend on the row; `mean` + `rest`, and "
    "`variance`, of each class and column |\n"
    "| knn | the training rows: `x`, and `y` or `classes` |\n"
    "| decision_tree, random_forest | tree after tree and level after level: `columns` of the "
    "nodes, -1 for a leaf; `thresholds` of those that are none; `values` of the leaves. The "
    "children of the first node that is no leaf are the second and the third, those of the next "
    "one the fourth and the fifth, and so on |\n"
    "| xgboost | `booster`: XGBoost's own JSON |\n"
    "| linear_svc, linear_svr | `labels` in LIBLINEAR's order, `coef` of each column, that of the "
    "intercept last |\n"
    "| svc, svr | `labels`, `gamma`, and LIBSVM's `rho`, `counts` of vectors, `coef` and `vectors` "
    "|\n"
    "| py:MODULE.CLASS | a pickle beside the file: [python-models.md](python-models.md#files) |\n";

void models__markdown(ml_buf *out) {
  const ml_model *model;
  ml_buf_puts(out,
              "<!-- Made by `mltool models --markdown > docs/models.md`; a test compares. -->\n"
              "# Models\n\n"
              "What `mltool xval --model` takes and is built in; `mltool models` lists also those "
              "of libraries that\nthis machine has, and `mltool models NAME` explains one. "
              "[A model of your own](own-model.md) is a\nshared object, or [a class of "
              "Python](python-models.md), scikit-learn's among them. What any of them has "
              "learnt can be kept in a file, from which it predicts the same bits:\n"
              "[below](#what-is-kept-in-files) is what.\n\n"
              "| model | for | what it is |\n| --- | --- | --- |\n");
  for (size_t i = 0; (model = ml_model_at(i)); i++) put_row(out, model);
  ml_buf_puts(out, library_words);
  ml_buf_puts(out, file_words);
  ml_buf_puts(out, "\n## What is built in\n");
  for (size_t i = 0; (model = ml_model_at(i)); i++) put_section(out, model);
}
