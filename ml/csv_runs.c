/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A column of labels as runs of equal ones, as long as that takes less memory. */
#include <stdlib.h>

#include "csv_read_internal.h"

/* Fewer runs than this are not worth a thought, and one run takes the memory of two labels. */
enum { FEW_RUNS = 4096, ROWS_PER_RUN = 4 };

/* The runs are too short: from now on each row has its label. */
static bool leave_runs(csv_reader *r) {
  csv_reader_column *c = r->run_column;
  ml_csv *csv = r->csv;
  uint32_t last = c->label[0];
  if (!csv__make_room(c, r->capacity)) return false;
  for (size_t k = 0, i = 0; k < csv->n_runs; k++)
    for (size_t end = i + csv->runs[k].n; i < end; i++) c->label[i] = csv->runs[k].code;
  c->label[r->n_rows] = last;
  c->row_mask = SIZE_MAX;
  r->run_column = NULL;
  free(csv->runs);
  csv->runs = NULL;
  csv->n_runs = csv->runs_capacity = 0;
  return true;
}

bool csv__note_run(csv_reader *r) {
  ml_csv *csv = r->csv;
  uint32_t code = r->run_column->label[0];
  csv_run *last = csv->n_runs ? &csv->runs[csv->n_runs - 1] : NULL;
  if (last && last->code == code && last->n < UINT32_MAX) return last->n++, true;
  if (csv->n_runs > FEW_RUNS && csv->n_runs > r->n_rows / ROWS_PER_RUN) return leave_runs(r);
  if (csv->n_runs == csv->runs_capacity) {
    size_t capacity = csv->runs_capacity ? 2 * csv->runs_capacity : 64;
    csv_run *runs = reallocarray(csv->runs, capacity, sizeof *runs);
    if (!runs) return false;
    csv->runs = runs;
    csv->runs_capacity = capacity;
  }
  csv->runs[csv->n_runs++] = (csv_run){code, 1};
  return true;
}
