/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `mltool fresh` tells about a run beside its features: --cost and --nan-report. */
#include "fresh_report.h"

#include <unistd.h>

/* Nothing can be done when it fails. */
static void print_stderr(cli_call *cli, ml_buf *text) {
  cli__progress_clear(cli);
  if (!text->failed && write(STDERR_FILENO, text->data, text->n) < 0) cli->progress.is_on = false;
  ml_buf_release(text);
}

static double share_of(const ml_fresh_costs *costs, double seconds) {
  return costs->seconds > 0 ? seconds / costs->seconds : 0;
}

static double per_series(const ml_fresh_costs *costs, double seconds) {
  return costs->n_series > 0 ? 1e3 * seconds / (double)costs->n_series : 0;
}

static void put_line(const ml_fresh_costs *costs, const char *name, bool is_shared, double seconds,
                     ml_buf *text) {
  ml_buf_printf(text, "%12.6f  %9.4f  %5.1f  %s%s\n", per_series(costs, seconds), seconds,
                100 * share_of(costs, seconds), is_shared ? "shared: " : "", name);
}

static void costs_table(const ml_fresh_costs *costs, ml_buf *text) {
  ml_buf_puts(text, "ms a series    seconds      %  calculator\n");
  for (size_t i = 0; i < costs->n; i++)
    put_line(costs, costs->list[i].name, costs->list[i].is_shared, costs->list[i].seconds, text);
  put_line(costs, "all", false, costs->seconds, text);
}

static void costs_json(const ml_fresh_costs *costs, ml_buf *text) {
  ml_buf_printf(text, "{\"series\": %zu, \"seconds\": ", costs->n_series);
  ml_buf_json_number(text, costs->seconds);
  ml_buf_puts(text, ", \"costs\": [");
  for (size_t i = 0; i < costs->n; i++) {
    const ml_fresh_cost *cost = &costs->list[i];
    ml_buf_printf(text, "%s{\"name\": \"%s\", \"shared\": %s, \"seconds\": ", i ? ", " : "",
                  cost->name, cost->is_shared ? "true" : "false");
    ml_buf_json_number(text, cost->seconds);
    ml_buf_puts(text, ", \"share\": ");
    ml_buf_json_number(text, share_of(costs, cost->seconds));
    ml_buf_puts(text, ", \"ms_per_series\": ");
    ml_buf_json_number(text, per_series(costs, cost->seconds));
    ml_buf_puts(text, "}");
  }
  ml_buf_puts(text, "]}\n");
}

void fresh_report__costs(cli_call *cli, const ml_fresh_costs *costs) {
  ml_buf text = {0};
  if (cli->common.json)
    costs_json(costs, &text);
  else
    costs_table(costs, &text);
  print_stderr(cli, &text);
}

ml_status fresh_report__write(const char *path, const ml_buf *text, ml_error *err) {
  ml_output *out = NULL;
  ml_status status = ml_output_open(path, &out, err);
  if (status == ML_OK) status = ml_output_write(out, text->data, text->n, err);
  if (status == ML_OK) return ml_output_commit(out, err);
  ml_output_abort(out);
  return status;
}
