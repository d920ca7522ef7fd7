/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of predictions beside those of the truth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>

#include "score_internal.h"

typedef struct joining {
  const score_file *truth, *predicted;
  size_t n, n_predicted; /* rows */
  const ml_column *ids;  /* of the predictions */
  size_t *code_row;      /* row of the truth for each id of the predictions; SIZE_MAX: none */
  size_t *rows;
  bool *is_taken;
  ml_error *err;
} joining;

static ml_status fail(const joining *j, const score_file *file, size_t row, const char *id,
                      const char *what, const score_file *other) {
  char shown[CSV_QUOTE_MAX];
  const score_file *named = file->of[SCORE_ID] == SIZE_MAX ? other : file;
  return ml_error_at(j->err, ML_ERR_PARSE, file->names.source, score__line(file, row), 0,
                     "%s \"%s\" %s%s%s", score__column(named, SCORE_ID)->name,
                     csv__quote(id, strlen(id), shown), what, other ? " " : "",
                     other ? other->names.source : "");
}

/* ---- rows by their ids --------------------------------------------------------------------- */

/* Labels are numbered as they appear: where none comes twice, that of row i is i. */
static ml_status check_once(const joining *j) {
  const ml_column *ids = score__column(j->truth, SCORE_ID);
  for (size_t i = 0; i < j->n; i++)
    if (ids->label[i] != i)
      return fail(j, j->truth, i, ids->labels[ids->label[i]], "is there twice", NULL);
  return ML_OK;
}

static ml_status find_ids(joining *j) {
  const ml_column *ids = score__column(j->truth, SCORE_ID);
  labels known = {0};
  bool ok = true;
  for (size_t k = 0; ok && k < ids->n_labels; k++)
    ok = labels__put(&known, ids->labels[k], strlen(ids->labels[k])) != LABELS_FULL;
  for (size_t k = 0; ok && k < j->ids->n_labels; k++) {
    uint32_t code = labels__put(&known, j->ids->labels[k], strlen(j->ids->labels[k]));
    ok = code != LABELS_FULL;
    j->code_row[k] = code < j->n ? code : SIZE_MAX;
  }
  labels__release(&known);
  return ok ? ML_OK : ml_error_memory(j->err);
}

/* ---- rows by their numbers ----------------------------------------------------------------- */

static void find_numbers(joining *j) {
  for (size_t k = 0; k < j->ids->n_labels; k++) {
    double number;
    const char *text = j->ids->labels[k];
    bool is_row = csv__number(text, strlen(text), &number) == CSV_NUMBER && number >= 0 &&
                  number < (double)j->n && number == (double)(size_t)number;
    j->code_row[k] = is_row ? (size_t)number : SIZE_MAX;
  }
}

/* ---- both ---------------------------------------------------------------------------------- */

static ml_status place_rows(joining *j) {
  for (size_t i = 0; i < j->n_predicted; i++) {
    const char *id = j->ids->labels[j->ids->label[i]];
    j->rows[i] = j->code_row[j->ids->label[i]];
    if (j->rows[i] == SIZE_MAX) return fail(j, j->predicted, i, id, "is not in", j->truth);
    if (j->is_taken[j->rows[i]]) return fail(j, j->predicted, i, id, "is there twice", NULL);
    j->is_taken[j->rows[i]] = true;
  }
  if (j->n_predicted == j->n) return ML_OK;
  size_t row = 0;
  while (j->is_taken[row]) row++;
  const ml_column *ids = score__column(j->truth, SCORE_ID);
  char number[32];
  snprintf(number, sizeof number, "%zu", row);
  return fail(j, j->truth, row, ids ? ids->labels[row] : number, "has no prediction in",
              j->predicted);
}

static ml_status join(joining *j) {
  j->code_row = reallocarray(NULL, j->ids->n_labels, sizeof *j->code_row);
  j->rows = reallocarray(NULL, j->n_predicted, sizeof *j->rows);
  j->is_taken = calloc(j->n, sizeof *j->is_taken);
  if (!j->code_row || !j->rows || !j->is_taken) return ml_error_memory(j->err);
  ml_status status = ML_OK;
  if (score__column(j->truth, SCORE_ID)) {
    status = check_once(j);
    if (status == ML_OK) status = find_ids(j);
  } else {
    find_numbers(j);
  }
  return status == ML_OK ? place_rows(j) : status;
}

ml_status score__join(const score_file *truth, const score_file *predicted, size_t **rows,
                      ml_error *err) {
  joining j = {.truth = truth,
               .predicted = predicted,
               .n = truth->table->n_rows,
               .n_predicted = predicted->table->n_rows,
               .ids = score__column(predicted, SCORE_ID),
               .err = err};
  *rows = NULL;
  if (truth == predicted) return ML_OK;
  if (!j.ids) {
    if (j.n == j.n_predicted) return ML_OK;
    return ml_error_at(err, ML_ERR_PARSE, predicted->names.source, 0, 0, "%zu row%s, but %zu in %s",
                       j.n_predicted, j.n_predicted == 1 ? "" : "s", j.n, truth->names.source);
  }
  ml_status status = join(&j);
  free(j.code_row);
  free(j.is_taken);
  if (status == ML_OK)
    *rows = j.rows;
  else
    free(j.rows);
  return status;
}
