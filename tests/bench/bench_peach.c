/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calling functions costs in one process: values to bytes and back, and a trivial function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ml/ml.h>

enum { N = 1000000, ROUNDS = 5 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void row(const char *name, double best) {
  printf("%s,per_second,%.4g\n", name, N / best);
}

static void expect_ok(ml_status status, const ml_error *err) {
  if (status == ML_OK) return;
  fprintf(stderr, "bench_peach: %s\n", err->message);
  exit(1);
}

static ml_status twice(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  *out = ml_value_real(2 * x->as.d);
  return ML_OK;
}

static void codec(const char *name, const ml_value *v) {
  ml_buf out = {0};
  ml_error err = {0};
  ml_arena *arena = ml_arena_new();
  double encode = 1e9, decode = 1e9;
  if (!arena) exit(1);
  for (int round = 0; round < ROUNDS; round++) {
    char text[64];
    double start = seconds();
    for (size_t i = 0; i < N; i++) {
      ml_buf_clear(&out);
      expect_ok(ml_value_encode(v, NULL, 0, &out, &err), &err);
    }
    double middle = seconds();
    for (size_t i = 0; i < N; i++) {
      ml_value back;
      ml_arena_reset(arena);
      expect_ok(ml_value_decode(out.data, out.n, NULL, 0, arena, &back, &err), &err);
    }
    double end = seconds();
    if (middle - start < encode) encode = middle - start;
    if (end - middle < decode) decode = end - middle;
    if (round + 1 < ROUNDS) continue;
    snprintf(text, sizeof text, "encode_%s", name);
    row(text, encode);
    snprintf(text, sizeof text, "decode_%s", name);
    row(text, decode);
  }
  ml_arena_free(arena);
  ml_buf_release(&out);
}

static void serial_peach(void) {
  static ml_value in[N], out[N];
  const ml_function function = {.name = "twice", .call = twice};
  ml_functions *functions;
  ml_error err = {0};
  ml_arena *arena = ml_arena_new();
  double best = 1e9;
  if (!arena) exit(1);
  expect_ok(ml_functions_new(&functions, &err), &err);
  expect_ok(ml_functions_add(functions, "m", &function, &err), &err);
  const ml_peach_opts opts = {.functions = functions};
  for (size_t i = 0; i < N; i++) in[i] = ml_value_real((double)i);
  for (int round = 0; round < ROUNDS; round++) {
    double start = seconds();
    expect_ok(ml_peach(NULL, "twice", in, N, &opts, arena, out, &err), &err);
    if (seconds() - start < best) best = seconds() - start;
  }
  row("peach_serial_trivial", best);
  ml_functions_free(functions);
  ml_arena_free(arena);
}

int main(void) {
  static const double elements[100];
  static const char *const names[] = {"a", "b"};
  const ml_value members[] = {ml_value_real(1), ml_value_int(2)};
  const ml_value real = ml_value_real(0.5), text = ml_value_string("some text"),
                 vector = ml_value_vector(ML_DTYPE_F64, elements, 100),
                 dict = {.type = ML_TYPE_DICT, .as.l = {members, names, 2}};
  codec("real", &real);
  codec("string", &text);
  codec("vector_100", &vector);
  codec("dict_2", &dict);
  serial_peach();
  return 0;
}
