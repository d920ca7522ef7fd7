/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training rows that are held out, to tell when boosting is to stop. */
#include <math.h>
#include <stdlib.h>

#include <ml/rng.h>

#include "held.h"

/* Marks of the rows that are held out, drawn among those that count. @return how many; 0: none can
 * be spared */
static size_t draw_held(const ml_view *train, double share, uint64_t seed, uint32_t *order,
                        bool *is_held) {
  size_t n = 0;
  for (size_t i = 0; i < train->n; i++)
    if (!train->weights || train->weights[ml_view_row(train, i)] > 0) order[n++] = (uint32_t)i;
  if (n < 2) return 0;
  const double want = fmin(fmax(round(share * (double)n), 1), (double)(n - 1));
  ml_rng rng = ml_rng_seeded(ml_rng_derive(seed, 1));
  ml_rng_shuffle(&rng, order, n);
  for (size_t i = 0; i < (size_t)want; i++) is_held[order[i]] = true;
  return (size_t)want;
}

ml_status held__draw(const ml_view *train, double share, uint64_t seed, held_parts *p,
                     ml_error *err) {
  uint32_t *order = calloc(train->n + 1, sizeof *order);
  bool *is_held = calloc(train->n + 1, sizeof *is_held);
  p->rows = calloc(train->n + 1, sizeof *p->rows);
  ml_status status = order && is_held && p->rows ? ML_OK : ml_error_memory(err);
  size_t n_held = status == ML_OK ? draw_held(train, share, seed, order, is_held) : 0;
  if (status == ML_OK && n_held == 0)
    status =
        ml_error_set(err, ML_ERR_NUMERIC, "early_stopping_rounds needs two training rows or more");
  if (status == ML_OK) {
    size_t at[2] = {0, train->n - n_held};
    for (size_t i = 0; i < train->n; i++)
      p->rows[at[is_held[i]]++] = (uint32_t)ml_view_row(train, i);
    p->boost.rows = p->rows;
    p->boost.n = train->n - n_held;
    p->held = p->boost;
    p->held.rows = p->rows + p->boost.n;
    p->held.n = n_held;
  }
  free(order);
  free(is_held);
  return status;
}

void held__release(held_parts *p) {
  free(p->rows);
  *p = (held_parts){0};
}
