/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read a CSV of time series, compute features with or without worker processes, write them.
 *
 *   extract DATA.csv FEATURES.csv [N_WORKERS]
 *
 *   cc extract.c $(pkg-config --cflags --libs ml) -o extract */
#include <ml/ml.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: extract DATA.csv FEATURES.csv [N_WORKERS]\n");
    return 2;
  }
  ml_error err = {0};
  ml_series_set *set = NULL;
  ml_fresh_settings *settings = NULL;
  ml_mproc *pool = NULL;
  ml_matrix *features = NULL;

  ml_status status = ml_series_read(argv[1], NULL, &set, &err);
  if (status == ML_OK) status = ml_fresh_settings_named("minimal", &settings, &err);
  if (status == ML_OK && argc > 3) {
    ml_mproc_opts opts = ml_mproc_opts_default();
    opts.n_workers = strtoul(argv[3], NULL, 10);
    status = ml_mproc_open(&opts, &pool, &err); /* starts `mltool worker`, on any free port */
  }
  ml_exec *exec = ml_mproc_exec(pool); /* NULL for NULL: everything in this process */
  if (status == ML_OK) status = ml_fresh_extract(set, settings, exec, NULL, &features, &err);
  if (status == ML_OK) status = ml_matrix_write(features, argv[2], ML_FORMAT_AUTO, NULL, &err);
  if (status == ML_OK)
    printf("%zu series, %zu features, first: %s of %s is %g\n", features->n_rows,
           features->n_columns, features->columns[0], features->rows[0], features->values[0]);

  if (status != ML_OK) {
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    fprintf(stderr, "extract: %s\n", text);
  }
  ml_matrix_free(features);
  ml_mproc_close(pool);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  return ml_status_exit_code(status);
}
