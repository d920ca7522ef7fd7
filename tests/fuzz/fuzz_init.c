/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that a worker is sent, and answers that it gives: refused, or done. */
#include <stdlib.h>
#include <string.h>

#include <ml/functions.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(const ml_error *err) {
  check(err->message[0] != 0 && !strchr(err->message, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  ml_functions *functions, *central;
  ml_buf answer = {0}, trace = {0};
  ml_error err = {0};
  void *aligned = malloc(n ? n : 1);
  setenv("MLTOOL_PLUGINS", "/nowhere", 1); /* no Python in here */
  check(aligned != NULL);
  check(ml_functions_new(&functions, NULL) == ML_OK);
  check(ml_functions_new(&central, NULL) == ML_OK);
  memcpy(aligned, bytes, n);
  if (ml_functions_init_encoded(functions, aligned, n, &answer, &trace, &err) != ML_OK) {
    check_error(&err);
    check(ml_functions_n(functions) == 0);
  } else {
    check(ml_functions_learn(central, answer.data, answer.n, &err) == ML_OK);
    check(ml_functions_n(central) == ml_functions_n(functions));
  }
  err = (ml_error){0};
  if (ml_functions_learn(central, aligned, n, &err) != ML_OK) check_error(&err);
  ml_functions_free(functions);
  ml_functions_free(central);
  ml_buf_release(&answer);
  ml_buf_release(&trace);
  free(aligned);
  return 0;
}
