/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items in chunks, large ones, failing ones, and items that nobody has counted: the same
 * everywhere. */
#include "pool_support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- a job whose failures do not end it ------------------------------------------------------ */

typedef struct outcome {
  acts a;
  size_t n_failed, failed_at;
  unsigned attempts;
  int signal;
  ml_error error;
  char trace[64];
  unsigned *seen; /* how often each item was reported */
  size_t n_seen_failed;
} outcome;

static outcome outcome_new(size_t n) {
  outcome o = {.a = acts_new(n), .seen = calloc(n, sizeof *o.seen)};
  assert_non_null(o.seen);
  return o;
}

static void outcome_free(outcome *o) {
  acts_free(&o->a);
  free(o->seen);
}

static ml_status put(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)err;
  outcome *o = ctx;
  ml_buf_put(in, &o->a.acts[item], sizeof(act));
  return ML_OK;
}

static ml_status take(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  (void)err;
  outcome *o = ctx;
  assert_int_equal(item, o->a.n_taken++);
  assert_int_equal(n_out, sizeof(double));
  memcpy(&o->a.results[item], out, n_out);
  return ML_OK;
}

static ml_status put_chunk(void *ctx, size_t first, size_t n, ml_buf *in, ml_error *err) {
  (void)err;
  outcome *o = ctx;
  assert_true(n > 0 && first >= o->a.n_taken && first + n <= o->a.n);
  ml_buf_put(in, &o->a.acts[first], n * sizeof(act));
  return ML_OK;
}

static ml_status take_chunk(void *ctx, size_t first, size_t n, const void *out, size_t n_out,
                            ml_error *err) {
  (void)err;
  outcome *o = ctx;
  assert_int_equal(first, o->a.n_taken);
  assert_int_equal(n_out, n * sizeof(double));
  memcpy(&o->a.results[first], out, n_out);
  o->a.n_taken += n;
  return ML_OK;
}

static ml_status take_failure(void *ctx, size_t item, const ml_failure *failure, ml_error *err) {
  (void)err;
  outcome *o = ctx;
  assert_int_equal(item, o->a.n_taken++);
  o->n_failed++;
  o->failed_at = item;
  o->attempts = failure->attempts;
  o->signal = failure->signal;
  o->error = failure->error;
  snprintf(o->trace, sizeof o->trace, "%s", failure->trace);
  return ML_OK;
}

static void seen(void *ctx, const ml_report *report) {
  outcome *o = ctx;
  o->seen[report->item]++;
  if (report->failure) o->n_seen_failed++;
  assert_true(report->attempts > 0 && report->seconds >= 0 && report->started > 1e9);
}

static ml_job outcome_job(outcome *o, bool in_chunks) {
  ml_job job = {.module = &pool_test_module,
                .task = "act",
                .n_items = o->a.n,
                .fail = take_failure,
                .seen = seen,
                .ctx = o};
  if (in_chunks) {
    job.put_chunk = put_chunk;
    job.take_chunk = take_chunk;
  } else {
    job.put = put;
    job.take = take;
  }
  return job;
}

/* Run it; every item but those that must fail has its result, and each is reported once. */
static void run(ml_mproc *pool, outcome *o, const ml_job *job) {
  ml_error err = {0};
  o->a.n_taken = o->n_failed = o->n_seen_failed = 0;
  memset(o->seen, 0, o->a.n * sizeof *o->seen);
  for (size_t i = 0; i < o->a.n; i++) o->a.results[i] = -1;
  if (ml_exec_run(ml_mproc_exec(pool), job, &err) != ML_OK) fail_msg("job failed: %s", err.message);
  assert_int_equal(o->a.n_taken, o->a.n);
  assert_int_equal(o->n_seen_failed, o->n_failed);
  size_t n_done = 0;
  for (size_t i = 0; i < o->a.n; i++) {
    assert_int_equal(o->seen[i], 1);
    if (o->a.results[i] == -1) continue;
    expect_same("result", o->a.results[i], 2 * o->a.acts[i].value);
    n_done++;
  }
  assert_int_equal(n_done + o->n_failed, o->a.n);
}

/* ---- the same whatever runs it --------------------------------------------------------------- */

static void results_are_the_same_in_any_chunks(void **state) {
  (void)state;
  static const size_t workers[] = {1, 2, 4, 8}, windows[] = {0, 1, 8, 64},
                      chunks[] = {0, 1, 7, 500};
  outcome o = outcome_new(1500);
  uint64_t seed = 9;
  for (size_t i = 0; i < o.a.n; i++) {
    if (next_random(&seed) % 128) continue;
    o.a.acts[i].kind = ACT_SLEEP;
    o.a.acts[i].n = (long)(next_random(&seed) % 3);
  }
  for (size_t own = 0; own < 2; own++) {
    ml_job job = outcome_job(&o, own);
    run(NULL, &o, &job);
    for (size_t k = 0; k < 4; k++) {
      for (size_t j = 0; j < 4; j++) {
        ml_mproc_opts opts = test_opts(workers[k]);
        opts.window = windows[(j + k) % 4];
        opts.chunk = chunks[j];
        ml_mproc *pool = open_pool(opts);
        run(pool, &o, &job);
        assert_int_equal(ml_mproc_get_stats(pool).items_done, o.a.n);
        ml_mproc_close(pool);
      }
    }
  }
  outcome_free(&o);
}

static void many_short_items_travel_together(void **state) {
  (void)state;
  outcome o = outcome_new(300000);
  ml_mproc *pool = open_pool(test_opts(2));
  for (size_t own = 0; own < 2; own++) {
    ml_job job = outcome_job(&o, own);
    run(pool, &o, &job);
    assert_int_equal(o.n_failed, 0);
  }
  ml_mproc_close(pool);
  outcome_free(&o);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void failed_items_do_not_end_the_job(void **state) {
  (void)state;
  outcome o = outcome_new(400);
  o.a.acts[0].kind = o.a.acts[41].kind = o.a.acts[42].kind = o.a.acts[399].kind = ACT_FAIL;
  o.a.acts[300].kind = ACT_TRACE;
  for (size_t k = 0; k < 8; k++) {
    ml_mproc_opts opts = test_opts(2);
    opts.chunk = k / 2 == 1 ? 1 : 40;
    ml_mproc *pool = k < 6 ? open_pool(opts) : NULL;
    ml_job job = outcome_job(&o, k % 2);
    o.a.acts[399].kind = k < 2 ? ACT_TRACE : ACT_FAIL;
    run(pool, &o, &job);
    assert_int_equal(o.n_failed, 5);
    assert_int_equal(o.failed_at, 399);
    assert_int_equal(o.attempts, 1);
    assert_int_equal(o.error.status, k < 2 ? ML_ERR_FUNCTION : ML_ERR_NUMERIC);
    assert_string_equal(o.error.message, k < 2 ? "item 399 has a trace" : "item 399 failed");
    assert_string_equal(o.trace, k < 2 ? "line 1\nline 2\n" : "");
    if (pool) assert_int_equal(ml_mproc_get_stats(pool).items_failed, 5);
    ml_mproc_close(pool);
  }
  outcome_free(&o);
}

static void lowest_failure_ends_a_job_in_chunks(void **state) {
  (void)state;
  outcome o = outcome_new(400);
  o.a.acts[57].kind = o.a.acts[58].kind = o.a.acts[300].kind = ACT_FAIL;
  for (size_t k = 0; k < 4; k++) {
    ml_mproc_opts opts = test_opts(3);
    opts.chunk = 25;
    ml_mproc *pool = k < 2 ? open_pool(opts) : NULL;
    ml_job job = outcome_job(&o, k % 2);
    job.fail = NULL;
    o.a.n_taken = 0;
    ml_error err = {0};
    assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_NUMERIC);
    assert_string_equal(err.message, "item 57 failed");
    assert_int_equal(o.a.n_taken, 57);
    if (pool) expect_usable(pool);
    ml_mproc_close(pool);
  }
  outcome_free(&o);
}

static void failed_functions_are_tried_again_when_asked_for(void **state) {
  (void)state;
  outcome o = outcome_new(100);
  o.a.acts[30].kind = o.a.acts[31].kind = ACT_FAIL_ONCE;
  for (unsigned retries = 0; retries < 2; retries++) {
    ml_mproc_opts opts = test_opts(2);
    opts.chunk = 20;
    opts.retry_errors = retries;
    ml_mproc *pool = open_pool(opts);
    ml_block *flags;
    assert_int_equal(ml_block_new(ml_mproc_exec(pool), o.a.n, &flags, NULL), ML_OK);
    ml_job job = outcome_job(&o, false);
    job.result = flags;
    run(pool, &o, &job);
    assert_int_equal(o.n_failed, retries ? 0 : 2);
    ml_block_free(flags);
    ml_mproc_close(pool);
  }
  outcome_free(&o);
}

static void only_the_poisoned_item_of_a_chunk_is_blamed(void **state) {
  (void)state;
  static const struct {
    act_kind kind;
    long n;
    int signal;
  } poisons[] = {{ACT_SIGNAL, SIGKILL, SIGKILL},
                 {ACT_SIGNAL, SIGABRT, SIGABRT},
                 {ACT_SIGNAL, SIGSEGV, -1}, /* a sanitizer ends it in its own way */
                 {ACT_EXIT, 0, 0},
                 {ACT_OVERFLOW, 0, -1}};
  outcome o = outcome_new(200);
  for (size_t k = 0; k < sizeof poisons / sizeof *poisons; k++) {
    ml_mproc_opts opts = test_opts(2);
    opts.chunk = 40;
    opts.window = 2;
    ml_mproc *pool = open_pool(opts);
    o.a.acts[17].kind = poisons[k].kind;
    o.a.acts[17].n = poisons[k].n;
    ml_job job = outcome_job(&o, k % 2);
    run(pool, &o, &job);
    assert_int_equal(o.n_failed, 1);
    assert_int_equal(o.failed_at, 17);
    assert_int_equal(o.attempts, 3);
    assert_int_equal(o.error.status, ML_ERR_WORKER);
    if (poisons[k].signal >= 0) assert_int_equal(o.signal, poisons[k].signal);
    assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 3);
    expect_usable(pool);
    ml_mproc_close(pool);
  }
  outcome_free(&o);
}

/* Its arguments are in a memory file, and those of a part of it are others. */
static void large_chunk_can_be_cut(void **state) {
  (void)state;
  enum { N = 40000 };
  static const act_kind kinds[] = {ACT_SIGNAL, ACT_FAIL};
  outcome o = outcome_new(N);
  assert_true(N * sizeof(act) > (size_t)1 << 20);
  for (size_t k = 0; k < 2; k++) {
    ml_mproc_opts opts = test_opts(2);
    opts.chunk = N;
    opts.retry_errors = 1;
    ml_mproc *pool = open_pool(opts);
    o.a.acts[17].kind = kinds[k];
    o.a.acts[17].n = SIGKILL;
    ml_job job = outcome_job(&o, true);
    run(pool, &o, &job);
    assert_int_equal(o.n_failed, 1);
    assert_int_equal(o.failed_at, 17);
    ml_mproc_close(pool);
  }
  outcome_free(&o);
}

static void last_attempt_has_a_fresh_worker(void **state) {
  (void)state;
  outcome o = outcome_new(60);
  for (size_t own = 0; own < 2; own++) {
    ml_mproc_opts opts = test_opts(2);
    opts.retries = 1;
    opts.chunk = own ? 10 : 1;
    ml_mproc *pool = open_pool(opts);
    o.a.acts[25].kind = o.a.acts[26].kind = o.a.acts[40].kind = ACT_FRESH;
    ml_job job = outcome_job(&o, own);
    run(pool, &o, &job);
    assert_int_equal(o.n_failed, 0);
    ml_mproc_close(pool);
  }
  outcome_free(&o);
}

/* ---- cancelled items ------------------------------------------------------------------------- */

static void items_see_that_nobody_wants_them(void **state) {
  (void)state;
  outcome o = outcome_new(2);
  ml_mproc *pool = open_pool(test_opts(2));
  long before[2], after[2];
  assert_int_equal(ml_mproc_pids(pool, before), 2);
  o.a.acts[0].kind = ACT_FAIL;
  o.a.acts[1].kind = ACT_WAIT;
  ml_job job = outcome_job(&o, false);
  job.fail = NULL;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_ERR_NUMERIC);
  assert_int_equal(ml_mproc_pids(pool, after), 2);
  assert_memory_equal(before, after, sizeof before);
  assert_int_equal(ml_mproc_get_stats(pool).workers_started, 2);
  ml_mproc_close(pool);
  outcome_free(&o);
}

/* ---- items that nobody has counted ----------------------------------------------------------- */

typedef struct flow {
  outcome o;
  size_t n_given, n_ahead, n_calls;
} flow;

static size_t more(void *ctx, size_t first, size_t max) {
  outcome *o = ctx;
  flow *f = (flow *)o; /* o is its first member */
  assert_int_equal(first, f->n_given);
  assert_true(max > 0);
  size_t n = max < 3 ? max : 3;
  if (n > o->a.n - first) n = o->a.n - first;
  f->n_given += n;
  f->n_calls++;
  if (f->n_given - o->a.n_taken > f->n_ahead) f->n_ahead = f->n_given - o->a.n_taken;
  return n;
}

static void items_come_until_there_are_no_more(void **state) {
  (void)state;
  for (size_t k = 0; k < 6; k++) {
    flow f = {.o = outcome_new(k == 5 ? 1 : 20000)};
    ml_mproc *pool = k < 4 ? open_pool(test_opts(2)) : NULL;
    ml_job job = outcome_job(&f.o, k % 2);
    job.n_items = ML_ITEMS_UNKNOWN;
    job.more = more;
    run(pool, &f.o, &job);
    assert_int_equal(f.n_given, f.o.a.n);
    ml_mproc_close(pool);
    outcome_free(&f.o);
  }
}

static void a_slow_item_holds_the_input_back(void **state) {
  (void)state;
  flow f = {.o = outcome_new(200000)};
  ml_mproc_opts opts = test_opts(2);
  opts.window = 4;
  opts.chunk = 1;
  ml_mproc *pool = open_pool(opts);
  ml_job job = outcome_job(&f.o, false);
  job.n_items = ML_ITEMS_UNKNOWN;
  job.more = more;
  f.o.a.acts[0].kind = ACT_SLEEP;
  f.o.a.acts[0].n = 300;
  run(pool, &f.o, &job);
  assert_true(f.n_ahead < 10000); /* of 200000, that two workers do in less time */
  ml_mproc_close(pool);
  outcome_free(&f.o);
}

/* ---- large items, pins ----------------------------------------------------------------------- */

static const size_t sizes[] = {0, 1, 7, 8, 300000, 1 << 20, (1 << 20) + 1, 5000003, (64 << 20) + 9};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static ml_status put_large(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)ctx, (void)err;
  size_t n = sizes[item % N_SIZES];
  char *at = ml_buf_reserve(in, n);
  if (at) memset(at, 3, n);
  if (at) in->n += n;
  return ML_OK;
}

static ml_status take_size(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  (void)err;
  uint64_t told[2];
  assert_int_equal(item, (*(size_t *)ctx)++);
  assert_int_equal(n_out, sizeof told);
  memcpy(told, out, sizeof told);
  assert_true(told[0] == sizes[item % N_SIZES] && told[1] == 3 * told[0]);
  return ML_OK;
}

static void large_arguments_arrive(void **state) {
  (void)state;
  for (size_t k = 0; k < 3; k++) {
    ml_mproc_opts opts = test_opts(2);
    opts.chunk = k == 1 ? 50 : 1;
    ml_mproc *pool = k < 2 ? open_pool(opts) : NULL;
    size_t n_taken = 0;
    ml_job job = {.module = &pool_test_module,
                  .task = "size",
                  .n_items = 4 * N_SIZES,
                  .put = put_large,
                  .take = take_size,
                  .ctx = &n_taken};
    assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
    assert_int_equal(n_taken, job.n_items);
    ml_mproc_close(pool);
  }
}

static ml_status put_bytes(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)err;
  size_t n = item == 0 ? *(size_t *)ctx : 0;
  char *at = ml_buf_reserve(in, n);
  if (at) memset(at, 3, n);
  if (at) in->n += n;
  return ML_OK;
}

static ml_status take_sum(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  (void)item, (void)n_out, (void)err;
  memcpy(ctx, out, sizeof(uint64_t));
  return ML_OK;
}

/* Run "keep". @return what it told last */
static uint64_t keep(ml_mproc *pool, size_t n_bytes, ml_block *input) {
  uint64_t told = n_bytes;
  ml_job job = {.module = &pool_test_module,
                .task = "keep",
                .inputs = &input,
                .n_inputs = input ? 1 : 0,
                .n_items = 1,
                .put = put_bytes,
                .take = take_sum,
                .ctx = &told};
  ml_error err = {0};
  if (ml_exec_run(ml_mproc_exec(pool), &job, &err) != ML_OK) fail_msg("%s", err.message);
  return told;
}

static void pinned_memory_stays(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1));
  size_t large = 3 << 20;
  assert_int_equal(keep(pool, large, NULL), 1);
  expect_usable(pool);
  assert_int_equal(keep(pool, 0, NULL), 3 * large);
  assert_int_equal(keep(pool, 100, NULL), 0); /* small ones are not pinned */
  for (size_t k = 0; k < 2; k++) {            /* an input, on a worker and here */
    ml_block *block;
    ml_exec *exec = k == 0 ? ml_mproc_exec(pool) : NULL;
    assert_int_equal(ml_block_copy(exec, "\1\2\3\4", 4, &block, NULL), ML_OK);
    assert_int_equal(keep(k == 0 ? pool : NULL, 0, block), 1);
    ml_block_free(block);
    if (k == 0) expect_usable(pool); /* the worker's own use of it has ended */
    assert_int_equal(keep(k == 0 ? pool : NULL, 0, NULL), 10);
  }
  ml_mproc_close(pool);
  assert_null(ml_pin(&large));
  ml_unpin(NULL);
}

/* ---- blocks that are freed ------------------------------------------------------------------- */

/* Memory files of blocks that a process has mapped. */
static size_t n_mapped(long pid) {
  char path[64], line[512];
  size_t n = 0;
  snprintf(path, sizeof path, "/proc/%ld/maps", pid);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f)) n += strstr(line, "ml-block") != NULL;
  fclose(f);
  return n;
}

static void freed_blocks_leave_the_workers(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1));
  long pid;
  ml_block *block;
  assert_int_equal(ml_mproc_pids(pool, &pid), 1);
  size_t before = n_mapped(pid);
  double x[4] = {0};
  assert_int_equal(ml_block_copy(ml_mproc_exec(pool), x, sizeof x, &block, NULL), ML_OK);
  ml_job job = {
      .module = &pool_test_module, .task = "sum", .inputs = &block, .n_inputs = 1, .n_items = 1};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
  assert_int_equal(n_mapped(pid), before + 1);
  ml_block_free(block);
  for (int i = 0; i < 10000 && n_mapped(pid) > before; i++) {
    ml_mproc_poll(pool);
    usleep(1000);
  }
  assert_int_equal(n_mapped(pid), before);
  expect_usable(pool);
  ml_mproc_close(pool);
}

static int no_cores(void **state) {
  (void)state;
  return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_the_same_in_any_chunks),
      cmocka_unit_test(many_short_items_travel_together),
      cmocka_unit_test(failed_items_do_not_end_the_job),
      cmocka_unit_test(lowest_failure_ends_a_job_in_chunks),
      cmocka_unit_test(failed_functions_are_tried_again_when_asked_for),
      cmocka_unit_test(only_the_poisoned_item_of_a_chunk_is_blamed),
      cmocka_unit_test(large_chunk_can_be_cut),
      cmocka_unit_test(last_attempt_has_a_fresh_worker),
      cmocka_unit_test(items_see_that_nobody_wants_them),
      cmocka_unit_test(items_come_until_there_are_no_more),
      cmocka_unit_test(a_slow_item_holds_the_input_back),
      cmocka_unit_test(large_arguments_arrive),
      cmocka_unit_test(pinned_memory_stays),
      cmocka_unit_test(freed_blocks_leave_the_workers),
  };
  return cmocka_run_group_tests_name("pool_chunks", tests, no_cores, NULL);
}
