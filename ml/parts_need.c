/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory a set of series takes while it is made, from the number of its rows and ids. */
#include <ml/parts_internal.h>

enum {
  CELL = 8, /* of a number or a time */
  CODE = 4, /* of a label */
  SPAN = sizeof(series_span),
  START = sizeof(size_t),
  /* An id is a text, an entry and slots of a dictionary, a run, and a decimal number for a while.
   */
  ID = 80,
  WINDOW = 120 /* the name of a window, and what it is found by */
};

static size_t count_labels(const series_roles *roles, const ml_series_opts *opts) {
  size_t n = roles->target != SIZE_MAX && !opts->target_is_elsewhere;
  for (size_t a = 0; a < opts->n_attributes; a++) n += roles->attributes[a] != SIZE_MAX;
  return n;
}

parts_shape parts__shape(const series_roles *roles, const ml_series_opts *opts) {
  const series_gaps gaps = series__gaps(opts->missing, opts->infinite);
  const bool has_time = roles->sort != SIZE_MAX, has_id = roles->id != SIZE_MAX;
  const bool has_kind = roles->kind != SIZE_MAX;
  const bool drops = gaps.missing == ML_MISSING_DROP || gaps.infinite == ML_MISSING_DROP;
  const size_t n = roles->n_values, n_labels = count_labels(roles, opts);
  parts_shape shape = {.is_long = has_kind, .n_values = n, .most_values = UINT64_MAX};
  shape.a_row = CELL * n + CODE * (n_labels + has_id + has_kind) + 2 * CODE /* their order */;
  shape.a_row += has_time ? 2 * CELL : 0; /* as they came, and in order */
  shape.a_row += has_time && drops ? CELL * n : 0;
  shape.a_row += n > 1 ? CELL : 0; /* a column on its way to its place */
  shape.an_id = ID + CODE * n_labels + (has_kind ? 0 : START + SPAN * n);
  shape.a_group = has_kind ? START + SPAN : 0;
  if (opts->window) {
    if (opts->window->rows > 0) shape.most_values = opts->window->rows;
    const uint64_t stride = opts->window->stride ? opts->window->stride : 1;
    shape.a_row += WINDOW / stride + 1;
    shape.a_window_kind = 2 * SPAN / stride + 1;
  }
  return shape;
}

/* So that few lengths are asked for: up to a quarter of the power of two below. */
uint64_t parts__beside(parts_beside *beside, uint64_t longest) {
  if (!beside->bytes) return 0;
  const uint64_t n = longest > 8 ? longest - 1 : 7;
  const unsigned shift = 61 - (unsigned)__builtin_clzll(n);
  const uint64_t quarters = (n >> shift) + 1; /* 5 to 8 */
  uint64_t *known = &beside->known[4 * shift + quarters - 5];
  if (*known == 0) *known = beside->bytes(beside->ctx, quarters << shift);
  return *known;
}

uint64_t parts__need(const parts_shape *shape, const parts_size *size, size_t n_kinds) {
  const uint64_t longest = size->longest < shape->most_values ? size->longest : shape->most_values;
  const uint64_t of_windows = shape->a_window_kind * (shape->is_long ? n_kinds : shape->n_values);
  return size->rows * (shape->a_row + of_windows) +
         size->ids * (shape->an_id + shape->a_group * n_kinds) + 2 * size->id_bytes +
         (shape->beside ? parts__beside(shape->beside, longest) : 0);
}
