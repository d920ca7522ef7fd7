/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of parameters as they are written, in JSON or in column names, before a parameter takes
 * them. */
#ifndef FRESH_LITERAL_H
#define FRESH_LITERAL_H

#include <ml/status.h>

typedef enum fresh_literal_kind {
  FRESH_LITERAL_NONE,
  FRESH_LITERAL_BOOL,
  FRESH_LITERAL_INT,
  FRESH_LITERAL_REAL,
  FRESH_LITERAL_TEXT,
  FRESH_LITERAL_LIST,
  FRESH_LITERAL_TUPLE,
  FRESH_LITERAL_OTHER /* what no parameter takes: an object, a list in a list */
} fresh_literal_kind;

typedef struct fresh_literal {
  fresh_literal_kind kind;
  double v;         /* BOOL, INT, REAL */
  const char *text; /* TEXT: n bytes, borrowed */
  size_t n;
  struct fresh_literal *items; /* LIST, TUPLE: n_items values without items of their own; owned */
  size_t n_items;
} fresh_literal;

/**
 * Read a literal as Python writes it: None, True, 2, 0.5, nan, -inf, "mean", (2, 5), (2,), [1.0].
 *
 * @param[out] out  borrows text; end it with fresh__literal_release(), whatever is returned
 * @retval ML_ERR_PARSE  it is none; there is no message
 * @retval ML_ERR_MEMORY
 */
ml_status fresh__literal_parse(const char *text, size_t n, fresh_literal *out);

void fresh__literal_release(fresh_literal *literal);

#endif
