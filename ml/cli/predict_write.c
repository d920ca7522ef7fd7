/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions as CSV and JSON. */
#include "predict.h"

#include <stdlib.h>

enum { SCHEMA = 1, CHUNK = 1 << 16 /* bytes that are written at once */ };

struct predict_writer {
  const predicted *p; /* what is being written */
  const char *const *classes;
  size_t n_classes;
  ml_output *out;
  ml_buf buf;
  bool is_json, has_begun;
  size_t n; /* rows before those of p */
};

const char *predict__share(const predicted *p) {
  return ml_pipeline_model(p->pipeline)->traits & ML_MODEL_SCORES ? "score" : "proba";
}

static const char *id_name(const ml_dataset *data) {
  if (!data->ids) return "row";
  return data->id ? data->id : "id";
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static void put_csv_head(predict_writer *w) {
  ml_buf_csv_cell(&w->buf, id_name(w->p->data));
  ml_buf_puts(&w->buf, ",prediction");
  for (size_t c = 0; w->p->has_proba && c < w->n_classes; c++) {
    ml_buf name = {0};
    ml_buf_printf(&name, "%s_%s", predict__share(w->p), w->classes[c]);
    ml_buf_put(&name, "", 1);
    ml_buf_puts(&w->buf, ",");
    if (name.failed)
      w->buf.failed = true;
    else
      ml_buf_csv_cell(&w->buf, name.data);
    ml_buf_release(&name);
  }
  ml_buf_puts(&w->buf, "\n");
}

static void put_csv_row(predict_writer *w, size_t i) {
  const predicted *p = w->p;
  if (p->data->ids)
    ml_buf_csv_cell(&w->buf, p->data->ids[i]);
  else
    ml_buf_printf(&w->buf, "%zu", w->n + i);
  ml_buf_puts(&w->buf, ",");
  if (p->best)
    ml_buf_csv_cell(&w->buf, w->classes[p->best[i]]);
  else
    ml_buf_number(&w->buf, p->values[i]);
  for (size_t c = 0; p->has_proba && c < w->n_classes; c++) {
    ml_buf_puts(&w->buf, ",");
    ml_buf_number(&w->buf, p->values[i * w->n_classes + c]);
  }
  ml_buf_puts(&w->buf, "\n");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_json_head(predict_writer *w) {
  const ml_pipeline *pipeline = w->p->pipeline;
  ml_buf_printf(&w->buf, "{\"schema\": %d, \"target\": ", SCHEMA);
  ml_buf_json_string(&w->buf, ml_pipeline_target(pipeline));
  ml_buf_puts(&w->buf, ", \"model\": ");
  ml_buf_json_string(&w->buf, ml_pipeline_model(pipeline)->name);
  if (w->p->best) {
    ml_buf_puts(&w->buf, ", \"classes\": [");
    for (size_t c = 0; c < w->n_classes; c++) {
      ml_buf_puts(&w->buf, c ? ", " : "");
      ml_buf_json_string(&w->buf, w->classes[c]);
    }
    ml_buf_puts(&w->buf, "]");
  }
  if (w->p->drift) {
    ml_buf_puts(&w->buf, ",\n");
    predict__drift_json(w->p, &w->buf);
  }
  ml_buf_puts(&w->buf, ",\n\"predictions\": [");
}

static void put_json_row(predict_writer *w, size_t i) {
  const predicted *p = w->p;
  ml_buf_puts(&w->buf, w->n + i ? ",\n{" : "\n{");
  ml_buf_json_string(&w->buf, id_name(p->data));
  ml_buf_puts(&w->buf, ": ");
  if (p->data->ids)
    ml_buf_json_string(&w->buf, p->data->ids[i]);
  else
    ml_buf_printf(&w->buf, "%zu", w->n + i);
  ml_buf_puts(&w->buf, ", \"prediction\": ");
  if (p->best)
    ml_buf_json_string(&w->buf, w->classes[p->best[i]]);
  else
    ml_buf_json_number(&w->buf, p->values[i]);
  if (p->has_proba) ml_buf_printf(&w->buf, ", \"%s\": [", predict__share(p));
  for (size_t c = 0; p->has_proba && c < w->n_classes; c++) {
    ml_buf_puts(&w->buf, c ? ", " : "");
    ml_buf_json_number(&w->buf, p->values[i * w->n_classes + c]);
  }
  ml_buf_puts(&w->buf, p->has_proba ? "]}" : "}");
}

/* ---- files --------------------------------------------------------------------------------- */

static ml_status flush(predict_writer *w, ml_error *err) {
  if (w->buf.failed) return ml_error_memory(err);
  ml_status status = ml_output_write(w->out, w->buf.data, w->buf.n, err);
  ml_buf_clear(&w->buf);
  return status;
}

ml_status predict__open(const ml_pipeline *pipeline, const char *path, bool is_json,
                        predict_writer **out, ml_error *err) {
  predict_writer *w = calloc(1, sizeof *w);
  if (!w) return ml_error_memory(err);
  w->classes = ml_pipeline_classes(pipeline, &w->n_classes);
  w->is_json =
      cli__is_stdio(path) ? is_json : cli__ends_in(path, ".json") || cli__ends_in(path, ".json.gz");
  ml_status status = ml_output_open(path, &w->out, err);
  if (status == ML_OK)
    *out = w;
  else
    free(w);
  return status;
}

ml_status predict__put(predict_writer *w, const predicted *p, ml_error *err) {
  ml_status status = ML_OK;
  w->p = p;
  if (!w->has_begun) (w->is_json ? put_json_head : put_csv_head)(w);
  w->has_begun = true;
  for (size_t i = 0; i < p->data->n_rows && status == ML_OK; i++) {
    (w->is_json ? put_json_row : put_csv_row)(w, i);
    if (w->buf.n >= CHUNK) status = flush(w, err);
  }
  w->n += p->data->n_rows;
  return status == ML_OK ? flush(w, err) : status;
}

ml_status predict__flush(predict_writer *w, ml_error *err) {
  return ml_output_flush(w->out, err);
}

ml_status predict__commit(predict_writer *w, ml_error *err) {
  if (w->is_json && w->has_begun) ml_buf_puts(&w->buf, "]}\n");
  ml_status status = flush(w, err);
  if (status == ML_OK)
    status = ml_output_commit(w->out, err);
  else
    ml_output_abort(w->out);
  ml_buf_release(&w->buf);
  free(w);
  return status;
}

void predict__abort(predict_writer *w) {
  if (!w) return;
  ml_output_abort(w->out);
  ml_buf_release(&w->buf);
  free(w);
}
