/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reading new data as they come. */
#ifndef PIPELINE_STREAM_H
#define PIPELINE_STREAM_H

#include <ml/dataset_internal.h>

#include "pipeline.h"

/* Bytes for the ids that have come; as many again for those before. So 131072, at least, are
 * remembered. */
enum { STREAM_SEEN = 3 << 20 };

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
