/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for the cells that a CSV file has: how many rows will come is estimated from its size. */
#include <malloc.h>
#include <stdlib.h>

#include "csv_read_internal.h"

static size_t cell_size(const csv_reader_column *c) {
  return c->action == LABEL ? sizeof(uint32_t) : sizeof(double);
}

bool csv__make_room(csv_reader_column *c, size_t capacity) {
  void *cells = reallocarray(c->cells, capacity, cell_size(c));
  if (cells) c->cells = cells;
  return cells != NULL;
}

/* Memory of columns that were freed, or moved, stays with the process while others lie behind it.
 */
void csv__give_back(size_t j, size_t n_columns, size_t n_rows) {
  enum { MANY_CELLS = 1 << 20, TIMES = 16 };
  if (n_columns * n_rows > MANY_CELLS && j % (n_columns / TIMES + 1) == 0) (void)malloc_trim(0);
}

static void find_columns(csv_reader *r) {
  const csv_block *b = r->csv->block;
  for (size_t k = r->csv->block_from; k < r->n_want; k++)
    r->columns[r->want[k].column].number =
        (double *)b->block->data + (k - r->csv->block_from) * b->stride;
}

bool csv__set_capacity(csv_reader *r, size_t capacity) {
  csv_block *b = r->csv->block;
  for (size_t j = 0; j < r->n_columns; j++) {
    csv_reader_column *c = &r->columns[j];
    if (c->action <= EMPTY || c == r->run_column || c->in_block) continue;
    if (!csv__make_room(c, capacity)) return false;
    csv__give_back(j, r->n_columns, capacity);
  }
  if (b && csv__block_resize(b, r->n_rows, capacity, r->err) != ML_OK) return false;
  if (b) find_columns(r);
  r->capacity = capacity;
  return true;
}

/* 4096 rows are one page of labels and two of numbers; of many columns it is fewer. */
bool csv__begin_rows(csv_reader *r) {
  enum { MOST = 4096, LEAST = 64, CELLS = 1 << 20 };
  const size_t n = CELLS / (r->n_want + 1);
  if (r->csv->is_counted) return csv__set_capacity(r, r->csv->max_rows ? r->csv->max_rows : 1);
  return csv__set_capacity(r, n > MOST ? MOST : n < LEAST ? LEAST : n);
}

/* A little more than what the part of the file that was read lets expect, but rows may become
 * longer, or shorter. */
bool csv__more_rows(csv_reader *r) {
  const double share = r->csv->files.n > 1 ? 0 : csv__share_passed(r->csv), n = (double)r->n_rows;
  const double least = share > 0 ? n / 32 : n / 2, most = 15 * n;
  double more = share > 0 ? n / share * (1 + 1 / 64.0) - n : least;
  if (more < least) more = least;
  if (more > most) more = most;
  return csv__set_capacity(r, r->n_rows + (size_t)more + 64);
}

bool csv__end_rows(csv_reader *r) {
  csv_block *b = r->csv->block;
  if (b && csv__block_settle(b, r->n_rows, r->err) != ML_OK) return false;
  r->csv->block = NULL; /* its columns stay where they are */
  return csv__set_capacity(r, r->n_rows ? r->n_rows : 1);
}
