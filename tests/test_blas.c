/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL's own BLAS has the same symbols as OpenBLAS and is an order of magnitude slower: ask the
 * loader which one is called, for our own calls and for those that GSL makes. */
#include "support.h"

#include <dlfcn.h>
#include <gsl/gsl_blas.h>
#include <stdio.h>
#include <string.h>

/* OpenBLAS's own header and GSL's define the same names. */
int openblas_get_num_threads(void);

static void cblas_is_openblas(void **state) {
  (void)state;
  static const char *const symbols[] = {"cblas_ddot", "cblas_dgemm", "cblas_dnrm2", "cblas_daxpy"};
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    Dl_info info = {0};
    void *symbol = dlsym(RTLD_DEFAULT, symbols[i]);
    assert_non_null(symbol);
    assert_true(dladdr(symbol, &info) != 0);
    if (!strstr(info.dli_fname, "openblas")) fail_msg("%s is %s's", symbols[i], info.dli_fname);
  }
}

static void gsl_calls_it_and_it_computes(void **state) {
  (void)state;
  double a[] = {1, 2, 3}, b[] = {4, 5, 6}, dot = 0;
  gsl_vector_view x = gsl_vector_view_array(a, 3), y = gsl_vector_view_array(b, 3);
  assert_int_equal(gsl_blas_ddot(&x.vector, &y.vector, &dot), 0);
  expect_close("dot", dot, 32, 0, 0);
}

static void own_process_has_one_thread_and_no_abort(void **state) {
  (void)state;
  ml_own_process();
  assert_int_equal(openblas_get_num_threads(), 1);
  gsl_vector_view x = gsl_vector_view_array((double[]){1, 2}, 2);
  gsl_vector_view y = gsl_vector_view_array((double[]){1, 2, 3}, 3);
  double dot;
  assert_int_equal(gsl_blas_ddot(&x.vector, &y.vector, &dot), GSL_EBADLEN); /* would abort */
}

static void components_have_versions(void **state) {
  (void)state;
  size_t n;
  const ml_component *components = ml_components(&n);
  assert_true(n >= 8);
  for (size_t i = 0; i < n; i++) assert_true(strlen(components[i].version) > 0);
  assert_int_equal(strlen(ml_build_id()), 32);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cblas_is_openblas),
      cmocka_unit_test(gsl_calls_it_and_it_computes),
      cmocka_unit_test(own_process_has_one_thread_and_no_abort),
      cmocka_unit_test(components_have_versions),
  };
  return cmocka_run_group_tests_name("blas", tests, NULL, NULL);
}
