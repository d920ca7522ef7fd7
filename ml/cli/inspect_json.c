/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A saved model for programs. */
#include "inspect.h"
#include "xval.h"

enum { SCHEMA = 1 };

static void put_text(const char *key, const char *text, ml_buf *out) {
  ml_buf_printf(out, ", \"%s\": ", key);
  if (text)
    ml_buf_json_string(out, text);
  else
    ml_buf_puts(out, "null");
}

static void put_texts(const char *key, const char *const *texts, size_t n, ml_buf *out) {
  ml_buf_printf(out, ",\n\"%s\": [", key);
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(out, i ? ", " : "");
    ml_buf_json_string(out, texts[i]);
  }
  ml_buf_puts(out, "]");
}

static void put_value(const char *key, const ml_value *value, ml_buf *out) {
  ml_buf_printf(out, ",\n\"%s\": ", key);
  if (!value)
    ml_buf_puts(out, "null");
  else if (ml_value_to_json(value, out, NULL) != ML_OK)
    out->failed = true;
}

static void put_input(const inspected *m, ml_buf *out) {
  const ml_fresh_settings *settings = ml_pipeline_settings(m->pipeline);
  const ml_series_opts *columns = ml_pipeline_columns(m->pipeline);
  const char *kind;
  ml_buf_printf(out, ",\n\"input\": {\"kind\": \"%s\"", settings ? "series" : "table");
  put_text("id", ml_pipeline_id(m->pipeline), out);
  if (settings) {
    put_text("time", columns->sort, out);
    put_text("kind_column", columns->kind, out);
    put_text("value", columns->value, out);
    ml_buf_puts(out, ", \"kinds\": [");
    for (size_t i = 0; (kind = ml_fresh_settings_kind(settings, i)); i++) {
      ml_buf_puts(out, i ? ", " : "");
      ml_buf_json_string(out, kind);
    }
    ml_buf_puts(out, "]");
  }
  ml_buf_puts(out, "}");
}

static void put_column(const inspect_columns *c, const inspect_column *item, ml_buf *out) {
  ml_buf_puts(out, "{\"column\": ");
  ml_buf_json_string(out, item->name);
  ml_buf_puts(out, ", \"importance\": ");
  ml_buf_json_number(out, item->importance);
  if (c->n_rows > 0) {
    ml_buf_puts(out, ", \"coefficient\": ");
    ml_buf_json_number(out, item->coefficient);
    put_text("class", c->classes ? c->classes[item->row] : NULL, out);
  }
  ml_buf_puts(out, "}");
}

static void put_importance(const inspect_columns *c, ml_buf *out) {
  ml_buf_puts(out, ",\n\"importance\": ");
  if (!c->is) {
    ml_buf_puts(out, "null");
    return;
  }
  ml_buf_puts(out, "{\"is\": ");
  ml_buf_json_string(out, c->is);
  ml_buf_puts(out, ", \"columns\": [");
  for (size_t j = 0; j < c->n; j++) {
    ml_buf_puts(out, j ? ",\n" : "\n");
    put_column(c, &c->items[j], out);
  }
  ml_buf_puts(out, "]}");
}

void inspect__json(const inspected *m, ml_buf *out) {
  const ml_pipeline *p = m->pipeline;
  const ml_value *about = ml_pipeline_about(p);
  size_t n_classes, n_features;
  const char *const *classes = ml_pipeline_classes(p, &n_classes);
  const char *const *features = ml_pipeline_features(p, &n_features);
  ml_buf_printf(out, "{\"schema\": %d", SCHEMA);
  put_text("file", m->path, out);
  put_text("target", ml_pipeline_target(p), out);
  put_text("task", n_classes ? "classification" : "regression", out);
  put_texts("classes", classes, n_classes, out);
  put_text("model", ml_pipeline_model(p)->name, out);
  xval__json_params(ml_pipeline_model(p), ml_pipeline_params(p), out);
  put_value("written_by", ml_value_find(about, "mltool"), out);
  put_text("read_by", ml_version(), out);
  put_value("data", ml_value_find(about, "data"), out);
  put_value("seed", ml_value_find(about, "seed"), out);
  put_input(m, out);
  put_text("prep", ml_pipeline_steps(p), out);
  put_texts("features", features, n_features, out);
  put_value("validation", ml_value_find(about, "validation"), out);
  put_importance(&m->columns, out);
  ml_buf_puts(out, "}\n");
}
