/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a target and of a selection. */
#include "relevance.h"

#include <math.h>
#include <stdlib.h>

#include "select_picture.h"

enum { SHOWN_CLASSES = 5, MANY_CLASSES = 10, SHOWN_FEATURES = 5 };

/* ---- the target ---------------------------------------------------------------------------- */

static void put_range(const ml_target *target, ml_buf *out) {
  double lo = target->values[0], hi = lo;
  for (size_t i = 1; i < target->n; i++) {
    lo = fmin(lo, target->values[i]);
    hi = fmax(hi, target->values[i]);
  }
  ml_buf_puts(out, "from ");
  ml_buf_number(out, lo);
  ml_buf_puts(out, " to ");
  ml_buf_number(out, hi);
}

/* "3 classes (a: 10, b: 4, c: 1)"; of many the first few. */
static void put_classes(const ml_target *target, ml_buf *out) {
  size_t *counts = calloc(target->n_classes, sizeof *counts);
  if (!counts) {
    out->failed = true;
    return;
  }
  for (size_t i = 0; i < target->n; i++) counts[target->classes[i]]++;
  ml_buf_printf(out, "%zu classes (", target->n_classes);
  for (size_t c = 0; c < target->n_classes && c < SHOWN_CLASSES; c++)
    ml_buf_printf(out, "%s%.60s: %zu", c ? ", " : "", target->labels[c], counts[c]);
  ml_buf_puts(out, target->n_classes > SHOWN_CLASSES ? ", ...)" : ")");
  free(counts);
}

/* The KX rules go by the number of values alone. */
static ml_problem problem_of(const cli_selecting *s) {
  if (s->opts->test != ML_SELECT_KX || !s->target->values) return s->target->problem;
  return s->target->n_classes == 2 ? ML_CLASSIFICATION : ML_REGRESSION;
}

/* Classes that are numbers may well be a mistake when there are many. */
static bool has_many_classes(const cli_selecting *s) {
  return s->given->task == ML_PROBLEM_AUTO && s->target->type == ML_TARGET_INTEGER &&
         problem_of(s) == ML_CLASSIFICATION && s->target->n_classes > MANY_CLASSES;
}

void relevance__note_target(cli_call *cli, const cli_selecting *s) {
  static const char *const types[] = {"integer", "real", "boolean", "text"};
  const ml_target *target = s->target;
  const char *source = s->given->target_file ? s->given->target_file : s->input_name;
  ml_buf words = {0};
  bool has_classes = problem_of(s) == ML_CLASSIFICATION;
  if (has_classes)
    put_classes(target, &words);
  else
    put_range(target, &words);
  ml_buf_put(&words, "", 1);
  if (!words.failed)
    cli__note(cli, "target '%s' of %s: %s, %s: %s", target->name,
              cli__is_stdio(source) ? "standard input" : source, types[target->type], words.data,
              has_classes ? "classification" : "regression");
  ml_buf_release(&words);
  if (has_many_classes(s))
    cli__note(cli,
              "target '%s' has %zu classes, each tested against all others; --task regression "
              "takes it as numbers",
              target->name, target->n_classes);
  if (!has_classes && s->opts->test == ML_SELECT_KS)
    cli__note(cli, "target '%s' is numbers: --test ks changes nothing", target->name);
}

/* ---- the result ---------------------------------------------------------------------------- */

/* The best few, and how far they are from being selected. */
static void note_best(cli_call *cli, const cli_pictured *s) {
  const ml_selection *selection = s->selection;
  ml_buf words = {0};
  size_t n = 0;
  bool for_many = selection->n_classes > 0 && s->opts->n_significant > 1;
  for (; n < selection->n && n < SHOWN_FEATURES && !isnan(selection->features[n].p_value); n++) {
    const ml_relevance *feature = &selection->features[n];
    ml_buf_printf(&words, "%s%s (p = %.3g", n ? ", " : "", s->features->columns[feature->column],
                  feature->p_value);
    if (for_many) ml_buf_printf(&words, ", relevant for %zu", feature->n_significant);
    ml_buf_puts(&words, ")");
  }
  ml_buf_put(&words, "", 1);
  if (n > 0 && !words.failed && for_many)
    cli__note(cli, "best: %s; --n-significant %zu asks for more", words.data,
              s->opts->n_significant);
  else if (n > 0 && !words.failed)
    cli__note(cli, "best: %s; the threshold of the smallest p-value is %.3g", words.data,
              selection->threshold);
  ml_buf_release(&words);
}

static size_t count_redundant(const ml_selection *selection) {
  size_t n = 0;
  for (size_t i = 0; i < selection->n; i++) n += selection->features[i].redundant_with != SIZE_MAX;
  return n;
}

void relevance__note_result(cli_call *cli, const cli_pictured *s) {
  const ml_selection *selection = s->selection;
  size_t n_redundant = count_redundant(selection);
  ml_buf rule = {0};
  picture__rule(s, &rule);
  ml_buf_printf(&rule, ", %zu constant", selection->n_constant);
  ml_buf_put(&rule, "", 1);
  if (s->opts->n_significant > 0 && selection->n_classes == 0)
    cli__note(cli, "target '%s' has two classes: --multiclass changes nothing", s->target->name);
  if (!rule.failed && selection->n_selected == 0)
    cli__note(cli, "no feature selected of %zu (%s)", selection->n, rule.data);
  else if (!rule.failed)
    cli__note(cli, "%zu of %zu feature%s selected (%s)", selection->n_selected, selection->n,
              cli__plural(selection->n), rule.data);
  if (n_redundant > 0)
    cli__note(cli, "%zu relevant feature%s left out: correlated above %g with a better one",
              n_redundant, cli__plural(n_redundant), s->opts->redundancy);
  if (selection->n_constant == selection->n)
    cli__note(cli, "every feature is constant: there is nothing to test");
  else if (selection->n_selected == 0)
    note_best(cli, s);
  ml_buf_release(&rule);
}
