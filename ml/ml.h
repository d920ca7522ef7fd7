/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libml: everything. */
#ifndef ML_ML_H
#define ML_ML_H

#include <ml/base.h>
#include <ml/buffer.h>
#include <ml/csv.h>
#include <ml/exec.h>
#include <ml/fresh.h>
#include <ml/functions.h>
#include <ml/input.h>
#include <ml/matrix.h>
#include <ml/mproc.h>
#include <ml/nearest.h>
#include <ml/number.h>
#include <ml/output.h>
#include <ml/roll.h>
#include <ml/select.h>
#include <ml/series.h>
#include <ml/stats.h>
#include <ml/status.h>
#include <ml/table.h>
#include <ml/value.h>
#include <ml/version.h>
#include <ml/watch.h>
#include <ml/xval.h>

#endif
