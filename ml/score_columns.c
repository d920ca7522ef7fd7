/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of files of truth and predictions are what. */
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

#include "score_internal.h"

static const char *const ids[] = {"id", "row", NULL};
static const char *const truths[] = {"y_true", "y", "target", NULL};
static const char *const predictions[] = {"y_pred", "prediction", NULL};
/* Of cross-validation, and of saved models. */
static const char *const shares[] = {"p_", "proba_", SCORE_MARGINS};
static const char *const beside[] = {"id", "row", "fold", "repeat", "", NULL};

static bool is_among(const char *const *names, const char *name) {
  while (*names && strcmp(*names, name) != 0) names++;
  return *names != NULL;
}

static bool begins(const char *name, const char *with) {
  const size_t n = strlen(with);
  return strncmp(name, with, n) == 0 && name[n];
}

static bool is_share(const score_file *f, const char *name) {
  return f->share && begins(name, f->share);
}

/* The columns of one file have one beginning: the first that is there. */
static void find_share(score_file *f) {
  for (size_t k = 0; k < sizeof shares / sizeof *shares && !f->share; k++)
    for (size_t j = 0; j < f->names.n && !f->share; j++)
      if (begins(f->names.names[j], shares[k])) f->share = shares[k];
}

static bool is_wanted(const score_file *f, size_t column) {
  for (size_t k = 0; k < f->n_want; k++)
    if (f->want[k].column == column) return true;
  return false;
}

static ml_status take(score_file *f, score_role role, size_t column, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  const char *name = f->names.names[column];
  if (is_wanted(f, column))
    return ml_error_at(err, ML_ERR_USAGE, f->names.source, 0, 0,
                       "column \"%s\" cannot be two things", csv__quote(name, strlen(name), shown));
  f->of[role] = f->n_want;
  f->want[f->n_want++] = (ml_csv_want){.column = column,
                                       .type = role == SCORE_WEIGHT ? ML_NUMBER : ML_LABEL,
                                       .finite = true,
                                       .is_known = true};
  return ML_OK;
}

static ml_status take_named(score_file *f, score_role role, const char *name, ml_error *err) {
  size_t column = ml_csv_find(f->csv, name);
  if (column == SIZE_MAX) return features__fail_name(&f->names, name, err);
  return take(f, role, column, err);
}

/* The first of some names that is there. */
static size_t find_any(const score_file *f, const char *const *names) {
  size_t column = SIZE_MAX;
  for (; *names && column == SIZE_MAX; names++) column = ml_csv_find(f->csv, *names);
  return column;
}

/* The only column that is not known to be something else. */
static size_t find_lone(const score_file *f) {
  size_t found = SIZE_MAX;
  for (size_t j = 0; j < f->names.n; j++) {
    const char *name = f->names.names[j];
    if (is_wanted(f, j) || is_among(beside, name) || is_share(f, name)) continue;
    if (found != SIZE_MAX) return SIZE_MAX;
    found = j;
  }
  return found;
}

static const char *name_at(const void *names, size_t j) {
  return ((const features_names *)names)->names[j];
}

static ml_status fail_role(const score_file *f, const char *what, const char *option,
                           ml_error *err) {
  char list[SERIES_LIST_MAX];
  return ml_error_at(err, ML_ERR_USAGE, f->names.source, 0, 0,
                     "no column of the %s: --%s names it (the file has: %s)", what, option,
                     series__list(f->names.n, name_at, &f->names, list));
}

/* ---- the roles ----------------------------------------------------------------------------- */

static ml_status choose_id(score_file *truth, score_file *predicted, const ml_score_opts *opts,
                           ml_error *err) {
  if (opts->id && !*opts->id) return ML_OK;
  const char *id = opts->id;
  for (size_t i = 0; ids[i] && !id; i++)
    if (ml_csv_find(truth->csv, ids[i]) != SIZE_MAX &&
        ml_csv_find(predicted->csv, ids[i]) != SIZE_MAX)
      id = ids[i];
  if (id) {
    ml_status status = take_named(truth, SCORE_ID, id, err);
    return status == ML_OK ? take_named(predicted, SCORE_ID, id, err) : status;
  }
  size_t row = ml_csv_find(predicted->csv, "row");
  return row == SIZE_MAX ? ML_OK : take(predicted, SCORE_ID, row, err);
}

static ml_status choose_weights(score_file *truth, score_file *predicted, const ml_score_opts *opts,
                                ml_error *err) {
  if (!opts->weights) return ML_OK;
  bool is_elsewhere = ml_csv_find(truth->csv, opts->weights) == SIZE_MAX &&
                      ml_csv_find(predicted->csv, opts->weights) != SIZE_MAX;
  return take_named(is_elsewhere ? predicted : truth, SCORE_WEIGHT, opts->weights, err);
}

static ml_status choose_truth(score_file *f, const ml_score_opts *opts, bool is_alone,
                              ml_error *err) {
  if (opts->target) return take_named(f, SCORE_TRUTH, opts->target, err);
  size_t column = find_any(f, truths);
  if (column == SIZE_MAX && is_alone) column = find_lone(f);
  return column == SIZE_MAX ? fail_role(f, "truth", "target", err)
                            : take(f, SCORE_TRUTH, column, err);
}

/* @param target  name of the target in a file of its own; NULL: it is in this one */
static ml_status choose_prediction(score_file *f, const ml_score_opts *opts, const char *target,
                                   ml_error *err) {
  bool has_shares = false;
  if (opts->prediction) return take_named(f, SCORE_PREDICTION, opts->prediction, err);
  for (size_t j = 0; j < f->names.n; j++) has_shares |= is_share(f, f->names.names[j]);
  size_t column = find_any(f, predictions);
  if (column == SIZE_MAX && target) column = ml_csv_find(f->csv, target);
  if (column == SIZE_MAX && !has_shares) column = find_lone(f);
  if (column != SIZE_MAX) return take(f, SCORE_PREDICTION, column, err);
  return has_shares ? ML_OK : fail_role(f, "predictions", "prediction", err);
}

static void choose_shares(score_file *f, const ml_score_opts *opts) {
  f->first_share = f->n_want;
  for (size_t j = 0; j < f->names.n && opts->problem != ML_REGRESSION; j++)
    if (is_share(f, f->names.names[j]) && !is_wanted(f, j))
      f->want[f->n_want++] = (ml_csv_want){.column = j, .type = ML_NUMBER, .finite = true};
  f->n_shares = f->n_want - f->first_share;
}

/* ---- files --------------------------------------------------------------------------------- */

static ml_status open_file(const char *path, const ml_score_opts *opts, score_file *f,
                           ml_error *err) {
  for (size_t r = 0; r < SCORE_N_ROLES; r++) f->of[r] = SIZE_MAX;
  ml_status status =
      features__open_csv(path, opts->delimiter, opts->watch, &f->csv, &f->names, err);
  if (status != ML_OK) return status;
  find_share(f);
  f->want = calloc(f->names.n + 1, sizeof *f->want);
  return f->want ? ML_OK : ml_error_memory(err);
}

ml_status score__open(const char *truth_path, const char *path, const ml_score_opts *opts,
                      score_file *truth, score_file *predicted, ml_error *err) {
  bool is_one = truth == predicted;
  ml_status status = open_file(path, opts, predicted, err);
  if (status == ML_OK && !is_one) status = open_file(truth_path, opts, truth, err);
  if (status == ML_OK && !is_one) status = choose_id(truth, predicted, opts, err);
  if (status == ML_OK) status = choose_weights(truth, predicted, opts, err);
  if (status == ML_OK) status = choose_truth(truth, opts, !is_one, err);
  if (status != ML_OK) return status;
  const char *target = truth->names.names[truth->want[truth->of[SCORE_TRUTH]].column];
  status = choose_prediction(predicted, opts, is_one ? NULL : target, err);
  if (status == ML_OK) choose_shares(predicted, opts);
  return status;
}

ml_status score__read(score_file *f, ml_error *err) {
  ml_status status = ml_csv_read(f->csv, f->want, f->n_want, &f->table, err);
  if (status == ML_OK && f->table->n_rows == 0)
    return ml_error_at(err, ML_ERR_PARSE, f->names.source, 0, 0, "no rows");
  return status;
}

void score__close(score_file *f) {
  ml_table_free(f->table);
  ml_csv_close(f->csv);
  free((void *)f->names.names);
  free(f->want);
}
