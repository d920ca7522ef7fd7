/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool features: the catalogue. */
#include "cli.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define NAME_WIDTH   32 /* where a terminal has no room for the longest name and words beside it */
#define WORDS_WIDTH  40
#define COUNT_WIDTH  9 /* "COLUMNS" with the blanks around it */
#define NAMES_SHOWN  8 /* column names that are listed without -v */
#define VALUES_SHOWN 12

/* ---- values of parameters ------------------------------------------------------------------ */

/* The i-th of "mean|var|std". */
static void put_choice(ml_buf *out, const char *choices, size_t i) {
  for (; i > 0 && strchr(choices, '|'); i--) choices = strchr(choices, '|') + 1;
  ml_buf_put(out, choices, strcspn(choices, "|"));
}

static void put_value(ml_buf *out, const ml_fresh_param *param, ml_param_value value) {
  char text[ML_NUMBER_MAX];
  switch (param->kind) {
    case ML_PARAM_BOOL:
      ml_buf_puts(out, value.v != 0 ? "true" : "false");
      break;
    case ML_PARAM_ENUM:
      put_choice(out, param->choices, (size_t)value.v);
      break;
    default:
      if (value.form == ML_FORM_INT || !isfinite(value.v)) {
        ml_number_format(value.v, text);
      } else {
        ml_number_repr(value.v, text);
      }
      ml_buf_puts(out, text);
  }
}

static bool is_same(ml_param_value a, ml_param_value b) {
  return a.v == b.v && a.form == b.form;
}

/* Values of parameter k in the default grid, each once. */
static void put_defaults(ml_buf *out, const ml_fresh_feature *f, size_t k) {
  size_t n = 0;
  for (size_t i = 0; i < f->n_grid; i++) {
    ml_param_value value = f->grid[i * f->n_params + k];
    bool is_new = true;
    for (size_t before = 0; before < i && is_new; before++)
      is_new = !is_same(f->grid[before * f->n_params + k], value);
    if (!is_new || n++ >= VALUES_SHOWN) continue;
    ml_buf_puts(out, n > 1 ? ", " : "");
    put_value(out, &f->params[k], value);
  }
  if (n > VALUES_SHOWN) ml_buf_printf(out, ", ... (%zu values)", n);
}

static void put_range(ml_buf *out, const ml_fresh_param *param) {
  static const char *const kinds[] = {
      [ML_PARAM_INT] = "integer", [ML_PARAM_REAL] = "number", [ML_PARAM_BOOL] = "true or false"};
  if (param->kind == ML_PARAM_ENUM) {
    ml_buf_puts(out, "one of ");
    for (const char *c = param->choices; *c; c++) {
      ml_buf_put(out, *c == '|' ? ", " : c, *c == '|' ? 2 : 1);
    }
    return;
  }
  ml_buf_puts(out, kinds[param->kind]);
  if (param->kind == ML_PARAM_BOOL) return;
  if (isfinite(param->lo)) {
    ml_buf_puts(out, " from ");
    ml_buf_number(out, param->lo);
  }
  if (isfinite(param->hi)) {
    ml_buf_puts(out, isfinite(param->lo) ? " to " : " up to ");
    ml_buf_number(out, param->hi);
  }
}

/* ---- text ---------------------------------------------------------------------------------- */

/* A line for each feature, so that grep finds all of it; broken to the width of a terminal. */
static void put_row(ml_buf *out, const ml_fresh_feature *f, size_t name_width, size_t width) {
  ml_buf words = {0};
  ml_buf_puts(&words, f->summary);
  for (size_t k = 0; k < f->n_params; k++)
    ml_buf_printf(&words, "%s%s%s", k == 0 ? " (" : ", ", f->params[k].name,
                  k + 1 == f->n_params ? ")" : "");
  ml_buf_put(&words, "", 1);
  ml_buf_printf(out, "%-*s", (int)name_width, f->name);
  if (strlen(f->name) > name_width) ml_buf_printf(out, "\n%*s", (int)name_width, "");
  ml_buf_printf(out, "%7zu  ", f->n_grid);
  size_t at = name_width + COUNT_WIDTH;
  if (words.failed) out->failed = true;
  if (!words.failed) cli__wrap(out, words.data, at, at, width);
  ml_buf_release(&words);
}

/* As wide as the longest name. A narrow terminal has the longest names on lines of their own. */
static size_t find_name_width(const ml_fresh_feature *const *features, size_t n, size_t width) {
  size_t longest = 0;
  for (size_t i = 0; i < n; i++)
    if (strlen(features[i]->name) > longest) longest = strlen(features[i]->name);
  return longest + COUNT_WIDTH + WORDS_WIDTH <= width ? longest : NAME_WIDTH;
}

static void put_table(const cli_call *cli, ml_buf *out) {
  size_t n, n_columns = 0;
  const ml_fresh_feature *const *features = ml_fresh_features(&n);
  size_t width = cli__terminal_width(STDOUT_FILENO);
  if (width < CLI_WIDTH) width = width > 0 ? CLI_WIDTH : SIZE_MAX;
  size_t name_width = find_name_width(features, n, width);
  char heading[256];
  snprintf(heading, sizeof heading, "%-*s%7s  %s", (int)name_width, "FEATURE", "COLUMNS",
           "SUMMARY (PARAMETERS)");
  cli__heading(cli, out, heading);
  for (size_t i = 0; i < n; i++) {
    put_row(out, features[i], name_width, width);
    n_columns += features[i]->n_grid;
  }
  ml_buf_printf(out,
                "\n%zu features, %zu columns for each kind of series; 'mltool features NAME' "
                "says more\n",
                n, n_columns);
}

static void put_field(ml_buf *out, const char *label, const char *text) {
  ml_buf_printf(out, "  %-10s", label);
  cli__wrap(out, text, 12, 12, CLI_WIDTH);
}

static void put_params(const cli_call *cli, ml_buf *out, const ml_fresh_feature *f) {
  if (f->n_params == 0) return;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Parameters:");
  for (size_t k = 0; k < f->n_params; k++) {
    ml_buf words = {0};
    ml_buf_printf(&words, "%s; ", f->params[k].doc);
    put_range(&words, &f->params[k]);
    ml_buf_puts(&words, "; default: ");
    put_defaults(&words, f, k);
    ml_buf_put(&words, "", 1);
    if (words.failed) out->failed = true;
    if (!words.failed) put_field(out, f->params[k].name, words.data);
    ml_buf_release(&words);
  }
}

static void put_names(const cli_call *cli, ml_buf *out, const ml_fresh_feature *f) {
  size_t shown = cli->common.verbose || f->n_grid <= NAMES_SHOWN ? f->n_grid : NAMES_SHOWN;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Columns:");
  for (size_t i = 0; i < shown; i++) {
    ml_buf_puts(out, "  KIND__");
    ml_fresh_name(f, f->grid + i * f->n_params, out);
    ml_buf_puts(out, "\n");
  }
  if (shown < f->n_grid)
    ml_buf_printf(out, "  ... and %zu more (-v shows all)\n", f->n_grid - shown);
}

static void put_feature(const cli_call *cli, ml_buf *out, const ml_fresh_feature *f) {
  cli__heading(cli, out, f->name);
  put_field(out, "what", f->summary);
  put_field(out, "formula", f->formula);
  put_field(out, "NaN", f->nan_rule);
  put_field(out, "cost", f->cost);
  put_field(out, "source", f->source);
  put_params(cli, out, f);
  put_names(cli, out, f);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_text(ml_buf *out, const char *key, const char *text) {
  ml_buf_printf(out, ", \"%s\": ", key);
  ml_buf_json_string(out, text);
}

static void json_param(ml_buf *out, const ml_fresh_param *param) {
  static const char *const kinds[] = {[ML_PARAM_INT] = "integer",
                                      [ML_PARAM_REAL] = "number",
                                      [ML_PARAM_BOOL] = "boolean",
                                      [ML_PARAM_ENUM] = "choice"};
  ml_buf_puts(out, "{\"name\": ");
  ml_buf_json_string(out, param->name);
  json_text(out, "kind", kinds[param->kind]);
  if (param->kind == ML_PARAM_INT || param->kind == ML_PARAM_REAL) {
    ml_buf_puts(out, ", \"from\": ");
    ml_buf_json_number(out, param->lo);
    ml_buf_puts(out, ", \"to\": ");
    ml_buf_json_number(out, param->hi);
  }
  if (param->kind == ML_PARAM_ENUM) json_text(out, "choices", param->choices);
  json_text(out, "doc", param->doc);
  ml_buf_puts(out, "}");
}

static void json_grid(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_puts(out, ", \"grid\": [");
  for (size_t i = 0; i < f->n_grid && f->n_params > 0; i++) {
    ml_buf_puts(out, i > 0 ? ", {" : "{");
    for (size_t k = 0; k < f->n_params; k++) {
      ml_param_value value = f->grid[i * f->n_params + k];
      bool is_word = f->params[k].kind == ML_PARAM_ENUM || !isfinite(value.v);
      ml_buf_printf(out, "%s\"%s\": %s", k > 0 ? ", " : "", f->params[k].name, is_word ? "\"" : "");
      put_value(out, &f->params[k], value);
      ml_buf_puts(out, is_word ? "\"" : "");
    }
    ml_buf_puts(out, "}");
  }
  ml_buf_puts(out, "]");
}

static void json_names(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_puts(out, ", \"columns\": [");
  for (size_t i = 0; i < f->n_grid; i++) {
    ml_buf name = {0};
    ml_fresh_name(f, f->grid + i * f->n_params, &name);
    ml_buf_put(&name, "", 1);
    ml_buf_puts(out, i > 0 ? ", " : "");
    if (name.failed) out->failed = true;
    if (!name.failed) ml_buf_json_string(out, name.data);
    ml_buf_release(&name);
  }
  ml_buf_puts(out, "]");
}

static void json_feature(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_puts(out, "{\"name\": ");
  ml_buf_json_string(out, f->name);
  json_text(out, "summary", f->summary);
  json_text(out, "formula", f->formula);
  json_text(out, "nan_rule", f->nan_rule);
  json_text(out, "cost", f->cost);
  json_text(out, "source", f->source);
  ml_buf_puts(out, ", \"parameters\": [");
  for (size_t k = 0; k < f->n_params; k++) {
    ml_buf_puts(out, k > 0 ? ", " : "");
    json_param(out, &f->params[k]);
  }
  ml_buf_puts(out, "]");
  json_grid(out, f);
  json_names(out, f);
  ml_buf_puts(out, "}");
}

static void json_table(ml_buf *out) {
  size_t n;
  const ml_fresh_feature *const *features = ml_fresh_features(&n);
  ml_buf_puts(out, "{\"features\": [");
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(out, i > 0 ? ",\n" : "\n");
    json_feature(out, features[i]);
  }
  ml_buf_puts(out, "\n]}\n");
}

/* ---- the command --------------------------------------------------------------------------- */

static ml_status print_all(cli_call *cli, ml_error *err) {
  ml_buf out = {0};
  if (cli->common.json) {
    json_table(&out);
  } else {
    put_table(cli, &out);
  }
  return cli__print(&out, err);
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  (void)options;
  if (cli->n_args == 0) return print_all(cli, err);
  const char *name = cli->args[0], *nearest = ml_fresh_nearest(name);
  const ml_fresh_feature *f = ml_fresh_find(name);
  if (!f && nearest)
    return ml_error_set(err, ML_ERR_USAGE, "unknown feature '%s' (did you mean '%s'?)", name,
                        nearest);
  if (!f)
    return ml_error_set(err, ML_ERR_USAGE, "unknown feature '%s' ('mltool features' lists all)",
                        name);
  ml_buf out = {0};
  if (cli->common.json) {
    json_feature(&out, f);
    ml_buf_puts(&out, "\n");
  } else {
    put_feature(cli, &out, f);
  }
  return cli__print(&out, err);
}

const cli_command cli__features = {
    .name = "features",
    .summary = "list the features that fresh computes, or explain one",
    .synopsis = "[--json] [NAME]",
    .description =
        "List the features that 'mltool fresh' computes, with the number of columns "
        "that each makes and its parameters. With NAME: its formula, when it is NaN, "
        "what it costs for n values, where it comes from, its parameters with their "
        "defaults, and the names of its columns.",
    .groups = (const cli_group[]){{"Options of every command:", cli__common_opts, 0}, {0}},
    .options_size = sizeof(cli_common),
    .max_args = 1,
    .examples =
        (const cli_example[]){{"what quantile computes", "mltool features quantile"},
                              {"the whole catalogue, for a program", "mltool features --json"},
                              {0}},
    .run = run};
