/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The splits of the KX toolkit (.ml.xv): chunk f of n rows in k holds floor(f n / k) to
 * floor((f + 1) n / k) - 1. */
#include <math.h>
#include <stdlib.h>

#include "split_internal.h"

/* The last chunk is tested first; the rows behind a test come before those in front of it. */
static void add_chunks(split *s, size_t first, const size_t *bounds) {
  size_t k = s->args.k;
  for (size_t f = k; f-- > 0;)
    split__add(s, split__run(first + bounds[f], first + bounds[f + 1]),
               split__run(first + bounds[f + 1], first + bounds[k]),
               split__run(first, first + bounds[f]));
}

/* Room for what becomes bounds of k chunks: they are those of n rows. */
static size_t *make_bounds(const split *s) {
  size_t k = s->args.k, *bounds = malloc((k + 1) * sizeof *bounds);
  for (size_t f = 0; bounds && f <= k; f++) bounds[f] = split__bound(s->n, k, f);
  return bounds;
}

static ml_status split_chunks(split *s, bool is_random, ml_error *err) {
  ml_status status = split__check_k(s, err);
  if (status == ML_OK) status = split__reserve(s, s->args.k, s->n, is_random, err);
  if (status != ML_OK) return status;
  size_t *bounds = make_bounds(s);
  if (!bounds) return ml_error_memory(err);
  add_chunks(s, is_random ? split__list_shuffled(s) : split__list_all(s), bounds);
  free(bounds);
  return ML_OK;
}

ml_status split__kf_split(split *s, ml_error *err) {
  return split_chunks(s, false, err);
}

ml_status split__kf_shuff(split *s, ml_error *err) {
  return split_chunks(s, true, err);
}

/* ---- by class ------------------------------------------------------------------------------ */

/* Most classes that do not reach all folds are the values of a number, not classes. */
static ml_status check_classes(const split *s, size_t n_classes, const size_t *n_rows,
                               ml_error *err) {
  size_t n_small = 0;
  for (size_t c = 0; c < n_classes; c++) n_small += n_rows[c] < s->args.k;
  if (n_small <= n_classes / 2) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "%s: %zu of %zu class%s ha%s fewer than %zu rows; is the target a number? "
                      "take fewer folds, or kfShuff",
                      s->text, n_small, n_classes, n_classes == 1 ? "" : "es",
                      n_small == 1 ? "s" : "ve", s->args.k);
}

/* The rows of each class one behind another, in random order. @param[out] rows  n places
 * @param starts  of each class; moved to its end */
static void shuffle_classes(split *s, const uint32_t *number, size_t n_classes,
                            const size_t *n_rows, size_t *starts, uint32_t *rows) {
  starts[0] = 0;
  for (size_t c = 1; c < n_classes; c++) starts[c] = starts[c - 1] + n_rows[c - 1];
  for (size_t i = 0; i < s->n; i++) {
    uint32_t row = split__row(s, i);
    rows[starts[number[s->data->classes.codes[row]]]++] = row;
  }
  for (size_t c = 0; c < n_classes; c++)
    ml_rng_shuffle(&s->rng, rows + starts[c] - n_rows[c], n_rows[c]);
}

/* Fold f is piece f of each class, shuffled. */
static void list_pieces(split *s, size_t n_classes, const size_t *n_rows, const size_t *ends,
                        const uint32_t *rows, size_t *bounds) {
  size_t k = s->args.k, first = s->made->n_listed;
  uint32_t *list = s->rows + first, *to = list;
  bounds[0] = 0;
  for (size_t f = 0; f < k; f++) {
    for (size_t c = 0; c < n_classes; c++) {
      const uint32_t *of_class = rows + ends[c] - n_rows[c];
      size_t end = split__bound(n_rows[c], k, f + 1);
      for (size_t i = split__bound(n_rows[c], k, f); i < end; i++) *to++ = of_class[i];
    }
    bounds[f + 1] = (size_t)(to - list);
    ml_rng_shuffle(&s->rng, list + bounds[f], bounds[f + 1] - bounds[f]);
  }
  s->made->n_listed += s->n;
  add_chunks(s, first, bounds);
}

ml_status split__kf_strat(split *s, ml_error *err) {
  const ml_levels *classes = &s->data->classes;
  ml_status status = split__check_k(s, err);
  if (status != ML_OK) return status;
  uint32_t *number = malloc((classes->n + s->n) * sizeof *number);
  size_t *n_rows = malloc((2 * classes->n + s->args.k + 1) * sizeof *n_rows);
  if (!number || !n_rows) status = ml_error_memory(err);
  if (status == ML_OK) {
    uint32_t *rows = number + classes->n;
    size_t *ends = n_rows + classes->n, *bounds = ends + classes->n;
    size_t n_classes = split__number_levels(s, classes, number, n_rows);
    status = check_classes(s, n_classes, n_rows, err);
    if (status == ML_OK) status = split__reserve(s, s->args.k, s->n, true, err);
    if (status == ML_OK) {
      shuffle_classes(s, number, n_classes, n_rows, ends, rows);
      list_pieces(s, n_classes, n_rows, ends, rows, bounds);
    }
  }
  free(number);
  free(n_rows);
  return status;
}

/* ---- in order of time ---------------------------------------------------------------------- */

/* Each chunk but the first is tested, after the one in front of it or all of them. */
static ml_status split_neighbours(split *s, bool is_chain, ml_error *err) {
  size_t k = s->args.k, n = s->n;
  ml_status status = split__check_k(s, err);
  if (status == ML_OK) status = split__reserve(s, k - 1, n, false, err);
  if (status != ML_OK) return status;
  split__list_all(s);
  for (size_t f = 1; f < k; f++) {
    size_t middle = split__bound(n, k, f);
    split__add(s, split__run(middle, split__bound(n, k, f + 1)),
               split__run(is_chain ? 0 : split__bound(n, k, f - 1), middle), (ml_run){0});
  }
  return ML_OK;
}

ml_status split__ts_rolls(split *s, ml_error *err) {
  return split_neighbours(s, false, err);
}

ml_status split__ts_chain(split *s, ml_error *err) {
  return split_neighbours(s, true, err);
}

/* ---- by share ------------------------------------------------------------------------------ */

static ml_status split_share(split *s, bool is_random, ml_error *err) {
  size_t m = (size_t)floor((double)s->n * (1 - s->args.share));
  if (m == 0 || m >= s->n)
    return ml_error_set(err, ML_ERR_USAGE, "%s: of %zu row%s none is left to %s", s->text, s->n,
                        s->n == 1 ? "" : "s", m == 0 ? "train on" : "test");
  ml_status status = split__reserve(s, 1, s->n, is_random, err);
  if (status != ML_OK) return status;
  size_t first = is_random ? split__list_shuffled(s) : split__list_all(s);
  split__add(s, split__run(first + m, first + s->n), split__run(first, first + m), (ml_run){0});
  return ML_OK;
}

ml_status split__pc_split(split *s, ml_error *err) {
  return split_share(s, false, err);
}

ml_status split__mc_split(split *s, ml_error *err) {
  return split_share(s, true, err);
}
