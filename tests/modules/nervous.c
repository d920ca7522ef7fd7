/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module that remembers, fails, hangs and crashes as told, for the tests of init commands. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <ml/functions.h>

static int64_t remembered;

static ml_status set(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)out, (void)err;
  remembered = x->as.i;
  return ML_OK;
}

static ml_status get(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)err;
  *out = ml_value_int(remembered);
  return ML_OK;
}

static ml_status act(ml_call *call, const char *how, ml_error *err) {
  if (strcmp(how, "crash") == 0) raise(SIGKILL);
  if (strcmp(how, "hang") == 0) sleep(600);
  ml_buf_puts(call->trace, "here\nand there\n");
  return ml_error_set(err, ML_ERR_FUNCTION, "it cannot be done");
}

/* {"path": a file, "how": fail, crash or hang}: the first process to make the file does it. */
static ml_status once(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)out;
  const ml_value *path = ml_value_find(x, "path"), *how = ml_value_find(x, "how");
  int fd = open(path->as.s.text, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return ML_OK;
  close(fd);
  return act(call, how->as.s.text, err);
}

/* Fails unless the file is there. */
static ml_status need(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)out;
  return access(x->as.s.text, F_OK) == 0 ? ML_OK : act(call, "fail", err);
}

static const ml_function functions[] = {{.name = "set", .call = set},
                                        {.name = "get", .call = get},
                                        {.name = "once", .call = once},
                                        {.name = "need", .call = need}};

ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI,
                                           .name = "nervous",
                                           .version = "1",
                                           .functions = functions,
                                           .n_functions = sizeof functions / sizeof functions[0]};
