/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules that are refused, one for each definition of BROKEN. */
#include <ml/functions.h>

#define ABI         1
#define NAME        2
#define FUNCTION    3
#define TWICE       4
#define NO_CODE     5
#define NO_TABLE    6
#define NO_NAME     7
#define NO_SYMBOL   8
#define OTHER_FILE  9 /* nothing wrong, but the name is that of another module */
#define NO_FUNCTION 10

ML_API int module_symbol_of_nobody(void);

static ml_status one(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)err;
#if BROKEN == NO_SYMBOL
  *out = ml_value_int(module_symbol_of_nobody());
#else
  *out = ml_value_int(1);
#endif
  return ML_OK;
}

static const ml_function functions[] = {{.name = "one", .call = one},
                                        {.name = BROKEN == FUNCTION ? "a b"
                                                 : BROKEN == TWICE  ? "one"
                                                                    : "two",
                                         .call = BROKEN == NO_CODE ? NULL : one}};

#if BROKEN != NO_TABLE
ML_API const ml_module ML_MODULE_SYMBOL = {.abi = BROKEN == ABI ? 1 : ML_MODULE_ABI,
                                           .name = BROKEN == NAME         ? "a/b"
                                                   : BROKEN == NO_NAME    ? NULL
                                                   : BROKEN == OTHER_FILE ? "multip"
                                                                          : "m",
                                           .functions = BROKEN == NO_FUNCTION ? NULL : functions,
                                           .n_functions = 2};
#else
ML_API ml_function_call *module_uses(void);
ML_API ml_function_call *module_uses(void) {
  return functions[0].call;
}
#endif
