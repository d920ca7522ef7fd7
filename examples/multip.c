/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module: a function that gives five evenly spaced numbers between 0 and x.
 *
 *   cc -shared -fPIC $(pkg-config --cflags ml) multip.c -o multip.so
 *   mltool -s 4 -p 5001 peach func --load ./multip.so 1 2 3 */
#include <ml/ml.h>

static ml_status func(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  double end;
  if (!ml_value_as_real(x, &end)) {
    char found[64];
    return ml_error_set(err, ML_ERR_USAGE, "expected a number, found %s",
                        ml_value_describe(x, found, sizeof found));
  }
  double *y = ml_value_new_vector(call->arena, ML_DTYPE_F64, 5, out);
  if (!y) return ml_error_memory(err);
  for (int i = 0; i < 5; i++) y[i] = end * i / 4;
  return ML_OK;
}

static const ml_function functions[] = {
    {.name = "func", .doc = "5 evenly spaced numbers between 0 and x", .call = func}};

ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI,
                                           .name = "multip",
                                           .version = "1.0",
                                           .functions = functions,
                                           .n_functions = sizeof functions / sizeof *functions};
