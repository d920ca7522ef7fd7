/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool status: what a running pool does. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

typedef struct status_options {
  cli_common common;
  cli_connect to;
} status_options;

enum { CELL = 32 };

/* ---- parts of the answer: any may be missing, should the pool be another version ----------- */

static bool has(const ml_value *object, const char *key) {
  const ml_value *v = ml_value_find(object, key);
  return v && v->type != ML_TYPE_NULL;
}

static double number(const ml_value *object, const char *key) {
  const ml_value *v = ml_value_find(object, key);
  double x = 0;
  return v && ml_value_as_real(v, &x) ? x : 0;
}

static const char *text(const ml_value *object, const char *key) {
  const ml_value *v = ml_value_find(object, key);
  return v && v->type == ML_TYPE_STRING ? v->as.s.text : "";
}

static size_t list(const ml_value *object, const char *key, const ml_value **values) {
  const ml_value *v = ml_value_find(object, key);
  if (!v || v->type != ML_TYPE_LIST) return 0;
  *values = v->as.l.values;
  return v->as.l.n;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Names and last words come from functions: a terminal must not obey them. */
static void put_plain(ml_buf *out, const char *words) {
  for (; *words; words++)
    ml_buf_put(out, (unsigned char)*words < ' ' || *words == 127 ? "?" : words, 1);
}

static void format_count(char *cell, double n) {
  snprintf(cell, CELL, "%.0f", n);
}

static void format_time(char *cell, double seconds) {
  static const struct {
    double below, unit;
    const char *name;
  } units[] = {{1e-3, 1e-6, "us"}, {1, 1e-3, "ms"}, {60, 1, "s"}, {3600, 60, "min"}};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (seconds < units[i].below) {
      snprintf(cell, CELL, "%.3g %s", seconds / units[i].unit, units[i].name);
      return;
    }
  snprintf(cell, CELL, "%.1f h", seconds / 3600);
}

static void format_memory(char *cell, double bytes) {
  if (bytes > 0)
    snprintf(cell, CELL, "%.0f MiB", bytes / (1 << 20));
  else
    snprintf(cell, CELL, "-"); /* not looked at yet */
}

/* ---- the table of workers -------------------------------------------------------------------- */

typedef struct column {
  const char *title, *key;
  void (*format)(char *cell, double x); /* NULL: a text, to the left */
} column;

static const column columns[] = {{"worker", "index", format_count},
                                 {"process", "pid", format_count},
                                 {"state", "state", NULL},
                                 {"item", "item", format_count},
                                 {"for", "running", format_time},
                                 {"done", "items_done", format_count},
                                 {"mean", "mean_seconds", format_time},
                                 {"memory", "rss", format_memory},
                                 {"lost", "losses", format_count}};

enum { N_COLUMNS = sizeof columns / sizeof *columns };

static const char *cell_of(const ml_value *worker, const column *c, char cell[CELL]) {
  if (!has(worker, c->key))
    snprintf(cell, CELL, "-");
  else if (c->format)
    c->format(cell, number(worker, c->key));
  else
    snprintf(cell, CELL, "%.20s%s", text(worker, c->key),
             number(worker, "by_hand") != 0 ? ", by hand" : "");
  return cell;
}

static void put_cell(ml_buf *out, const column *c, const char *cell, size_t width) {
  size_t fill = width - strlen(cell);
  if (c->format) cli__pad(out, fill);
  put_plain(out, cell);
  if (!c->format) cli__pad(out, fill);
  ml_buf_puts(out, c == &columns[N_COLUMNS - 1] ? "\n" : "  ");
}

static void put_workers(cli_call *cli, ml_buf *out, const ml_value *workers, size_t n) {
  size_t widths[N_COLUMNS];
  char cell[CELL];
  cli__heading(cli, out, "Workers:");
  for (size_t k = 0; k < N_COLUMNS; k++) {
    widths[k] = strlen(columns[k].title);
    for (size_t i = 0; i < n; i++) {
      size_t width = strlen(cell_of(&workers[i], &columns[k], cell));
      if (width > widths[k]) widths[k] = width;
    }
  }
  for (size_t k = 0; k < N_COLUMNS; k++) put_cell(out, &columns[k], columns[k].title, widths[k]);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < N_COLUMNS; k++)
      put_cell(out, &columns[k], cell_of(&workers[i], &columns[k], cell), widths[k]);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void put_pool(ml_buf *out, const ml_value *all) {
  char up[CELL];
  format_time(up, number(all, "uptime"));
  ml_buf_printf(out, "port %.0f, process %.0f, version ", number(all, "port"), number(all, "pid"));
  put_plain(out, text(all, "version"));
  ml_buf_printf(out, ", up %s\n", up);
}

static void put_job(ml_buf *out, const ml_value *all) {
  const ml_value *job = ml_value_find(all, "job"), *stats = ml_value_find(all, "stats");
  char left[CELL];
  if (!has(all, "job")) {
    ml_buf_printf(out, "between jobs: %.0f items done, %.0f failed\n",
                  stats ? number(stats, "items_done") : 0,
                  stats ? number(stats, "items_failed") : 0);
    return;
  }
  put_plain(out, has(job, "function") ? text(job, "function") : text(job, "step"));
  ml_buf_printf(out, ": %.0f", number(job, "done"));
  if (has(job, "total")) ml_buf_printf(out, " of %.0f", number(job, "total"));
  ml_buf_printf(out, " done, %.0f failed, %.0f again, %.0f in flight, %.0f queued\n",
                number(job, "failed"), number(job, "retried"), number(job, "in_flight"),
                number(job, "queued"));
  ml_buf_printf(out, "%.3g items/s", number(job, "rate"));
  if (has(job, "eta")) {
    format_time(left, number(job, "eta"));
    ml_buf_printf(out, ", %s left", left);
  }
  ml_buf_puts(out, "\n");
}

static void put_losses(cli_call *cli, ml_buf *out, const ml_value *losses, size_t n) {
  if (n == 0) return;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Lost:");
  for (size_t i = 0; i < n; i++) {
    time_t at = (time_t)number(&losses[i], "time");
    struct tm parts;
    char when[16] = "";
    if (localtime_r(&at, &parts)) strftime(when, sizeof when, "%H:%M:%S", &parts);
    ml_buf_printf(out, "%s  ", when);
    put_plain(out, text(&losses[i], "text"));
    ml_buf_puts(out, "\n");
  }
}

static void put_all(cli_call *cli, ml_buf *out, const ml_value *all) {
  const ml_value *workers = NULL, *losses = NULL;
  size_t n_workers = list(all, "workers", &workers), n_losses = list(all, "losses", &losses);
  put_pool(out, all);
  put_job(out, all);
  ml_buf_puts(out, "\n");
  put_workers(cli, out, workers, n_workers);
  put_losses(cli, out, losses, n_losses);
}

static ml_status show(cli_call *cli, const ml_buf *json, ml_error *err) {
  ml_buf out = {0};
  ml_value all;
  ml_arena *arena = ml_arena_new();
  if (!arena) return ml_error_memory(err);
  ml_status status = ml_value_from_json(json->data, json->n, "the pool's answer", arena, &all, err);
  if (status == ML_OK) {
    put_all(cli, &out, &all);
    status = cli__print(&out, err);
  }
  ml_arena_free(arena);
  return status;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const status_options *o = options;
  char host[256];
  int port;
  if (!o->to.address || !o->to.token_file)
    return ml_error_set(err, ML_ERR_USAGE,
                        "which pool? Give -p PORT and the --token-file that it was opened with");
  ml_status status = cli__read_address(o->to.address, host, &port, err);
  if (status != ML_OK) return status;
  ml_buf json = {0};
  status = ml_mproc_ask_status(host, port, o->to.token_file, &json, err);
  if (status == ML_OK && cli->common.json) {
    ml_buf_puts(&json, "\n");
    return cli__print(&json, err);
  }
  if (status == ML_OK) status = show(cli, &json, err);
  ml_buf_release(&json);
  return status;
}

const cli_command cli__status = {
    .name = "status",
    .summary = "show what a running pool of workers does",
    .synopsis = "-p [HOST:]PORT --token-file FILE [--json]",
    .description =
        "Ask the pool of a command that runs with -s N, -p PORT and --token-file FILE what it is "
        "at: its job with counts, speed and time left, each worker with its item, time and memory, "
        "and the last workers that were lost. The same FILE proves that you may ask.\n\n"
        "A central process that is busy with something else answers when it is done, or not within "
        "the 5 seconds that are waited for.",
    .groups = (const cli_group[]){{"Options:", cli__connect_opts, offsetof(status_options, to)},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(status_options),
    .examples = (const cli_example[]){{"start a run that can be looked at",
                                       "mltool -s 4 -p 5001 --token-file pool.token fresh data.csv "
                                       "-o features.csv"},
                                      {"look at it from another terminal",
                                       "mltool status -p 5001 --token-file pool.token"},
                                      {0}},
    .run = run};
