/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions as CSV and JSON. */
#include "predict.h"

enum { SCHEMA = 1, CHUNK = 1 << 16 /* bytes that are written at once */ };

typedef struct writer {
  const predicted *p;
  const char *const *classes;
  size_t n_classes;
  ml_output *out;
  ml_buf buf;
} writer;

const char *predict__share(const predicted *p) {
  return ml_pipeline_model(p->pipeline)->traits & ML_MODEL_SCORES ? "score" : "proba";
}

static const char *id_name(const ml_dataset *data) {
  if (!data->ids) return "row";
  return data->id ? data->id : "id";
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static void put_csv_head(writer *w) {
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

static void put_csv_row(writer *w, size_t i) {
  const predicted *p = w->p;
  if (p->data->ids)
    ml_buf_csv_cell(&w->buf, p->data->ids[i]);
  else
    ml_buf_printf(&w->buf, "%zu", i);
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

static void put_json_head(writer *w) {
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
    ml_buf_puts(&w->buf, ",\n\"drift\": ");
    predict__drift_json(w->p->drift, &w->buf);
  }
  ml_buf_puts(&w->buf, ",\n\"predictions\": [");
}

static void put_json_row(writer *w, size_t i) {
  const predicted *p = w->p;
  ml_buf_puts(&w->buf, i ? ",\n{" : "\n{");
  ml_buf_json_string(&w->buf, id_name(p->data));
  ml_buf_puts(&w->buf, ": ");
  if (p->data->ids)
    ml_buf_json_string(&w->buf, p->data->ids[i]);
  else
    ml_buf_printf(&w->buf, "%zu", i);
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

static ml_status flush(writer *w, ml_error *err) {
  if (w->buf.failed) return ml_error_memory(err);
  ml_status status = ml_output_write(w->out, w->buf.data, w->buf.n, err);
  ml_buf_clear(&w->buf);
  return status;
}

static ml_status write_rows(writer *w, bool is_json, ml_error *err) {
  ml_status status = ML_OK;
  (is_json ? put_json_head : put_csv_head)(w);
  for (size_t i = 0; i < w->p->data->n_rows && status == ML_OK; i++) {
    (is_json ? put_json_row : put_csv_row)(w, i);
    if (w->buf.n >= CHUNK) status = flush(w, err);
  }
  if (is_json) ml_buf_puts(&w->buf, "]}\n");
  return status == ML_OK ? flush(w, err) : status;
}

ml_status predict__write(const predicted *p, const char *path, bool is_json, ml_error *err) {
  writer w = {.p = p};
  w.classes = ml_pipeline_classes(p->pipeline, &w.n_classes);
  if (!cli__is_stdio(path)) is_json = cli__ends_in(path, ".json") || cli__ends_in(path, ".json.gz");
  ml_status status = ml_output_open(path, &w.out, err);
  if (status == ML_OK) status = write_rows(&w, is_json, err);
  if (status == ML_OK)
    status = ml_output_commit(w.out, err);
  else
    ml_output_abort(w.out);
  ml_buf_release(&w.buf);
  return status;
}
