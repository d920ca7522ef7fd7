/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libml: everything. */
#ifndef ML_ML_H
#define ML_ML_H

#include <ml/base.h>
#include <ml/buffer.h>
#include <ml/csv.h>
#include <ml/dataset.h>
#include <ml/exec.h>
#include <ml/folder.h>
#include <ml/folds.h>
#include <ml/fresh.h>
#include <ml/fresh_stream.h>
#include <ml/functions.h>
#include <ml/input.h>
#include <ml/inputs.h>
#include <ml/matrix.h>
#include <ml/metrics.h>
#include <ml/model.h>
#include <ml/mpi.h>
#include <ml/mproc.h>
#include <ml/nearest.h>
#include <ml/number.h>
#include <ml/output.h>
#include <ml/parts.h>
#include <ml/pipeline.h>
#include <ml/prep.h>
#include <ml/problem.h>
#include <ml/rng.h>
#include <ml/roll.h>
#include <ml/saved.h>
#include <ml/score.h>
#include <ml/select.h>
#include <ml/series.h>
#include <ml/shard.h>
#include <ml/spool.h>
#include <ml/stats.h>
#include <ml/status.h>
#include <ml/table.h>
#include <ml/value.h>
#include <ml/version.h>
#include <ml/watch.h>
#include <ml/xval.h>

#endif
