/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reference computed, as files, and the strict rule of comparing with it. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define RTOL  1e-9
#define FLOOR 1e-6 /* of the expected value, so that RTOL * FLOOR is the absolute tolerance */

const char *golden_path(const char *name) {
  static char path[4096];
  char in_reference[256];
  snprintf(in_reference, sizeof in_reference, "extract/%s", name);
  if (reference(in_reference)) return reference(in_reference);
  if (reference(name)) return reference(name);
  snprintf(path, sizeof path, "tests/golden/%s.gz", name);
  return access(path, R_OK) == 0 ? path : NULL;
}

ml_table *golden_table(const char *name, size_t n_labels) {
  ml_error err = {0};
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  const char *path = golden_path(name);
  if (!path) return NULL;
  if (ml_csv_open(path, NULL, &csv, &err) != ML_OK) fail_msg("%s: %s", name, err.message);
  size_t n = ml_csv_n_columns(csv);
  ml_csv_want *want = calloc(n, sizeof *want);
  for (size_t j = 0; j < n; j++)
    want[j] = (ml_csv_want){.column = j, .type = j < n_labels ? ML_LABEL : ML_NUMBER};
  if (ml_csv_read(csv, want, n, &table, &err) != ML_OK)
    fail_msg("%s:%zu:%zu: %s", name, err.line, err.column, err.message);
  free(want);
  ml_csv_close(csv);
  return table;
}

json_t *golden_json(const char *name) {
  static char text[1 << 22];
  json_error_t error;
  const char *path = golden_path(name);
  if (!path) fail_msg("%s is not there", name);
  gzFile file = gzopen(path, "rb"); /* reads files that are not compressed, too */
  assert_non_null(file);
  const int n = gzread(file, text, sizeof text);
  gzclose(file);
  assert_true(n > 0 && (size_t)n < sizeof text);
  json_t *json = json_loadb(text, (size_t)n, 0, &error);
  if (!json) fail_msg("%s: %s", name, error.text);
  return json;
}

const char *golden_label(const ml_table *table, size_t i, size_t j) {
  return table->columns[j].labels[table->columns[j].label[i]];
}

static double tolerance_of(const ml_table *table, const char *id, const char *column) {
  for (size_t i = 0; table && i < table->n_rows; i++)
    if (strcmp(golden_label(table, i, 1), column) == 0 &&
        strcmp(golden_label(table, i, 0), id) == 0)
      return table->columns[2].number[i];
  return 0;
}

static void keep_worst(golden_comparison *c, const golden_miss *m) {
  size_t at = c->n_worst < 10 ? c->n_worst++ : 10;
  if (at == 10) {
    at = 0;
    for (size_t i = 1; i < 10; i++)
      if (c->worst[i].score < c->worst[at].score) at = i;
    if (m->score <= c->worst[at].score) return;
  }
  c->worst[at] = *m;
}

void golden_compare(golden_comparison *c, const char *id, const char *column, double expected,
                    double got) {
  c->n_compared++;
  if ((isnan(expected) && isnan(got)) || expected == got) return;
  double off = fabs(got - expected);
  double scale = fmax(c->rtol > 0 ? 1 : FLOOR, fabs(expected));
  bool finite = isfinite(expected) && isfinite(got);
  if (finite && off <= (c->rtol > 0 ? c->rtol : RTOL) * scale) return;
  bool is_wavelet = c->wavelet_tolerance && strstr(column, "__cwt_coefficients__");
  double atol = tolerance_of(is_wavelet ? c->wavelet_tolerance : c->tolerance, id, column);
  if (isinf(atol) || (finite && off <= atol)) return;
  golden_miss m = {.score = finite ? off / scale : INFINITY, .expected = expected, .got = got};
  snprintf(m.id, sizeof m.id, "%s", id);
  snprintf(m.column, sizeof m.column, "%s", column);
  c->n_wrong++;
  keep_worst(c, &m);
}

void golden_conclude(const char *name, const golden_comparison *c) {
  for (size_t i = 0; i < c->n_worst; i++) {
    const golden_miss *m = &c->worst[i];
    print_message("  %s %s: expected %.17g, got %.17g (%.3g)\n", m->id, m->column, m->expected,
                  m->got, m->score);
  }
  if (c->n_wrong > 0) fail_msg("%s: %zu of %zu cells are wrong", name, c->n_wrong, c->n_compared);
  if (c->n_compared == 0) fail_msg("%s: nothing was compared", name);
  print_message("%s: %zu cells\n", name, c->n_compared);
}
