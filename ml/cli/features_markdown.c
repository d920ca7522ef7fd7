/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue as a page. */
#include "features.h"

#include <string.h>

/* A cell of a table: a bar would end it. */
static void put_cell(ml_buf *out, const char *text) {
  for (; *text; text++) {
    ml_buf_puts(out, *text == '|' ? "\\" : "");
    ml_buf_put(out, text, 1);
  }
}

static void put_row(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_printf(out, "| [%s](#%s) | %zu | ", f->name, f->name, f->n_grid);
  for (size_t k = 0; k < f->n_params; k++)
    ml_buf_printf(out, "%s%s", k > 0 ? ", " : "", f->params[k].name);
  ml_buf_puts(out, " | ");
  put_cell(out, f->summary);
  ml_buf_puts(out, " |\n");
}

static void put_section(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_printf(out, "\n### %s\n\n%s.\n\n", f->name, f->summary);
  ml_buf_printf(out, "    %s\n\n", f->formula);
  ml_buf_printf(out, "- NaN: %s\n- cost: O(%s)\n- source: %s\n", f->nan_rule, f->cost, f->source);
  if (cli__feature_time(f)) ml_buf_printf(out, "- time: %s\n", cli__feature_time(f));
  for (size_t k = 0; k < f->n_params; k++) {
    ml_buf_printf(out, "- parameter `%s`: %s; ", f->params[k].name, f->params[k].doc);
    cli__put_range(out, &f->params[k]);
    ml_buf_puts(out, "; ");
    cli__put_defaults(out, f, k);
    ml_buf_puts(out, "\n");
  }
  ml_buf_puts(out, "- column: `KIND__");
  ml_fresh_name(f, f->grid, out);
  ml_buf_puts(out, f->n_grid > 1 ? "`, ...\n" : "`\n");
}

void cli__features_markdown(ml_buf *out) {
  size_t n;
  const ml_fresh_feature *const *features = ml_fresh_features(&n);
  ml_buf_puts(
      out,
      "<!-- Made by `mltool features --markdown > docs/features.md`; a test compares. -->\n"
      "# Features\n\n"
      "What `mltool fresh` computes of a series of values x[0], ..., x[n-1], in the order of "
      "the columns.\n`mltool features NAME` says the same, `mltool features --json` says it "
      "to programs.\n\n"
      "| feature | columns | parameters | what it is |\n| --- | --- | --- | --- |\n");
  for (size_t i = 0; i < n; i++) put_row(out, features[i]);
  for (size_t i = 0; i < n; i++) put_section(out, features[i]);
}
