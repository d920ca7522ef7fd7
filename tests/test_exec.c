/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial executor and blocks. */
#include "support.h"

#include <stdio.h>
#include <string.h>

typedef struct calls {
  char text[256]; /* what was called, in order */
  size_t fail_at;
  size_t cancel_after;
  double done, total;
} calls;

static calls *current; /* tasks have no ctx of the caller's */

static void note(const char *what, size_t item) {
  size_t n = strlen(current->text);
  snprintf(current->text + n, sizeof current->text - n, "%s%zu ", what, item);
}

static ml_status open_sum(const ml_job_data *data, void **state, ml_error *err) {
  note("open", data->n_inputs);
  if (current->fail_at == 100) return ml_error_set(err, ML_ERR_USAGE, "no opening");
  *state = current;
  return ML_OK;
}

/* Adds input 0 at the item's place to the argument, and writes it to the result as well. */
static ml_status run_sum(void *state, const ml_job_data *data, const ml_item *given, ml_buf *out,
                         ml_error *err) {
  size_t item;
  assert_ptr_equal(state, current);
  assert_int_equal(given->n_in, sizeof item);
  memcpy(&item, given->in, sizeof item);
  note("run", item);
  if (item == current->fail_at) return ml_error_set(err, ML_ERR_NUMERIC, "item %zu", item);
  int sum = ((const int *)data->inputs[0].data)[item] + (int)item;
  ((int *)data->result.data)[item] = sum;
  ml_buf_put(out, &sum, sizeof sum);
  return ML_OK;
}

static void close_sum(void *state) {
  assert_ptr_equal(state, current);
  note("close", 0);
}

static const ml_task tasks[] = {
    {.name = "sum", .open = open_sum, .run = run_sum, .close = close_sum}};
static const ml_module module = {
    .abi = ML_MODULE_ABI, .name = "m", .version = "1", .tasks = tasks, .n_tasks = 1};

static ml_status put(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)ctx, (void)err;
  note("put", item);
  ml_buf_put(in, &item, sizeof item);
  return ML_OK;
}

static ml_status take(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  (void)ctx, (void)err;
  int sum;
  assert_int_equal(n_out, sizeof sum);
  memcpy(&sum, out, sizeof sum);
  note("take", item);
  assert_int_equal(sum, 10 * (int)item + (int)item);
  return ML_OK;
}

static bool cancelled(void *ctx) {
  calls *c = ctx;
  return c->cancel_after-- == 0;
}

static void progress(void *ctx, const char *step, double done, double total) {
  calls *c = ctx;
  assert_string_equal(step, "adding");
  c->done = done;
  c->total = total;
}

static ml_status run_three(calls *c, const char *task, ml_error *err, int *result) {
  static const int data[] = {0, 10, 20};
  ml_block *input, *output;
  current = c;
  ml_watch watch = {.cancelled = cancelled, .progress = progress, .ctx = c};
  assert_int_equal(ml_block_copy(NULL, data, sizeof data, &input, NULL), ML_OK);
  assert_int_equal(ml_block_new(NULL, sizeof data, &output, NULL), ML_OK);
  ml_job job = {.module = &module,
                .task = task,
                .inputs = &input,
                .n_inputs = 1,
                .result = output,
                .n_items = 3,
                .put = put,
                .take = take,
                .step = "adding",
                .watch = &watch};
  ml_status status = ml_exec_run(NULL, &job, err);
  if (result) memcpy(result, output->data, sizeof data);
  ml_block_free(input);
  ml_block_free(output);
  return status;
}

static void items_run_one_after_another(void **state) {
  (void)state;
  calls c = {.fail_at = 50, .cancel_after = 50};
  int result[3];
  assert_int_equal(run_three(&c, "sum", NULL, result), ML_OK);
  assert_string_equal(c.text, "open1 put0 run0 take0 put1 run1 take1 put2 run2 take2 close0 ");
  assert_int_equal(result[2], 22);
  assert_true(c.done == 3 && c.total == 3);
  assert_int_equal(ml_exec_n_workers(NULL), 1);
}

static void first_failure_ends_the_job_and_closes_the_task(void **state) {
  (void)state;
  calls c = {.fail_at = 1, .cancel_after = 50};
  ml_error err = {0};
  assert_int_equal(run_three(&c, "sum", &err, NULL), ML_ERR_NUMERIC);
  assert_string_equal(err.message, "item 1");
  assert_string_equal(c.text, "open1 put0 run0 take0 put1 run1 close0 ");
}

static void task_that_does_not_open_is_not_closed(void **state) {
  (void)state;
  calls c = {.fail_at = 100, .cancel_after = 50};
  ml_error err = {0};
  assert_int_equal(run_three(&c, "sum", &err, NULL), ML_ERR_USAGE);
  assert_string_equal(err.message, "no opening");
  assert_string_equal(c.text, "open1 ");
  assert_int_equal(run_three(&c, "other", &err, NULL), ML_ERR_USAGE);
  assert_string_equal(err.message, "module 'm' has no task 'other'");
}

static void watch_stops_between_items(void **state) {
  (void)state;
  calls c = {.fail_at = 50, .cancel_after = 2};
  ml_error err = {0};
  assert_int_equal(run_three(&c, "sum", &err, NULL), ML_ERR_CANCELLED);
  assert_string_equal(c.text, "open1 put0 run0 take0 put1 run1 take1 close0 ");
}

static void blocks_are_zero_aligned_and_numbered(void **state) {
  (void)state;
  ml_exec shares = {.shares_memory = true};
  const ml_exec *execs[] = {NULL, &shares};
  uint64_t last = 0;
  for (size_t k = 0; k < 2; k++) {
    ml_block *block, *empty;
    assert_int_equal(ml_block_new(execs[k], 100000, &block, NULL), ML_OK);
    assert_int_equal(ml_block_new(execs[k], 0, &empty, NULL), ML_OK);
    assert_int_equal((uintptr_t)block->data % 64, 0);
    for (size_t i = 0; i < block->size; i++) assert_int_equal(((char *)block->data)[i], 0);
    assert_true(block->id > last && empty->id > block->id);
    assert_int_equal(block->fd >= 0, k == 1);
    assert_non_null(empty->data);
    last = empty->id;
    assert_int_equal(ml_block_seal(block, NULL), ML_OK);
    assert_int_equal(block->sealed, k == 1);
    ((char *)block->data)[5] = 1; /* the creator's own mapping stays writable */
    ml_block_free(block);
    ml_block_free(empty);
  }
  ml_error err = {0};
  ml_block *huge;
  assert_int_equal(ml_block_new(&shares, SIZE_MAX, &huge, &err), ML_ERR_MEMORY);
  assert_int_equal(ml_block_new(NULL, SIZE_MAX, &huge, &err), ML_ERR_MEMORY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(items_run_one_after_another),
      cmocka_unit_test(first_failure_ends_the_job_and_closes_the_task),
      cmocka_unit_test(task_that_does_not_open_is_not_closed),
      cmocka_unit_test(watch_stops_between_items),
      cmocka_unit_test(blocks_are_zero_aligned_and_numbered),
  };
  return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}
