/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options about the data themselves: what is missing, and windows. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#define DATA(field)   offsetof(cli_data, field)
#define WINDOW(field) offsetof(cli_window, field)
#define FATES         "error|propagate|drop|interpolate"

const cli_opt cli__data_opts[] = {
    {0, "missing", CLI_CHOICE, DATA(missing), "WHAT", .choices = FATES, .fallback = "error",
     .help = "what becomes of missing values: error; propagate (features are computed with NaN); "
             "drop (they leave their series); interpolate (over the time, if there is one)"},
    {0, "infinite", CLI_CHOICE, DATA(infinite), "WHAT", .choices = "as-missing|" FATES,
     .fallback = "as-missing", .help = "the same for infinite values"},
    {0}};

const cli_opt cli__window_opts[] = {
    {0, "window", CLI_TEXT, WINDOW(window), "SIZE",
     .help = "cut every series into windows of N rows, or of a time such as 30min (units: ns, us, "
             "ms, s, min, h, d, w)"},
    {0, "stride", CLI_TEXT, WINDOW(stride), "SIZE",
     .help = "from the end of a window to the next, in rows or time; without it, one row"},
    {0, "min-window", CLI_INT, WINDOW(min_rows), "M", .lo = 1, .hi = 1e15,
     .help = "leave out windows with fewer rows; without it, N, or 1 for windows of time"},
    {0}};

static const struct {
  const char *name;
  double ns;
} units[] = {{"ns", 1},     {"us", 1e3},   {"ms", 1e6},    {"s", 1e9},
             {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 604800e9}};

static ml_status fail(const char *option, const char *text, ml_error *err) {
  return ml_error_set(err, ML_ERR_USAGE,
                      "option '--%s' takes a number of rows, or a time such as 30min (units: ns, "
                      "us, ms, s, min, h, d, w), not '%s'",
                      option, text);
}

/* "100" is rows; "30min", "1.5h" are nanoseconds. */
static ml_status read_extent(const char *option, const char *text, size_t *rows, int64_t *span,
                             ml_error *err) {
  double number, ns = 0;
  const char *unit = ml_number_parse(text, text + strlen(text), &number);
  if (!unit || !(number > 0)) return fail(option, text, err);
  if (!*unit) {
    if (number > 0x1p53 || number != (double)(int64_t)number) return fail(option, text, err);
    *rows = (size_t)number;
    return ML_OK;
  }
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strcmp(unit, units[i].name) == 0) ns = number * units[i].ns;
  if (!(ns >= 1 && ns < 0x1p63) || ns != (double)(int64_t)ns) return fail(option, text, err);
  *span = (int64_t)ns;
  return ML_OK;
}

ml_status cli__read_window(const cli_window *given, ml_window *window, bool *is_given,
                           ml_error *err) {
  *window = (ml_window){.min_rows = (size_t)given->min_rows.value};
  *is_given = given->window != NULL;
  if (!given->window && (given->stride || given->min_rows.given))
    return ml_error_set(err, ML_ERR_USAGE, "--%s needs --window",
                        given->stride ? "stride" : "min-window");
  ml_status status = ML_OK;
  if (given->window)
    status = read_extent("window", given->window, &window->rows, &window->span, err);
  if (status == ML_OK && given->stride)
    status = read_extent("stride", given->stride, &window->stride, &window->stride_span, err);
  if (status == ML_OK && window->rows && window->min_rows > window->rows)
    status = ml_error_set(err, ML_ERR_USAGE, "--min-window %zu is more than --window %zu",
                          window->min_rows, window->rows);
  return status;
}

void cli__use_data(const cli_data *data, ml_series_opts *opts) {
  opts->missing = (ml_missing)(ML_MISSING_ERROR + data->missing);
  opts->infinite = (ml_missing)data->infinite; /* as-missing is the default */
}

/* ---- words about them ---------------------------------------------------------------------- */

enum { NAMES_SHOWN = 5 };
static const char *const catalogues[] = {"tsfresh", "kx", "kx-strict"};

static bool is_among(const ml_fresh_feature *feature, const char *catalogue) {
  size_t n = 0;
  const ml_fresh_feature *const *features = ml_fresh_catalogue(catalogue, &n);
  for (size_t i = 0; i < n; i++)
    if (features[i] == feature) return true;
  return false;
}

void cli__note_step(cli_call *cli, const char *input, const ml_series_set *set,
                    const ml_fresh_settings *settings) {
  const char *id = ml_series_irregular(set);
  size_t n = 0, n_found = 0;
  ml_buf names = {0};
  for (size_t c = 0; id && c < sizeof catalogues / sizeof *catalogues; c++) {
    const ml_fresh_feature *const *features = ml_fresh_catalogue(catalogues[c], &n);
    for (size_t i = 0; i < n; i++) {
      if (!features[i]->assumes_step || !ml_fresh_settings_uses(settings, features[i])) continue;
      if (c > 0 && is_among(features[i], catalogues[c - 1])) continue;
      if (n_found++ >= NAMES_SHOWN) continue;
      ml_buf_puts(&names, n_found > 1 ? ", " : "");
      ml_buf_puts(&names, features[i]->name);
    }
  }
  if (n_found > NAMES_SHOWN) ml_buf_printf(&names, " and %zu more", n_found - NAMES_SHOWN);
  if (n_found > 0 && !names.failed)
    cli__note(cli,
              "%s: the time step of id %.60s is not constant; features that assume it is: %.*s",
              input, id, (int)names.n, names.data);
  ml_buf_release(&names);
}

static bool has_kind(const ml_series_set *set, const char *kind) {
  for (size_t k = 0; k < ml_series_n_kinds(set); k++)
    if (strcmp(ml_series_kind(set, k), kind) == 0) return true;
  return false;
}

void cli__note_kinds(cli_call *cli, const char *input, const ml_series_set *set,
                     const ml_fresh_settings *settings) {
  const char *kind, *first = NULL;
  size_t n = 0;
  for (size_t i = 0; (kind = ml_fresh_settings_kind(settings, i)); i++)
    if (!has_kind(set, kind) && n++ == 0) first = kind;
  if (n == 0) return;
  ml_nearest nearest = ml_nearest_to(first);
  for (size_t k = 0; k < ml_series_n_kinds(set); k++)
    ml_nearest_try(&nearest, ml_series_kind(set, k), strlen(ml_series_kind(set, k)));
  char more[32] = "";
  if (n > 1) snprintf(more, sizeof more, " and %zu more", n - 1);
  cli__note(cli, "%s: no kind '%.60s'%s, for which there are settings%s%.*s%s", input, first, more,
            nearest.name ? " (did you mean '" : "", (int)nearest.n,
            nearest.name ? nearest.name : "", nearest.name ? "'?)" : "");
}

/* Is there a calculator that has no need of dates? */
static bool uses_others(const ml_fresh_settings *settings) {
  for (size_t c = 0; c < sizeof catalogues / sizeof *catalogues; c++) {
    size_t n = 0;
    const ml_fresh_feature *const *features = ml_fresh_catalogue(catalogues[c], &n);
    for (size_t i = 0; i < n; i++)
      if (!features[i]->needs_time && ml_fresh_settings_uses(settings, features[i])) return true;
  }
  return false;
}

void cli__note_dates(cli_call *cli, const char *input, const ml_series_set *set,
                     const ml_fresh_settings *settings) {
  size_t n;
  if (!uses_others(settings)) return; /* that is an error, which says it */
  const ml_fresh_feature *const *features = ml_fresh_features(&n);
  if (ml_series_clock(set) == ML_CLOCK_TIME) return;
  for (size_t i = 0; i < n; i++)
    if (features[i]->needs_time && ml_fresh_settings_uses(settings, features[i]))
      cli__note(cli, "%s: %s is left out: it needs dates and times", input, features[i]->name);
}
