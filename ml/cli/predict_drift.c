/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --drift: how far new data are from those that were learnt from. */
#include <math.h>
#include <stdlib.h>

#include "predict.h"
#include "xval.h"
#include "xval_grid.h"

#define SOME  0.1 /* by custom */
#define LARGE 0.25

ml_status predict__drift(const ml_pipeline *pipeline, const ml_dataset *data, const char *path,
                         const char *id, char delimiter, drift_list *out, ml_error *err) {
  out->names = ml_pipeline_features(pipeline, &out->n);
  out->items = calloc(out->n + 1, sizeof *out->items);
  out->order = calloc(out->n + 1, sizeof *out->order);
  if (!out->items || !out->order) return ml_error_memory(err);
  ml_status status = ml_pipeline_drift(pipeline, data, out->items, err);
  return status == ML_OK ? predict__schema(pipeline, path, id, delimiter, &out->schema, err)
                         : status;
}

void predict__release_drift(drift_list *drift) {
  free(drift->items);
  free(drift->order);
  predict__release_schema(&drift->schema);
}

static double size_of(const ml_drift *drift) {
  return isnan(drift->psi) ? -1 : drift->psi;
}

static int by_size(const void *a, const void *b, void *items) {
  const ml_drift *of = items;
  const size_t i = *(const size_t *)a, j = *(const size_t *)b;
  const double x = size_of(&of[i]), y = size_of(&of[j]);
  if (x != y) return x > y ? -1 : 1;
  return (i > j) - (i < j);
}

/* The largest first. */
static void sort(drift_list *drift) {
  for (size_t j = 0; j < drift->n; j++) drift->order[j] = j;
  qsort_r(drift->order, drift->n, sizeof *drift->order, by_size, drift->items);
}

static const char *words_of(double psi) {
  if (isnan(psi)) return "unknown";
  return psi < SOME ? "none" : psi < LARGE ? "some" : "large";
}

static void put_share(double share, ml_buf *out) {
  ml_buf_printf(out, share > 0 && share < 5e-4 ? "<0.1%%" : "%.1f%%", 100 * share);
}

static bool has_unseen(const drift_list *drift) {
  bool has = false;
  for (size_t j = 0; j < drift->n; j++) has |= drift->items[j].unseen > 0;
  return has;
}

static void put_row(const drift_list *drift, size_t j, bool with_unseen, grid *g) {
  const ml_drift *d = &drift->items[j];
  if (isnan(d->psi))
    grid__cell(g, "-");
  else
    grid__cell(g, "%.4f", d->psi);
  grid__cell(g, "%s", words_of(d->psi));
  put_share(d->missing_then, &g->cells);
  grid__end_cell(g);
  put_share(d->missing, &g->cells);
  grid__end_cell(g);
  if (with_unseen) {
    put_share(d->unseen, &g->cells);
    grid__end_cell(g);
  }
  xval__put_text(drift->names[j], &g->cells);
  grid__end_cell(g);
}

static void put_table(drift_list *drift, ml_buf *out) {
  const bool with_unseen = has_unseen(drift);
  size_t n_some = 0, n_large = 0;
  grid g = {0};
  sort(drift);
  grid__cell(&g, "psi");
  grid__cell(&g, "drift");
  grid__cell(&g, "missing then");
  grid__cell(&g, "missing now");
  if (with_unseen) grid__cell(&g, "not seen");
  grid__cell(&g, "feature");
  for (size_t k = 0; k < drift->n; k++) {
    const double psi = drift->items[drift->order[k]].psi;
    put_row(drift, drift->order[k], with_unseen, &g);
    n_some += psi >= SOME && psi < LARGE;
    n_large += psi >= LARGE;
  }
  grid__print(&g, with_unseen ? 6 : 5, out);
  ml_buf_printf(out,
                "population stability index against the training data: %zu of %zu features %g or "
                "more (large), %zu %g or more (some)\n",
                n_large, drift->n, LARGE, n_some, SOME);
}

void predict__drift_json(const predicted *p, ml_buf *out) {
  drift_list *drift = p->drift;
  sort(drift);
  ml_buf_puts(out, "\"drift\": [");
  for (size_t k = 0; k < drift->n; k++) {
    const ml_drift *d = &drift->items[drift->order[k]];
    ml_buf_puts(out, k ? ",\n{\"feature\": " : "\n{\"feature\": ");
    ml_buf_json_string(out, drift->names[drift->order[k]]);
    ml_buf_puts(out, ", \"psi\": ");
    ml_buf_json_number(out, d->psi);
    ml_buf_printf(out, ", \"drift\": \"%s\", \"missing_then\": ", words_of(d->psi));
    ml_buf_json_number(out, d->missing_then);
    ml_buf_puts(out, ", \"missing\": ");
    ml_buf_json_number(out, d->missing);
    ml_buf_puts(out, ", \"unseen\": ");
    ml_buf_json_number(out, d->unseen);
    predict__categories_json(p->pipeline, p->data, drift->order[k], out);
    ml_buf_puts(out, "}");
  }
  ml_buf_puts(out, "]");
  predict__schema_json(&drift->schema, out);
}

ml_status predict__print_drift(cli_call *cli, const predicted *p, ml_error *err) {
  ml_buf text = {0};
  put_table(p->drift, &text);
  predict__schema_text(p->pipeline, p->data, &p->drift->schema, &text);
  cli__progress_clear(cli);
  if (text.failed) {
    ml_buf_release(&text);
    return ml_error_memory(err);
  }
  fwrite(text.data, 1, text.n, stderr);
  ml_buf_release(&text);
  return ML_OK;
}
