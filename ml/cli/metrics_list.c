/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All metrics, from their table: as text, JSON, a page. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "score.h"

enum { NAME_WIDTH = 24 };

/* "name" or "name=ARGUMENT". */
static void put_usage(ml_buf *out, const ml_metric_info *info) {
  ml_buf_puts(out, info->name);
  if (info->argument) ml_buf_printf(out, "=%s", info->argument);
}

static const char *needs(const ml_metric_info *info) {
  static const char *const words[] = {[ML_METRIC_VALUES] = "numbers",
                                      [ML_METRIC_CLASSES] = "classes",
                                      [ML_METRIC_SCORES] = "scores",
                                      [ML_METRIC_PROBABILITIES] = "probabilities"};
  return words[info->needs];
}

/* ---- text ---------------------------------------------------------------------------------- */

static void put_metric(ml_buf *out, const ml_metric_info *info, size_t width) {
  ml_buf name = {0};
  put_usage(&name, info);
  ml_buf_printf(out, "%-*.*s", NAME_WIDTH, (int)name.n, name.data ? name.data : "");
  if (name.n >= NAME_WIDTH) ml_buf_puts(out, " ");
  if (name.failed) out->failed = true;
  size_t at = name.n >= NAME_WIDTH ? name.n + 1 : NAME_WIDTH;
  cli__wrap(out, info->summary, at, NAME_WIDTH, width);
  ml_buf_release(&name);
}

void cli__metrics_text(const cli_call *cli, ml_buf *out) {
  static const struct {
    const char *title;
    ml_problem problem;
  } parts[] = {{"Of numbers:", ML_REGRESSION}, {"Of classes:", ML_CLASSIFICATION}};
  const ml_metric_info *info;
  size_t width = cli__terminal_width(STDOUT_FILENO);
  if (width < CLI_WIDTH) width = width > 0 ? CLI_WIDTH : SIZE_MAX;
  for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
    if (p > 0) ml_buf_puts(out, "\n");
    cli__heading(cli, out, parts[p].title);
    for (size_t i = 0; (info = ml_metric_at(i)); i++)
      if (info->problem == parts[p].problem) put_metric(out, info, width);
  }
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_aliases(ml_buf *out, const char *aliases) {
  ml_buf_puts(out, "[");
  for (const char *a = aliases; *a;) {
    size_t n = strcspn(a, "|");
    ml_buf_printf(out, "%s\"%.*s\"", a > aliases ? ", " : "", (int)n, a);
    a += n + (a[n] == '|');
  }
  ml_buf_puts(out, "]");
}

static void json_metric(ml_buf *out, const ml_metric_info *info) {
  ml_buf_printf(out, "{\"name\": \"%s\", \"aliases\": ", info->name);
  json_aliases(out, info->aliases);
  ml_buf_puts(out, ", \"summary\": ");
  ml_buf_json_string(out, info->summary);
  ml_buf_printf(out, ", \"task\": \"%s\", \"needs\": \"%s\", \"best\": \"%s\", \"binary\": %s",
                info->problem == ML_REGRESSION ? "regression" : "classification", needs(info),
                ml_metric_best(info), info->is_binary ? "true" : "false");
  if (info->argument) {
    ml_buf_printf(out, ", \"argument\": {\"name\": \"%s\", \"default\": ", info->argument);
    ml_buf_json_number(out, info->fallback);
    ml_buf_puts(out, ", \"min\": ");
    ml_buf_json_number(out, info->lo);
    ml_buf_puts(out, ", \"max\": ");
    ml_buf_json_number(out, info->hi);
    ml_buf_puts(out, "}");
  }
  ml_buf_puts(out, "}");
}

void cli__metrics_json(ml_buf *out) {
  const ml_metric_info *info;
  ml_buf_puts(out, "{\"metrics\": [");
  for (size_t i = 0; (info = ml_metric_at(i)); i++) {
    ml_buf_puts(out, i > 0 ? ",\n" : "\n");
    json_metric(out, info);
  }
  ml_buf_puts(out, "\n]}\n");
}

/* ---- a page -------------------------------------------------------------------------------- */

/* A cell of a table: a bar would end it. */
static void put_cell(ml_buf *out, const char *text) {
  for (; *text; text++) {
    ml_buf_puts(out, *text == '|' ? "\\" : "");
    ml_buf_put(out, text, 1);
  }
}

static void put_row(ml_buf *out, const ml_metric_info *info) {
  ml_buf_puts(out, "| `");
  put_usage(out, info);
  ml_buf_puts(out, "` | ");
  put_cell(out, info->summary);
  if (info->argument && info->fallback > info->lo) {
    ml_buf_printf(out, "; %s is ", info->argument);
    ml_buf_number(out, info->fallback);
    ml_buf_puts(out, " unless given");
  }
  ml_buf_printf(out, " | %s | %s | ", needs(info), ml_metric_best(info));
  for (const char *a = info->aliases; *a;) {
    size_t n = strcspn(a, "|");
    ml_buf_printf(out, "%s`%.*s`", a > info->aliases ? ", " : "", (int)n, a);
    a += n + (a[n] == '|');
  }
  ml_buf_puts(out, " |\n");
}

static void put_page_part(ml_buf *out, const char *title, ml_problem problem) {
  const ml_metric_info *info;
  ml_buf_printf(out,
                "\n## %s\n\n| metric | what it is | needs | best | other names |\n"
                "| --- | --- | --- | --- | --- |\n",
                title);
  for (size_t i = 0; (info = ml_metric_at(i)); i++)
    if (info->problem == problem) put_row(out, info);
}

static const char introduction[] =
    "<!-- Made by `mltool score --metrics --markdown > docs/metrics.md`; a test compares. -->\n"
    "# Metrics\n\n"
    "How good predictions are: what `mltool score` prints and `mltool xval --metric` takes. Names "
    "are those\nof scikit-learn and of the KX toolkit; `neg_` in front of a loss is accepted and "
    "means nothing, for every\nmetric knows which direction is best. In a name, `#` stands for the "
    "argument.\n\n"
    "- All metrics are weighted where there are weights; a row of weight 0 is not there.\n"
    "- A metric that is **undefined** for the rows at hand is said to be so, with the reason, and "
    "is no number:\n  `r2` of one row, `roc_auc` without both classes, a logarithm of a negative "
    "value. `r2`, `explained_variance`\n  and `d2_absolute_error` of a constant truth are 1 where "
    "all predictions are right, else 0, and `mcc` is 0 where\n  the truth or the predictions are "
    "of one class, as in scikit-learn.\n"
    "- Classes are in order: ascending as numbers, else byte by byte. Of two, the last is the "
    "positive one.\n  Means over classes (`_macro`) run over all classes, `balanced_accuracy` over "
    "those that the truth has; it\n  wants two.\n"
    "- A share whose denominator is zero, such as `precision` where nothing is predicted, is 0, or "
    "1 with\n  `--zero-division 1`.\n"
    "- Equal scores: a pair of rows counts one half in `roc_auc`, and `average_precision` takes "
    "them together.\n"
    "- With weights, `medae` and `d2_absolute_error` stand on the lower weighted median.\n"
    "- `smape` leaves rows out where truth and prediction are both 0.\n";

void cli__metrics_markdown(ml_buf *out) {
  ml_buf_puts(out, introduction);
  put_page_part(out, "Numbers", ML_REGRESSION);
  put_page_part(out, "Classes", ML_CLASSIFICATION);
}
