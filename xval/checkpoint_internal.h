/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A journal and its lines. */
#ifndef XVAL_CHECKPOINT_INTERNAL_H
#define XVAL_CHECKPOINT_INTERNAL_H

#include "checkpoint.h"

/* An item that is done. */
typedef struct journal_entry {
  uint64_t scene, fold, n;
  uint64_t *candidates; /* n, and then the memory of what follows */
  ml_buf outcomes;      /* as the task gave them */
  double *predictions;  /* of all candidates; NULL: they were not kept */
  size_t n_predictions;
} journal_entry;

struct journal {
  const char *path;
  int fd;
  double synced; /* when it was last */
  journal_entry *entries;
  size_t n, room;
};

/* One line without its end. @retval ML_ERR_PARSE  it is not as it was written */
ml_status journal__read_line(xval_run *run, const char *line, size_t n, ml_error *err);
void journal__sort(journal *j);
void journal__put_line(const xval_run *run, const item_list *list, size_t item,
                       const ml_block *kept, const void *out, size_t n_out, ml_buf *line);
void journal__release_entries(journal *j);

#endif
