/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libml is and what it was built with. */
#include <ml/version.h>

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_version.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include <uv.h>
#include <zlib.h>
#include <zstd.h>

#include <ml/mproc.h>
#include <ml/select.h>

#ifdef __clang__
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

const char *ml_version(void) {
  return ML_VERSION;
}

uint64_t ml_layout(void) {
  static const size_t sizes[] = {sizeof(ml_error),
                                 sizeof(ml_buf),
                                 sizeof(ml_value),
                                 sizeof(ml_block),
                                 sizeof(ml_watch),
                                 sizeof(ml_failure),
                                 sizeof(ml_job),
                                 sizeof(ml_peach_io),
                                 sizeof(ml_peach_opts),
                                 sizeof(ml_init),
                                 sizeof(ml_function),
                                 sizeof(ml_mproc_opts),
                                 sizeof(ml_mproc_stats),
                                 sizeof(ml_series_rows),
                                 sizeof(ml_matrix),
                                 sizeof(ml_impute_range),
                                 sizeof(ml_target),
                                 sizeof(ml_select_opts),
                                 sizeof(ml_class_relevance),
                                 sizeof(ml_relevance),
                                 sizeof(ml_selection)};
  uint64_t layout = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) layout = layout * 1009 + sizes[i];
  return layout;
}

const ml_component *ml_components(size_t *n) {
  static ml_component components[] = {{"compiler", COMPILER " " __VERSION__, ""},
                                      {"gsl", NULL, ""},
                                      {"openblas", NULL, NULL},
                                      {"libuv", NULL, ""},
                                      {"jansson", NULL, ""},
                                      {"libsodium", NULL, ""},
                                      {"zlib", NULL, ""},
                                      {"zstd", NULL, ""}};
  components[1].version = gsl_version;
  components[2].version = openblas_get_config() + strlen("OpenBLAS ");
  components[2].detail = openblas_get_corename();
  components[3].version = uv_version_string();
  components[4].version = jansson_version_str();
  components[5].version = sodium_version_string();
  components[6].version = zlibVersion();
  components[7].version = ZSTD_versionString();
  *n = sizeof components / sizeof components[0];
  return components;
}

void ml_own_process(void) {
  openblas_set_num_threads(1);
  (void)gsl_set_error_handler_off();
}
