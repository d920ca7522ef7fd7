/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker gets for a selection, and what it gives back, is checked before it is used. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/select.h"
#include "support.h"

static void *copy_of(const void *data, size_t n) {
  void *copy = malloc(n);
  memcpy(copy, data, n);
  return copy;
}

typedef struct request {
  double x[8];
  uint32_t target[8];
  select_request head;
  select_item range;
  size_t n_inputs, n_values, n_target, n_head, n_range;
} request;

/* Four rows of two columns, by column; a target of two classes, or a real one. */
static request good_request(bool is_real) {
  request r = {.x = {1, 2, 3, 4, 5, 5, 6, 6},
               .target = {0, 1, 1, 0},
               .head = {.n_rows = 4, .n_columns = 2, .by_column = 1, .n_classes = 2},
               .range = {0, 2},
               .n_inputs = SELECT_N_BLOCKS,
               .n_values = 8 * sizeof(double),
               .n_target = 4 * sizeof(uint32_t),
               .n_head = sizeof(select_request),
               .n_range = sizeof(select_item)};
  if (is_real) {
    static const uint32_t order[] = {2, 0, 1, 3, 0, 1, 1, 3};
    memcpy(r.target, order, sizeof order);
    r.n_target = sizeof order;
    r.head.n_classes = 0;
    r.head.ties = (kendall_ties){1, 0, 18};
  }
  return r;
}

/* Everything in memory of exactly its size. */
static ml_status try(const request *r, size_t *n_out) {
  const ml_task *task = ml_module_find(ml_fresh_module(), "select");
  ml_span inputs[] = {{copy_of(r->x, r->n_values), r->n_values},
                      {copy_of(r->target, r->n_target), r->n_target}};
  ml_span args = {copy_of(&r->head, r->n_head), r->n_head};
  void *range = copy_of(&r->range, r->n_range), *open = NULL;
  const ml_job_data data = {.inputs = inputs, .n_inputs = r->n_inputs, .args = args};
  const ml_item item = {.in = range, .n_in = r->n_range};
  ml_buf out = {0};
  ml_error err = {0};
  ml_status status = task->open(&data, &open, &err);
  if (status == ML_OK) {
    status = task->run(open, &data, &item, &out, &err);
    task->close(open);
  }
  *n_out = out.n;
  if (status != ML_OK) assert_string_equal(err.message, "malformed request for a selection");
  ml_buf_release(&out);
  free(inputs[0].data);
  free(inputs[1].data);
  free(args.data);
  free(range);
  return status;
}

#define REFUSED(is_real, change)                                                   \
  do {                                                                             \
    request r = good_request(is_real);                                             \
    size_t n_ignored;                                                              \
    change;                                                                        \
    if (try(&r, &n_ignored) != ML_ERR_PARSE) fail_msg("not refused: %s", #change); \
  } while (0)

static void malformed_requests_are_refused(void **state) {
  (void)state;
  for (size_t is_real = 0; is_real < 2; is_real++) {
    request good = good_request(is_real);
    size_t n_out;
    assert_int_equal(try(&good, &n_out), ML_OK);
    assert_int_equal(n_out, 2 * (8 + (is_real ? 1 : 2) * sizeof(double)));
    REFUSED(is_real, r.n_inputs = 1);
    REFUSED(is_real, r.n_head--);
    REFUSED(is_real, r.n_values--);
    REFUSED(is_real, r.n_target -= 4);
    REFUSED(is_real, r.head.n_rows = 0);
    REFUSED(is_real, r.head.n_rows = 1);
    REFUSED(is_real, r.head.n_rows = UINT64_MAX);
    REFUSED(is_real, r.head.n_columns = 0);
    REFUSED(is_real, r.head.n_columns = 3);
    REFUSED(is_real, r.head.n_columns = UINT64_C(1) << 62);
    REFUSED(is_real, r.head.n_columns = UINT64_C(1) << 59);
    REFUSED(is_real, r.head.test = ML_SELECT_KX + 1);
    REFUSED(is_real, r.head.test = UINT64_MAX);
    REFUSED(is_real, r.n_range--);
    REFUSED(is_real, r.range.n = 3);
    REFUSED(is_real, r.range.n = UINT64_MAX);
    REFUSED(is_real, r.range.first = 1);
    REFUSED(is_real, (r.range = (select_item){3, 0}));
    REFUSED(is_real, r.x[5] = NAN);
  }
  REFUSED(false, r.head.n_classes = 1);
  REFUSED(false, r.head.n_classes = 3); /* one has no row */
  REFUSED(false, r.head.n_classes = UINT64_MAX);
  REFUSED(false, r.head.n_classes = 0); /* then the order would be longer */
  REFUSED(false, r.target[2] = 2);
  REFUSED(false, memset(r.target, 0, 16));
  REFUSED(true, r.target[1] = 4);
  REFUSED(true, r.target[1] = 2); /* a row twice */
  REFUSED(true, r.target[4] = 1);
  REFUSED(true, r.target[7] = 2);
  REFUSED(true, r.target[7] = 4);
  REFUSED(true, r.target[7] = 0);
}

static size_t one_worker(const ml_exec *exec) {
  (void)exec;
  return 1;
}

static ml_status run_badly(ml_exec *exec, const ml_job *job, ml_error *err) {
  (void)exec;
  const uint64_t good[] = {ML_FEATURE_BINARY, 0, 0}, bad[] = {ML_FEATURE_REAL + 1, 0, 0};
  ml_error error = {0};
  assert_int_equal(job->n_items, 1);
  assert_int_equal(job->take(job->ctx, 0, good, sizeof good, &error), ML_OK);
  assert_int_equal(job->take(job->ctx, 0, good, sizeof good - 1, &error), ML_ERR_WORKER);
  assert_int_equal(job->take(job->ctx, 0, NULL, 0, &error), ML_ERR_WORKER);
  return job->take(job->ctx, 0, bad, sizeof bad, err);
}

static void malformed_results_are_refused(void **state) {
  (void)state;
  static const ml_exec_vtable table = {.n_workers = one_worker, .run = run_badly};
  ml_exec exec = {.vtable = &table};
  double x[] = {1, 2, 2}, y[] = {0, 0, 1};
  uint32_t class_of[] = {0, 0, 1};
  char *columns[] = {(char *)"a"};
  const ml_matrix m = {.n_rows = 3, .n_columns = 1, .values = x, .columns = columns};
  const ml_target target = {.name = (char *)"y",
                            .problem = ML_CLASSIFICATION,
                            .n = 3,
                            .values = y,
                            .classes = class_of,
                            .n_classes = 2};
  ml_error err = {0};
  select_p_values p;
  assert_int_equal(select__compute(&m, &target, ML_SELECT_MANN, &exec, NULL, &p, &err),
                   ML_ERR_WORKER);
  assert_string_equal(err.message, "malformed p-values of a worker");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(malformed_requests_are_refused),
      cmocka_unit_test(malformed_results_are_refused),
  };
  return cmocka_run_group_tests_name("select_request", tests, NULL, NULL);
}
