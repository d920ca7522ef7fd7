/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The candidates of a search: a grid, draws of chance, points of a Sobol sequence. */
#include "candidates.h"

#include <gsl/gsl_qrng.h>
#include <stdlib.h>
#include <string.h>

#include <ml/rng.h>

enum { N_DEFAULT = 16, CANDIDATES_MOST = 1000000, SOBOL_DIMENSIONS_MOST = 40 };

void ml_candidates_free(ml_candidates *c) {
  if (!c) return;
  free(c->values);
  free(c->varied);
  free(c);
}

/* Room for n candidates, all as what is fixed. */
static ml_status make_room(ml_candidates *c, const double *fixed, size_t n, ml_error *err) {
  size_t n_values;
  if (__builtin_mul_overflow(n, c->n_params, &n_values)) return ml_error_memory(err);
  c->values = reallocarray(NULL, n_values + 1, sizeof *c->values);
  if (!c->values) return ml_error_memory(err);
  for (size_t i = 0; i < n && c->n_params; i++)
    memcpy(c->values + i * c->n_params, fixed, c->n_params * sizeof *fixed);
  c->n = c->n_drawn = n;
  return ML_OK;
}

/* ---- grid ------------------------------------------------------------------------------------ */

static ml_status make_grid(ml_candidates *c, const double *fixed, const spec *specs, size_t n_specs,
                           ml_error *err) {
  size_t n = 1;
  for (size_t k = 0; k < n_specs; k++)
    if (__builtin_mul_overflow(n, specs[k].n, &n) || n > CANDIDATES_MOST)
      return ml_error_set(err, ML_ERR_USAGE, "the grid has more than %d candidates",
                          CANDIDATES_MOST);
  ml_status status = make_room(c, fixed, n, err);
  for (size_t i = 0; i < n && status == ML_OK; i++)
    for (size_t k = n_specs, left = i; k-- > 0; left /= specs[k].n)
      c->values[i * c->n_params + specs[k].param] = specs[k].values[left % specs[k].n];
  return status;
}

/* ---- draws ----------------------------------------------------------------------------------- */

/* One candidate after another, so that more of them begin with the same. */
static void draw_random(ml_candidates *c, const spec *specs, size_t n_specs,
                        const ml_candidates_opts *o) {
  ml_rng rng = ml_rng_seeded(o->seed);
  for (size_t i = 0; i < c->n; i++)
    for (size_t k = 0; k < n_specs; k++)
      c->values[i * c->n_params + specs[k].param] =
          spec__value(&specs[k], ml_rng_real(&rng), false, o->kx_rules);
}

static bool has_dimension(const spec *s, const ml_candidates_opts *o) {
  return !o->kx_rules || s->kind != SPEC_LIST;
}

/* The point of zeros, with which the sequence begins, is left out by GSL's generator. */
static ml_status draw_sobol(ml_candidates *c, const spec *specs, size_t n_specs,
                            const ml_candidates_opts *o, ml_error *err) {
  size_t n = 0;
  double point[SOBOL_DIMENSIONS_MOST];
  for (size_t k = 0; k < n_specs; k++) n += has_dimension(&specs[k], o);
  if (n > SOBOL_DIMENSIONS_MOST)
    return ml_error_set(err, ML_ERR_USAGE, "Sobol points have at most %d dimensions, not %zu",
                        SOBOL_DIMENSIONS_MOST, n);
  gsl_qrng *sequence = n ? gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)n) : NULL;
  if (n && !sequence) return ml_error_memory(err);
  ml_rng rng = ml_rng_seeded(o->seed);
  for (size_t i = 0; i < c->n; i++) {
    size_t at = 0;
    if (sequence) gsl_qrng_get(sequence, point);
    for (size_t k = 0; k < n_specs; k++) {
      double u = has_dimension(&specs[k], o) ? point[at++] : ml_rng_real(&rng);
      c->values[i * c->n_params + specs[k].param] = spec__value(&specs[k], u, true, o->kx_rules);
    }
  }
  if (sequence) gsl_qrng_free(sequence);
  return ML_OK;
}

/* ---- repeats --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b, void *ctx) {
  const ml_candidates *c = ctx;
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  for (size_t k = 0; k < c->n_params; k++) {
    double x = c->values[i * c->n_params + k], y = c->values[j * c->n_params + k];
    if (x != y) return x < y ? -1 : 1;
  }
  return i < j ? -1 : i > j;
}

static bool are_equal(const ml_candidates *c, size_t i, size_t j) {
  for (size_t k = 0; k < c->n_params; k++)
    if (c->values[i * c->n_params + k] != c->values[j * c->n_params + k]) return false;
  return true;
}

/* The first of equals stays. */
static ml_status drop_repeats(ml_candidates *c, ml_error *err) {
  size_t *order = malloc((c->n + 1) * sizeof *order), n = 0;
  bool *is_repeat = calloc(c->n + 1, sizeof *is_repeat);
  if (order && is_repeat) {
    for (size_t i = 0; i < c->n; i++) order[i] = i;
    qsort_r(order, c->n, sizeof *order, compare, c);
    for (size_t i = 1; i < c->n; i++) is_repeat[order[i]] = are_equal(c, order[i - 1], order[i]);
    for (size_t i = 0; i < c->n; i++) {
      if (is_repeat[i]) continue;
      memmove(c->values + n++ * c->n_params, c->values + i * c->n_params,
              c->n_params * sizeof *c->values);
    }
    c->n = n;
  }
  ml_status status = order && is_repeat ? ML_OK : ml_error_memory(err);
  free(order);
  free(is_repeat);
  return status;
}

static ml_status draw(ml_candidates *c, const double *fixed, const spec *specs, size_t n_specs,
                      const ml_candidates_opts *o, ml_error *err) {
  size_t n = o->n ? o->n : N_DEFAULT;
  if (n > CANDIDATES_MOST)
    return ml_error_set(err, ML_ERR_USAGE, "more than %d candidates", CANDIDATES_MOST);
  if (o->draw == ML_DRAW_SOBOL && (n & (n - 1)) != 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "the number of Sobol points must be a power of two, not %zu", n);
  ml_status status = make_room(c, fixed, n, err);
  if (status != ML_OK) return status;
  if (o->draw == ML_DRAW_SOBOL)
    status = draw_sobol(c, specs, n_specs, o, err);
  else
    draw_random(c, specs, n_specs, o);
  return status == ML_OK ? drop_repeats(c, err) : status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static ml_status parse(const ml_model *model, const char *const *texts, size_t n,
                       const ml_candidates_opts *o, spec *specs, ml_error *err) {
  for (size_t k = 0; k < n; k++) {
    ml_status status = spec__parse(model, texts[k], o, &specs[k], err);
    for (size_t before = 0; before < k && status == ML_OK; before++)
      if (specs[before].param == specs[k].param)
        status =
            ml_error_set(err, ML_ERR_USAGE, "parameter '%s' is given twice", specs[k].of->name);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

ml_status ml_candidates_make(const ml_model *model, const double *fixed, const char *const *texts,
                             size_t n, const ml_candidates_opts *opts, ml_candidates **out,
                             ml_error *err) {
  static const ml_candidates_opts grid;
  const ml_candidates_opts *o = opts ? opts : &grid;
  ml_candidates *c = calloc(1, sizeof *c);
  spec *specs = calloc(n + 1, sizeof *specs);
  ml_status status = ML_ERR_MEMORY;
  if (c && specs && (c->varied = calloc(n + 1, sizeof *c->varied))) {
    c->n_params = model->n_params;
    status = parse(model, texts, n, o, specs, err);
    if (status == ML_OK)
      status = o->draw == ML_DRAW_GRID ? make_grid(c, fixed, specs, n, err)
                                       : draw(c, fixed, specs, n, o, err);
    for (size_t k = 0; k < n; k++) c->varied[k] = specs[k].param;
    c->n_varied = n;
  } else {
    ml_error_memory(err);
  }
  for (size_t k = 0; specs && k < n; k++) spec__release(&specs[k]);
  free(specs);
  if (status == ML_OK)
    *out = c;
  else
    ml_candidates_free(c);
  return status;
}
