/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets from .npy. */
#include "dataset_internal.h"

ml_status dataset__read_npy(const char *path, const ml_dataset_opts *opts, const ml_exec *exec,
                            ml_dataset *data, ml_error *err) {
  (void)opts, (void)exec, (void)data;
  return ml_error_at(err, ML_ERR_USAGE, path, 0, 0, "a dataset is read from CSV only");
}
