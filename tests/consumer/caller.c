/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program outside the tree that loads a module and calls its function for 1, 2 and 3. */
#include <ml/ml.h>
#include <stdio.h>

int main(int argc, char **argv) {
  const ml_value in[] = {ml_value_int(1), ml_value_int(2), ml_value_int(3)};
  ml_value out[3];
  ml_error err = {0};
  ml_buf line = {0};
  ml_functions *functions = NULL;
  ml_arena *arena = ml_arena_new();
  bool ok = argc == 2 && arena && ml_functions_new(&functions, &err) == ML_OK &&
            ml_functions_load(functions, argv[1], NULL, &err) == ML_OK;
  const ml_peach_opts opts = {.functions = functions};
  ok = ok && ml_peach(NULL, "func", in, 3, &opts, arena, out, &err) == ML_OK;
  for (int i = 0; ok && i < 3; i++) ok = ml_value_to_json(&out[i], &line, &err) == ML_OK;
  if (ok)
    printf("%.*s\n", (int)line.n, line.data);
  else
    fprintf(stderr, "%s\n", err.message);
  ml_buf_release(&line);
  ml_functions_free(functions);
  ml_arena_free(arena);
  return ok ? 0 : 1;
}
