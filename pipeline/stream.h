/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reading new data as they come. */
#ifndef PIPELINE_STREAM_H
#define PIPELINE_STREAM_H

#include <ml/dataset_internal.h>

#include "pipeline.h"

/* ---- seen.c ---- */

/* So many ids, at least, are remembered. */
enum { STREAM_IDS = 1 << 17 };

typedef struct stream_seen stream_seen;

stream_seen *seen__new(void);
void seen__free(stream_seen *seen);

/* @return false: it was there already */
bool seen__add(stream_seen *seen, const char *id, size_t n);

/* ---- read.c ---- */

/* What is read of a table. */
dataset_some read__columns(const ml_pipeline *p);
ml_dataset_opts read__table_opts(const ml_pipeline *p, const ml_pipeline_read_opts *opts);

/* Series of a part of a file. In the long shape a kind need not be among them.
 * @param are_there  of each kind that the settings have: set where it is */
ml_status read__part_of_series(const ml_pipeline *p, const char *text, size_t n, const char *source,
                               const ml_pipeline_read_opts *opts, ml_exec *exec, bool *are_there,
                               ml_dataset **out, ml_error *err);

/* Rows of a part of a file. */
ml_status read__part_of_table(const ml_pipeline *p, const char *text, size_t n, const char *source,
                              const ml_pipeline_read_opts *opts, ml_exec *exec, ml_dataset **out,
                              ml_error *err);

/* The error for kinds that are not there; ML_OK: all are. */
ml_status read__check_kinds(const ml_pipeline *p, const bool *are_there, const char *source,
                            ml_error *err);

#endif
