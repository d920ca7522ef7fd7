/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folds of mltool split as CSV and JSON. */
#include <stdlib.h>
#include <string.h>

#include "split.h"

/* What is written a piece at a time: the rows of all folds together may be many. */
typedef struct writer {
  const split_result *result;
  const ml_watch *watch;
  ml_output *output;
  ml_buf buf;
  ml_error *err;
} writer;

#define PIECE ((size_t)1 << 16) /* bytes */

static ml_status flush(writer *w) {
  if (w->buf.failed) return ml_error_memory(w->err);
  if (ml_watch_cancelled(w->watch)) return ml_error_set(w->err, ML_ERR_CANCELLED, "interrupted");
  ml_status status = ml_output_write(w->output, w->buf.data, w->buf.n, w->err);
  ml_buf_clear(&w->buf);
  return status;
}

static ml_status flush_full(writer *w) {
  return w->buf.n < PIECE && !w->buf.failed ? ML_OK : flush(w);
}

static size_t folds_of_repeat(const ml_folds *folds) {
  return folds->n / folds->n_repeats;
}

/* ---- a line for each row ------------------------------------------------------------------- */

#define NEVER UINT32_MAX

/* Fold that tests each row: n_repeats for each; NULL without memory. */
static uint32_t *tested_in(const ml_folds *folds) {
  size_t n;
  if (__builtin_mul_overflow(folds->n_rows, folds->n_repeats, &n)) return NULL;
  uint32_t *tested = reallocarray(NULL, n, sizeof *tested);
  if (tested) memset(tested, 0xff, n * sizeof *tested);
  for (size_t f = 0; tested && f < folds->n; f++) {
    size_t n_test, repeat = folds->folds[f].repeat;
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    for (size_t i = 0; i < n_test; i++)
      tested[test[i] * folds->n_repeats + repeat] = (uint32_t)(f % folds_of_repeat(folds));
  }
  return tested;
}

static void put_id_name(writer *w) {
  const ml_dataset *data = w->result->data;
  if (!data->ids) return;
  ml_buf_puts(&w->buf, ",");
  ml_buf_csv_cell(&w->buf, data->id ? data->id : "id");
}

static void put_id(writer *w, size_t row) {
  const ml_dataset *data = w->result->data;
  if (!data->ids) return;
  ml_buf_puts(&w->buf, ",");
  ml_buf_csv_cell(&w->buf, data->ids[row]);
}

static ml_status write_table(writer *w) {
  const ml_folds *folds = w->result->folds;
  size_t n_repeats = folds->n_repeats;
  uint32_t *tested = tested_in(folds);
  if (!tested) return ml_error_memory(w->err);
  ml_buf_puts(&w->buf, "row");
  put_id_name(w);
  for (size_t r = 0; r < n_repeats; r++)
    if (n_repeats > 1)
      ml_buf_printf(&w->buf, ",fold%zu", r);
    else
      ml_buf_puts(&w->buf, ",fold");
  ml_buf_puts(&w->buf, "\n");
  ml_status status = ML_OK;
  for (size_t row = 0; row < folds->n_rows && status == ML_OK; row++) {
    ml_buf_printf(&w->buf, "%zu", row);
    put_id(w, row);
    for (const uint32_t *t = tested + row * n_repeats, *end = t + n_repeats; t < end; t++)
      if (*t == NEVER)
        ml_buf_puts(&w->buf, ",-1");
      else
        ml_buf_printf(&w->buf, ",%u", *t);
    ml_buf_puts(&w->buf, "\n");
    status = flush_full(w);
  }
  free(tested);
  return status;
}

/* ---- a line for each row of each part ------------------------------------------------------ */

/* Rows of one part of a fold, whatever they are written as. */
typedef ml_status put_rows_fn(writer *w, size_t fold, const char *part, const uint32_t *rows,
                              size_t n);

/* @param between  called for each fold: training rows, then those of the test */
static ml_status each_part(writer *w, put_rows_fn *put) {
  const ml_folds *folds = w->result->folds;
  uint32_t *train = reallocarray(NULL, folds->n_rows, sizeof *train);
  ml_status status = train ? ML_OK : ml_error_memory(w->err);
  for (size_t f = 0; f < folds->n && status == ML_OK; f++) {
    size_t n_test;
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    ml_folds_train(folds, f, train);
    status = put(w, f, "train", train, ml_folds_n_train(folds, f));
    if (status == ML_OK) status = put(w, f, "test", test, n_test);
  }
  free(train);
  return status;
}

static ml_status put_lines(writer *w, size_t fold, const char *part, const uint32_t *rows,
                           size_t n) {
  const ml_folds *folds = w->result->folds;
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    if (folds->n_repeats > 1) ml_buf_printf(&w->buf, "%u,", folds->folds[fold].repeat);
    ml_buf_printf(&w->buf, "%zu,%s,%u", fold % folds_of_repeat(folds), part, rows[i]);
    put_id(w, rows[i]);
    ml_buf_puts(&w->buf, "\n");
    status = flush_full(w);
  }
  return status;
}

static ml_status write_long(writer *w) {
  ml_buf_puts(&w->buf, w->result->folds->n_repeats > 1 ? "repeat,fold,part,row" : "fold,part,row");
  put_id_name(w);
  ml_buf_puts(&w->buf, "\n");
  return each_part(w, put_lines);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static ml_status put_array(writer *w, size_t fold, const char *part, const uint32_t *rows,
                           size_t n) {
  const ml_folds *folds = w->result->folds;
  bool is_first = strcmp(part, "train") == 0;
  ml_status status = ML_OK;
  if (is_first)
    ml_buf_printf(&w->buf, "%s\n  {\"repeat\": %u, \"fold\": %zu", fold ? "," : "",
                  folds->folds[fold].repeat, fold % folds_of_repeat(folds));
  ml_buf_printf(&w->buf, ", \"%s\": [", part);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    ml_buf_printf(&w->buf, "%s%u", i ? ", " : "", rows[i]);
    status = flush_full(w);
  }
  ml_buf_puts(&w->buf, is_first ? "]" : "]}");
  return status;
}

static ml_status put_ids(writer *w) {
  const ml_dataset *data = w->result->data;
  ml_status status = ML_OK;
  if (!data->ids) return ML_OK;
  ml_buf_puts(&w->buf, " \"ids\": [");
  for (size_t i = 0; i < data->n_rows && status == ML_OK; i++) {
    if (i) ml_buf_puts(&w->buf, ", ");
    ml_buf_json_string(&w->buf, data->ids[i]);
    status = flush_full(w);
  }
  ml_buf_puts(&w->buf, "],\n");
  return status;
}

static ml_status write_json(writer *w) {
  const split_result *r = w->result;
  ml_buf_puts(&w->buf, "{\"scheme\": ");
  ml_buf_json_string(&w->buf, r->scheme);
  ml_buf_printf(&w->buf, ", \"seed\": %llu, \"rows\": %zu, \"repeats\": %zu,\n",
                (unsigned long long)r->seed, r->data->n_rows, r->folds->n_repeats);
  ml_status status = put_ids(w);
  ml_buf_puts(&w->buf, " \"folds\": [");
  if (status == ML_OK) status = each_part(w, put_array);
  ml_buf_puts(&w->buf, "]}\n");
  return status;
}

ml_status cli__write_folds(const split_result *result, split_form form, const char *path,
                           const ml_watch *watch, ml_error *err) {
  static ml_status (*const forms[])(writer *) = {write_table, write_long, write_json};
  writer w = {.result = result, .watch = watch, .err = err};
  ml_status status = ml_output_open(path, &w.output, err);
  if (status != ML_OK) return status;
  status = forms[form](&w);
  if (status == ML_OK) status = flush(&w);
  ml_buf_release(&w.buf);
  if (status == ML_OK) return ml_output_commit(w.output, err);
  ml_output_abort(w.output);
  return status;
}
