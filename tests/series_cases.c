/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases of reading series, and sets as text. */
#include "series_cases.h"

#include <string.h>

void dump_series(const ml_series_set *set, ml_buf *out) {
  for (size_t i = 0; i < ml_series_n_ids(set); i++) {
    ml_buf_puts(out, ml_series_id(set, i));
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      ml_series s = ml_series_at(set, i, k);
      ml_buf_printf(out, " %s=", ml_series_kind(set, k));
      for (size_t p = 0; p < s.n; p++) ml_buf_printf(out, p ? ",%g" : "%g", s.x[p]);
    }
    ml_buf_puts(out, ";");
  }
}

void dump_series_error(const ml_error *err, ml_buf *out) {
  ml_buf_puts(out, "!");
  if (err->line) ml_buf_printf(out, "%zu:", err->line);
  if (err->column) ml_buf_printf(out, "%zu:", err->column);
  ml_buf_printf(out, "%s%s", err->line ? " " : "", err->message);
}

void check_series_case(void **state) {
  const series_case *c = *state;
  ml_series_set *set = NULL;
  ml_error err = {0};
  ml_buf out = {0};
  if (ml_series_parse(c->text, strlen(c->text), "s.csv", &c->opts, &set, &err) == ML_OK)
    dump_series(set, &out);
  else
    dump_series_error(&err, &out);
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, c->want);
  ml_buf_release(&out);
  ml_series_free(set);
}
