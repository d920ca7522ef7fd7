/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Call a function of a module for each argument, on worker processes, and once in the background.
 *
 *   peach MODULE FUNCTION [N_WORKERS] <ARGUMENTS, one JSON value a line
 *
 *   cc peach.c $(pkg-config --cflags --libs ml) -o peach
 *   printf '1\n2\n3\n' | ./peach ./multip.so func 4 */
#include <ml/ml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines become arguments as workers can take them, so that there may be any number. */
typedef struct lines {
  ml_arena *arena;
  char text[4096];
} lines;

static bool next_line(void *ctx, size_t i, ml_value *out, ml_error *err) {
  lines *l = ctx;
  (void)i;
  if (!fgets(l->text, sizeof l->text, stdin)) return false;
  ml_arena_reset(l->arena);
  return ml_value_from_json(l->text, strlen(l->text), "stdin", l->arena, out, err) == ML_OK;
}

/* Results come in the order of their arguments. */
static ml_status print(void *ctx, size_t i, const ml_value *v, ml_error *err) {
  ml_buf line = {0};
  (void)ctx, (void)i;
  ml_status status = ml_value_to_json(v, &line, err);
  if (status == ML_OK) printf("%.*s\n", (int)line.n, line.data);
  ml_buf_release(&line);
  return status;
}

static ml_status work(ml_mproc *pool, const char *module, const char *function, ml_arena *arena,
                      ml_error *err) {
  const ml_init load = {.kind = ML_INIT_LOAD, .what = module};
  lines input = {.arena = arena};
  const ml_peach_io io = {.n = ML_ITEMS_UNKNOWN, .next = next_line, .take = print, .ctx = &input};
  ml_future *future = NULL;
  ml_value ten = ml_value_int(10), result;

  /* Every worker loads the module, and so does every later one that takes a lost one's place. */
  ml_status status = ml_mproc_init(pool, &load, 1, NULL, err);
  if (status == ML_OK) status = ml_peach_each(ml_mproc_exec(pool), function, &io, NULL, err);

  /* One call that goes on while this program does something else. */
  if (status == ML_OK) status = ml_mproc_submit(pool, function, &ten, &future, err);
  if (status == ML_OK) status = ml_future_wait(future, -1, arena, &result, err);
  if (status == ML_OK) status = print(NULL, 0, &result, err);
  ml_future_free(future);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: peach MODULE FUNCTION [N_WORKERS] <ARGUMENTS\n");
    return 2;
  }
  ml_error err = {0};
  ml_mproc *pool = NULL;
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = argc > 3 ? strtoul(argv[3], NULL, 10) : ml_mproc_n_cpus();
  ml_arena *arena = ml_arena_new();
  ml_status status = arena ? ml_mproc_open(&opts, &pool, &err) : ml_error_memory(&err);
  if (status == ML_OK) status = work(pool, argv[1], argv[2], arena, &err);
  if (status != ML_OK) {
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    fprintf(stderr, "peach: %s\n", text);
  }
  ml_mproc_close(pool);
  ml_arena_free(arena);
  return ml_status_exit_code(status);
}
