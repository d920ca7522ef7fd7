/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed columns. */
#include <ml/table.h>

#include <stdlib.h>
#include <string.h>

size_t ml_table_find(const ml_table *table, const char *name) {
  for (size_t j = 0; j < table->n_columns; j++)
    if (strcmp(table->columns[j].name, name) == 0) return j;
  return SIZE_MAX;
}

void ml_table_free(ml_table *table) {
  if (!table) return;
  for (size_t j = 0; j < table->n_columns; j++) {
    ml_column *column = &table->columns[j];
    free(column->name);
    free(column->number); /* the union's pointers are one */
    free(column->labels);
    free(column->label_text);
  }
  free(table->columns);
  free(table->source);
  free(table);
}
