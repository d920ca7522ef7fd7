/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mltool score has found: for a person, and for programs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "score.h"

enum { CLASSES_SHOWN = 12, NUMBER_WIDTH = 11, LEAST_WIDTH = 16 };

/* ---- text ---------------------------------------------------------------------------------- */

static size_t widest(size_t width, const char *text) {
  size_t n = cli__text_width(text, strlen(text));
  return n > width ? n : width;
}

static void put_left(ml_buf *out, const char *text, size_t width) {
  size_t n = cli__text_width(text, strlen(text));
  ml_buf_puts(out, text);
  if (n < width) cli__pad(out, width - n);
}

static void put_right(ml_buf *out, const char *text, size_t width) {
  size_t n = cli__text_width(text, strlen(text));
  if (n < width) cli__pad(out, width - n);
  ml_buf_puts(out, text);
}

static void format_short(double value, char text[32]) {
  snprintf(text, 32, "%.6g", value);
}

static void put_number(ml_buf *out, double value, size_t width) {
  char text[32];
  format_short(value, text);
  put_right(out, text, width);
}

/* A line of bold words; out is flushed into it. */
static void put_heading(const cli_call *cli, ml_buf *line, ml_buf *out) {
  ml_buf_put(line, "", 1);
  if (line->failed) {
    out->failed = true;
  } else {
    cli__heading(cli, out, line->data);
  }
  ml_buf_release(line);
}

static void put_metrics(const cli_call *cli, const cli_score *score, ml_buf *out) {
  size_t width = LEAST_WIDTH;
  ml_buf name = {0}, heading = {0};
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < score->n_metrics; i++) {
      const cli_scored *m = &score->metrics[i];
      ml_buf_clear(&name);
      ml_metric_format(&m->metric, &name);
      ml_buf_put(&name, "", 1);
      if (name.failed) break;
      if (pass == 0) {
        width = widest(width, name.data);
        continue;
      }
      if (i == 0) {
        put_left(&heading, "METRIC", width + 2);
        ml_buf_puts(&heading, "VALUE");
        put_heading(cli, &heading, out);
      }
      put_left(out, name.data, width + 2);
      if (isnan(m->value)) {
        ml_buf_printf(out, "undefined: %s", m->why);
      } else {
        put_number(out, m->value, 0);
      }
      ml_buf_puts(out, "\n");
    }
  if (name.failed) out->failed = true;
  ml_buf_release(&name);
}

static size_t class_width(const cli_score *score) {
  size_t width = LEAST_WIDTH;
  for (size_t c = 0; c < score->scored.n_classes; c++)
    width = widest(width, score->scored.labels[c]);
  return width;
}

static void put_confusion(const cli_call *cli, const cli_score *score, ml_buf *out) {
  size_t n = score->scored.n_classes, first = class_width(score), width = 0;
  ml_buf heading = {0};
  char text[32];
  for (size_t c = 0; c < n; c++) width = widest(width, score->scored.labels[c]);
  for (size_t k = 0; k < n * n; k++) {
    format_short(score->confusion[k], text);
    width = widest(width, text);
  }
  put_left(&heading, "TRUE, PREDICTED", first);
  for (size_t c = 0; c < n; c++) put_right(&heading, score->scored.labels[c], width + 2);
  ml_buf_puts(out, "\n");
  put_heading(cli, &heading, out);
  for (size_t a = 0; a < n; a++) {
    put_left(out, score->scored.labels[a], first);
    for (size_t b = 0; b < n; b++) put_number(out, score->confusion[a * n + b], width + 2);
    ml_buf_puts(out, "\n");
  }
}

static const char positive[] = " (positive)";

static void put_report(const cli_call *cli, const cli_score *score, ml_buf *out) {
  size_t n = score->scored.n_classes, width = class_width(score) + strlen(positive);
  ml_buf heading = {0};
  put_left(&heading, "CLASS", width);
  static const char *const names[] = {"PRECISION", "RECALL", "F1", "SUPPORT"};
  for (size_t k = 0; k < 4; k++) put_right(&heading, names[k], NUMBER_WIDTH);
  ml_buf_puts(out, "\n");
  put_heading(cli, &heading, out);
  for (size_t c = 0; c < n; c++) {
    const char *mark = n == 2 && c == 1 ? positive : "";
    ml_buf_puts(out, score->scored.labels[c]);
    put_left(out, mark,
             width - cli__text_width(score->scored.labels[c], strlen(score->scored.labels[c])));
    put_number(out, score->precision[c], NUMBER_WIDTH);
    put_number(out, score->recall[c], NUMBER_WIDTH);
    put_number(out, score->f1[c], NUMBER_WIDTH);
    put_number(out, score->support[c], NUMBER_WIDTH);
    ml_buf_puts(out, "\n");
  }
}

void cli__score_text(const cli_call *cli, const cli_score *score, ml_buf *out) {
  put_metrics(cli, score, out);
  if (cli->common.quiet || !score->confusion) return;
  if (score->scored.n_classes <= CLASSES_SHOWN) put_confusion(cli, score, out);
  put_report(cli, score, out);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_text(ml_buf *out, const char *key, const char *text) {
  ml_buf_printf(out, "\"%s\": ", key);
  if (text) {
    ml_buf_json_string(out, text);
  } else {
    ml_buf_puts(out, "null");
  }
  ml_buf_puts(out, ", ");
}

/* Values by the names of metrics, or the reasons of those that are undefined. */
static void put_by_name(ml_buf *out, const cli_score *score, bool are_reasons) {
  const char *comma = "";
  for (size_t i = 0; i < score->n_metrics; i++) {
    const cli_scored *m = &score->metrics[i];
    if (are_reasons && !isnan(m->value)) continue;
    ml_buf_printf(out, "%s\"", comma);
    ml_metric_format(&m->metric, out);
    ml_buf_puts(out, "\": ");
    if (are_reasons) {
      ml_buf_json_string(out, m->why);
    } else {
      ml_buf_json_number(out, m->value);
    }
    comma = ", ";
  }
}

static void put_row(ml_buf *out, const double *row, size_t n) {
  ml_buf_puts(out, "[");
  for (size_t c = 0; c < n; c++) {
    if (c > 0) ml_buf_puts(out, ", ");
    ml_buf_json_number(out, row[c]);
  }
  ml_buf_puts(out, "]");
}

static void put_classes(ml_buf *out, const cli_score *score) {
  size_t n = score->scored.n_classes;
  ml_buf_puts(out, ",\n \"classes\": [");
  for (size_t c = 0; c < n; c++) {
    if (c > 0) ml_buf_puts(out, ", ");
    ml_buf_json_string(out, score->scored.labels[c]);
  }
  ml_buf_puts(out, "],\n \"confusion_matrix\": [");
  for (size_t a = 0; a < n; a++) {
    if (a > 0) ml_buf_puts(out, ", ");
    put_row(out, score->confusion + a * n, n);
  }
  const struct {
    const char *key;
    const double *values;
  } of_class[] = {{"precision", score->precision},
                  {"recall", score->recall},
                  {"f1", score->f1},
                  {"support", score->support}};
  ml_buf_puts(out, "]");
  for (size_t k = 0; k < sizeof of_class / sizeof *of_class; k++) {
    ml_buf_printf(out, ",\n \"%s\": ", of_class[k].key);
    put_row(out, of_class[k].values, n);
  }
}

void cli__score_json(const cli_score *score, ml_buf *out) {
  const ml_score *read = score->read;
  ml_buf_puts(out, "{");
  put_text(out, "truth", score->truth);
  put_text(out, "predictions", score->predictions);
  put_text(out, "joined_by", read->joined_by);
  put_text(out, "target", read->target);
  put_text(out, "prediction", read->prediction);
  put_text(out, "weights", score->weights);
  ml_buf_printf(out, "\"rows\": %zu, \"task\": \"%s\", \"zero_division\": %g,\n \"metrics\": {",
                score->scored.n,
                score->scored.problem == ML_REGRESSION ? "regression" : "classification",
                score->scored.zero_division);
  put_by_name(out, score, false);
  ml_buf_puts(out, "},\n \"undefined\": {");
  put_by_name(out, score, true);
  ml_buf_puts(out, "}");
  if (score->confusion) put_classes(out, score);
  ml_buf_puts(out, "}\n");
}
