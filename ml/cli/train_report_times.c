/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What took how long, on the page of mltool train: steps and workers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train_picture.h"

static void put_seconds(ml_buf *out, const char *name, double seconds) {
  ml_buf_printf(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">%.3f</td></tr>\n", name,
                seconds);
}

static void put_steps(const trained *t, ml_buf *out) {
  const ml_xval_result *r = t->shown->result;
  ml_buf_puts(out,
              "<table class=\"small\" id=\"steps\">\n<thead><tr><th "
              "scope=\"col\"><span>step</span></th><th "
              "scope=\"col\" class=\"n\"><span>seconds</span></th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < t->n_steps; i++)
    if (t->steps[i].seconds > 0) put_seconds(out, t->steps[i].name, t->steps[i].seconds);
  ml_buf_puts(out, "</tbody>\n</table>\n");
  if (r->n_done == 0) return;
  ml_buf_printf(out,
                "<p class=\"note\">%zu fits of the cross-validation took %.3f s, their scores %.3f "
                "s: sums over all processes.</p>\n",
                r->n_done, r->fit_seconds, r->score_seconds);
}

/* ---- workers -------------------------------------------------------------------------------- */

static int64_t count_of(const ml_value *worker, const char *name) {
  const ml_value *found = ml_value_find(worker, name);
  int64_t n = 0;
  return found && ml_value_as_int(found, &n) ? n : 0;
}

static void put_worker(sheet *to, const void *ctx, size_t row) {
  const ml_value *worker = &((const ml_value *)ctx)->as.l.values[row];
  const ml_value *mean = ml_value_find(worker, "mean_seconds");
  int64_t n = count_of(worker, "items_done");
  double seconds = 0;
  if (!mean || !ml_value_as_real(mean, &seconds)) seconds = 0;
  sheet__put_count(to, "worker", (size_t)count_of(worker, "index"));
  sheet__put_count(to, "items", (size_t)n);
  ml_buf_printf(&to->text, "%.3f", seconds * (double)n);
  sheet__end_cell(to, "", "seconds at work", SHEET_NUMBER, seconds * (double)n);
  sheet__put_count(to, "lost", (size_t)count_of(worker, "losses"));
}

static ml_status put_workers(const ml_buf *pool, ml_buf *out, ml_error *err) {
  ml_arena *arena = ml_arena_new();
  ml_value all;
  ml_status status = arena ? ml_value_from_json(pool->data, pool->n, NULL, arena, &all, err)
                           : ml_error_memory(err);
  const ml_value *workers = status == ML_OK ? ml_value_find(&all, "workers") : NULL;
  if (workers && workers->type == ML_TYPE_LIST) {
    const sheet_rows rows = {.n = workers->as.l.n, .put = put_worker, .ctx = workers};
    train__put_sheet(out, "times", NULL, &rows);
  }
  ml_arena_free(arena);
  return status;
}

ml_status train__put_times(const trained *t, ml_buf *out, ml_error *err) {
  ml_status status = ML_OK;
  train__begin_section(out, "times", "Times");
  put_steps(t, out);
  if (t->pool)
    status = put_workers(t->pool, out, err);
  else
    ml_buf_puts(out, "<p class=\"note\">There were no workers: all in one process.</p>\n");
  train__end_section(out);
  return status;
}
