/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranks of MPI, what needs no MPI: packets, the order of results, and what launchers say. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <ml/mpi.h>

#include "../plugins/mpi/order.h"

/* ---- packets --------------------------------------------------------------------------------- */

static void put_all(ml_buf *buf) {
  const ml_failure failure = {.error = {.status = ML_ERR_WORKER,
                                        .line = 3,
                                        .column = 4,
                                        .source = "in.csv",
                                        .message = "it was lost"},
                              .trace = "a\nb\n",
                              .output = "",
                              .attempts = 3,
                              .signal = 9,
                              .memory = UINT64_C(1) << 40};
  size_t at = packet__begin(buf, FRAME_RESULT);
  packet__put_u64(buf, UINT64_MAX);
  packet__put_real(buf, -0.5);
  packet__put_bytes(buf, "12345", 5);
  packet__put_bytes(buf, NULL, 0);
  packet__put_failure(buf, &failure);
  packet__end(buf, at);
}

static void what_goes_in_comes_out(void **state) {
  (void)state;
  ml_buf buf = {0};
  frame_type type;
  packet in;
  ml_failure failure;
  put_all(&buf);
  assert_int_equal(buf.n % 8, 0);
  for (size_t n = 0; n < buf.n; n++) assert_int_equal(packet__frame(buf.data, n, &type, &in), 0);
  assert_int_equal(packet__frame(buf.data, buf.n, &type, &in), buf.n);
  assert_int_equal(type, FRAME_RESULT);
  assert_true(packet__u64(&in) == UINT64_MAX);
  assert_true(packet__real(&in) == -0.5);
  ml_span bytes = packet__bytes(&in);
  assert_int_equal(bytes.size, 5);
  assert_memory_equal(bytes.data, "12345", 5);
  assert_int_equal(packet__bytes(&in).size, 0);
  packet__failure(&in, &failure);
  assert_int_equal(failure.error.status, ML_ERR_WORKER);
  assert_int_equal(failure.error.line, 3);
  assert_int_equal(failure.error.column, 4);
  assert_string_equal(failure.error.source, "in.csv");
  assert_string_equal(failure.error.message, "it was lost");
  assert_string_equal(failure.trace, "a\nb\n");
  assert_int_equal(failure.attempts, 3);
  assert_int_equal(failure.signal, 9);
  assert_true(failure.memory == UINT64_C(1) << 40);
  assert_false(in.is_bad);
  assert_int_equal(in.left, 0);
  ml_buf_release(&buf);
}

/* Wherever it is cut off, reading ends there, and inside of it. */
static void cut_packets_are_bad(void **state) {
  (void)state;
  ml_buf buf = {0};
  frame_type type;
  packet whole;
  put_all(&buf);
  (void)packet__frame(buf.data, buf.n, &type, &whole);
  for (size_t n = 0; n < whole.left; n++) {
    char *copy = malloc(n + 1); /* so that a sanitizer sees its end */
    memcpy(copy, whole.at, n);
    packet in = {.at = copy, .left = n};
    ml_failure failure;
    (void)packet__u64(&in);
    (void)packet__real(&in);
    (void)packet__bytes(&in);
    (void)packet__bytes(&in);
    packet__failure(&in, &failure);
    assert_true(in.is_bad);
    assert_non_null(failure.trace);
    free(copy);
  }
  ml_buf_release(&buf);
}

static void nonsense_is_bad(void **state) {
  (void)state;
  const uint64_t huge[] = {UINT64_MAX - 3, 0}, open[] = {3, UINT64_C(0x616161)};
  const uint64_t odd_status[] = {99, 0, 0, 1, 0, 1, 0};
  ml_error error;
  packet in = {.at = (const char *)huge, .left = sizeof huge};
  assert_int_equal(packet__bytes(&in).size, 0);
  assert_true(in.is_bad);
  in = (packet){.at = (const char *)open, .left = sizeof open}; /* "aaa" without an end */
  assert_string_equal(packet__text(&in), "");
  assert_true(in.is_bad);
  in = (packet){.at = (const char *)odd_status, .left = sizeof odd_status};
  packet__error(&in, &error);
  assert_true(in.is_bad);
  assert_int_equal(error.status, ML_OK);
}

/* ---- the order of results -------------------------------------------------------------------- */

typedef struct taken {
  ml_buf text;
} taken;

static ml_status take(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  taken *t = ctx;
  (void)err;
  ml_buf_printf(&t->text, "%zu:%.*s ", item, (int)n_out, (const char *)out);
  return ML_OK;
}

static ml_status take_failure(void *ctx, size_t item, const ml_failure *failure, ml_error *err) {
  taken *t = ctx;
  (void)err;
  ml_buf_printf(&t->text, "%zu!%s ", item, failure->error.message);
  return ML_OK;
}

static void end_item(order *o, const ml_job *job, size_t i, const char *out, const char *failed) {
  ml_failure failure = {.error = {.status = ML_ERR_FUNCTION}, .trace = "", .output = ""};
  ml_report report = {.item = i, .out = out, .n_out = out ? strlen(out) : 0};
  if (failed) {
    strcpy(failure.error.message, failed);
    report.failure = &failure;
  }
  assert_int_equal(order__keep(o, job, i, ring__find(&o->cells, i), &report, NULL), ML_OK);
}

static void results_are_taken_in_order(void **state) {
  (void)state;
  taken t = {0};
  ml_error err = {0};
  const ml_job job = {.take = take, .fail = take_failure, .ctx = &t};
  order o = {.end = 200};
  for (int i = 0; i < 200; i++) assert_non_null(order__add(&o, i % 3, 1));
  for (size_t i = 199; i > 3; i--) end_item(&o, &job, i, NULL, NULL);
  end_item(&o, &job, 2, "two", NULL);
  end_item(&o, &job, 1, NULL, "no");
  assert_int_equal(order__take(&o, &job, &err), ML_OK);
  assert_int_equal(t.text.n, 0);
  assert_int_equal(o.bytes, 3);
  end_item(&o, &job, 0, "zero", NULL);
  assert_int_equal(order__take(&o, &job, &err), ML_OK);
  assert_int_equal(t.text.n, strlen("0:zero 1!no 2:two "));
  assert_memory_equal(t.text.data, "0:zero 1!no 2:two ", t.text.n);
  assert_int_equal(o.bytes, 0);
  assert_null(ring__find(&o.cells, 2));
  assert_int_equal(o.cells.first, 3);
  order__release(&o);
  ml_buf_release(&t.text);
}

static void the_lowest_failure_ends_it(void **state) {
  (void)state;
  taken t = {0};
  ml_error err = {0};
  const ml_job job = {.take = take, .ctx = &t};
  order o = {.end = 10};
  for (int i = 0; i < 10; i++) assert_non_null(order__add(&o, 0, 1));
  end_item(&o, &job, 7, NULL, "seven");
  assert_int_equal(o.end, 7);
  end_item(&o, &job, 8, NULL, "eight");
  end_item(&o, &job, 1, NULL, "one");
  end_item(&o, &job, 0, "a", NULL);
  assert_int_equal(order__take(&o, &job, &err), ML_OK);
  assert_int_equal(o.end, 1);
  assert_int_equal(o.cells.first, 1);
  assert_string_equal(o.error.message, "one");
  assert_int_equal(t.text.n, strlen("0:a "));
  assert_memory_equal(t.text.data, "0:a ", t.text.n);
  order__release(&o);
  ml_buf_release(&t.text);
}

static void rings_grow_around_their_end(void **state) {
  (void)state;
  static int things[1000];
  ring r = {0};
  for (size_t i = 0; i < 1000; i++) {
    assert_true(ring__add(&r, &things[i]));
    if (i % 3 == 2) assert_ptr_equal(ring__take(&r, i / 3), &things[i / 3]);
  }
  assert_int_equal(r.first, 333);
  assert_ptr_equal(ring__take(&r, 334), &things[334]);
  assert_null(ring__take(&r, 334));
  assert_ptr_equal(ring__take(&r, 333), &things[333]);
  assert_int_equal(r.first, 335);
  assert_ptr_equal(ring__find(&r, 999), &things[999]);
  assert_null(ring__find(&r, 1000));
  free(r.at);
}

/* ---- launchers ------------------------------------------------------------------------------- */

static void launchers_are_known(void **state) {
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK",
                                      "OMPI_COMM_WORLD_SIZE",
                                      "PMIX_RANK",
                                      "SLURM_STEP_NUM_TASKS",
                                      "PMI_RANK",
                                      "PMI_SIZE"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
  assert_int_equal(ml_mpi_launched().size, 0);
  for (size_t i = 0; i < sizeof names / sizeof *names; i += 2) {
    setenv(names[i], "2", 1);
    assert_int_equal(ml_mpi_launched().size, 0);
    setenv(names[i + 1], "4", 1);
    assert_int_equal(ml_mpi_launched().size, 4);
    assert_int_equal(ml_mpi_launched().rank, 2);
    setenv(names[i], "4", 1); /* there is none */
    assert_int_equal(ml_mpi_launched().size, 0);
    setenv(names[i], "x", 1);
    assert_int_equal(ml_mpi_launched().size, 0);
    unsetenv(names[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_goes_in_comes_out),
                                     cmocka_unit_test(cut_packets_are_bad),
                                     cmocka_unit_test(nonsense_is_bad),
                                     cmocka_unit_test(results_are_taken_in_order),
                                     cmocka_unit_test(the_lowest_failure_ends_it),
                                     cmocka_unit_test(rings_grow_around_their_end),
                                     cmocka_unit_test(launchers_are_known)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
