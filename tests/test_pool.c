/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool when nothing breaks: results, order, errors, blocks, cancelling, opening and closing. */
#include "pool_support.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"

static const size_t worker_counts[] = {1, 2, 4, 7};

static void results_come_in_order_whatever_the_workers(void **state) {
  (void)state;
  acts a = acts_new(3000);
  uint64_t seed = 7;
  for (size_t i = 0; i < a.n; i++) {
    if (next_random(&seed) % 64) continue;
    a.acts[i].kind = ACT_SLEEP;
    a.acts[i].n = (long)(next_random(&seed) % 4);
  }
  ml_job job = acts_job(&a);
  expect_doubles(NULL, &a, &job);
  for (size_t k = 0; k < 4; k++) {
    ml_mproc *pool = open_pool(test_opts(worker_counts[k]));
    assert_int_equal(ml_exec_n_workers(ml_mproc_exec(pool)), worker_counts[k]);
    pool->window_max = k == 1 ? 1 : WINDOW_MAX;
    expect_doubles(pool, &a, &job);
    assert_int_equal(ml_mproc_get_stats(pool).items_done, a.n);
    ml_mproc_close(pool);
  }
  acts_free(&a);
}

static ml_status put_row(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)ctx, (void)err;
  ml_buf_put(in, &item, sizeof item);
  return ML_OK;
}

/* @return the bytes of the result matrix, to free() */
static double *rows_of(ml_mproc *pool, const double *x, size_t n_columns, size_t n_rows) {
  ml_exec *exec = ml_mproc_exec(pool); /* NULL for NULL */
  ml_block *input, *result;
  assert_int_equal(ml_block_copy(exec, x, n_columns * sizeof *x, &input, NULL), ML_OK);
  assert_int_equal(ml_block_new(exec, n_rows * n_columns * sizeof *x, &result, NULL), ML_OK);
  ml_job job = {.module = &pool_test_module,
                .task = "row",
                .inputs = &input,
                .n_inputs = 1,
                .result = result,
                .n_items = n_rows,
                .put = put_row};
  assert_int_equal(ml_exec_run(exec, &job, NULL), ML_OK);
  /* A second job with the same blocks, which the workers have kept. */
  assert_int_equal(ml_exec_run(exec, &job, NULL), ML_OK);
  double *copy = malloc(result->size);
  assert_non_null(copy);
  memcpy(copy, result->data, result->size);
  ml_block_free(input);
  ml_block_free(result);
  return copy;
}

static void workers_write_the_same_bytes_into_the_result(void **state) {
  (void)state;
  enum { COLUMNS = 37, ROWS = 500 };
  double x[COLUMNS];
  uint64_t seed = 3;
  for (size_t j = 0; j < COLUMNS; j++) x[j] = (double)next_random(&seed);
  double *want = rows_of(NULL, x, COLUMNS, ROWS);
  expect_same("by hand", want[5 * COLUMNS + 3], sqrt(x[3] * 5));
  for (size_t k = 0; k < 4; k++) {
    ml_mproc *pool = open_pool(test_opts(worker_counts[k]));
    double *got = rows_of(pool, x, COLUMNS, ROWS);
    assert_memory_equal(got, want, COLUMNS * ROWS * sizeof *want);
    free(got);
    ml_mproc_close(pool);
  }
  free(want);
}

static void input_blocks_are_sealed(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1));
  ml_exec *exec = ml_mproc_exec(pool);
  ml_block *input, *result;
  assert_int_equal(ml_block_new(exec, 64, &input, NULL), ML_OK);
  assert_int_equal(ml_block_new(exec, 64, &result, NULL), ML_OK);
  ml_job job = {.module = &pool_test_module,
                .task = "row",
                .inputs = &input,
                .n_inputs = 1,
                .result = result,
                .n_items = 1,
                .put = put_row};
  assert_int_equal(ml_exec_run(exec, &job, NULL), ML_OK);
  assert_true(input->sealed);
  assert_int_equal(pwrite(input->fd, "x", 1, 0), -1);
  assert_int_equal(ftruncate(input->fd, 0), -1);
  assert_int_equal(ftruncate(result->fd, 0), -1);
  /* What was sealed as an input cannot take results, and private memory cannot be shared. */
  ml_error err = {0};
  job.result = input;
  assert_int_equal(ml_exec_run(exec, &job, &err), ML_ERR_USAGE);
  assert_non_null(strstr(err.message, "sealed"));
  ml_block *private;
  assert_int_equal(ml_block_new(NULL, 64, &private, NULL), ML_OK);
  job.result = private;
  assert_int_equal(ml_exec_run(exec, &job, &err), ML_ERR_USAGE);
  assert_non_null(strstr(err.message, "private"));
  ml_block_free(private);
  ml_block_free(input);
  ml_block_free(result);
  ml_mproc_close(pool);
}

static void error_of_the_lowest_failed_item_is_returned(void **state) {
  (void)state;
  acts a = acts_new(400);
  a.acts[90].kind = a.acts[91].kind = a.acts[200].kind = ACT_FAIL;
  a.acts[90].n = 90;
  a.acts[89].kind = ACT_SLEEP; /* so that 91 fails well before it */
  a.acts[89].n = 30;
  ml_job job = acts_job(&a);
  for (size_t k = 0; k < 5; k++) {
    ml_mproc *pool = k == 4 ? NULL : open_pool(test_opts(worker_counts[k]));
    ml_error err = {0};
    a.n_taken = 0;
    assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_NUMERIC);
    assert_int_equal(err.status, ML_ERR_NUMERIC);
    assert_string_equal(err.message, "item 90 failed");
    assert_string_equal(err.source, "x.csv");
    assert_int_equal(err.line, 90);
    assert_int_equal(err.column, 7);
    assert_int_equal(a.n_taken, 90);
    if (pool) expect_usable(pool);
    ml_mproc_close(pool);
  }
  acts_free(&a);
}

static void job_that_cannot_be_opened_says_why(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  acts a = acts_new(20);
  ml_job job = acts_job(&a);
  ml_error err = {0};
  job.task = "bad open";
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_PARSE);
  assert_string_equal(err.source, "settings.json");
  assert_int_equal(err.line, 3);
  job.task = "nothing";
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "module 'test' has no task 'nothing'");
  /* A module that this process has and the workers have not. */
  ml_module other = pool_test_module;
  other.name = "other";
  job.task = "act";
  job.module = &other;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_WORKER);
  assert_string_equal(err.message, "the workers have no task 'act' of module 'other'");
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&a);
}

static ml_status fail_at_7(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  acts *a = ctx;
  if (item == 7) return ml_error_set(err, ML_ERR_IO, "no argument");
  ml_buf_put(in, &a->acts[item], sizeof a->acts[item]);
  return ML_OK;
}

static ml_status fail_to_take_5(void *ctx, size_t item, const void *out, size_t n, ml_error *err) {
  (void)ctx, (void)out, (void)n;
  return item == 5 ? ml_error_set(err, ML_ERR_IO, "disk is full") : ML_OK;
}

static void errors_of_put_and_take_end_the_job(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(3));
  acts a = acts_new(100);
  ml_job job = acts_job(&a);
  ml_error err = {0};
  job.put = fail_at_7;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_IO);
  assert_string_equal(err.message, "no argument");
  assert_int_equal(a.n_taken, 7);
  job = acts_job(&a);
  job.take = fail_to_take_5;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_IO);
  assert_string_equal(err.message, "disk is full");
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&a);
}

static void large_results_are_whole(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  acts a = acts_new(60);
  for (size_t i = 0; i < a.n; i++) {
    a.acts[i].kind = ACT_HEAVY;
    a.acts[i].n = (long)(i * 100003 + 1);
  }
  ml_job job = acts_job(&a);
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
  for (size_t i = 0; i < a.n; i++) expect_same("bytes", a.results[i], (double)(i * 100003 + 1));
  a.acts[3].n = (64l << 20) + 1; /* more than any frame holds */
  a.n_taken = 0;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
  expect_same("bytes", a.results[3], (64 << 20) + 1);
  ml_mproc_close(pool);
  acts_free(&a);
}

static bool cancelled_at_once(void *ctx) {
  size_t *n = ctx;
  return ++*n > 3;
}

static void cancelling_ends_the_job_and_not_the_pool(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  acts a = acts_new(10);
  for (size_t i = 0; i < a.n; i++) {
    a.acts[i].kind = ACT_SPIN;
    a.acts[i].n = 60000;
  }
  size_t n = 0;
  ml_watch watch = {.cancelled = cancelled_at_once, .ctx = &n};
  ml_job job = acts_job(&a);
  job.watch = &watch;
  ml_error err = {0};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_CANCELLED);
  assert_string_equal(err.message, "interrupted");
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&a);
}

static ml_status take_about(void *ctx, size_t item, const void *out, size_t n, ml_error *err) {
  (void)item, (void)err;
  snprintf(ctx, 128, "%.*s", (int)n, (const char *)out);
  return ML_OK;
}

typedef struct impatience {
  const acts *acts;
  time_t end;
} impatience;

static bool has_seen_enough(void *ctx) {
  const impatience *i = ctx;
  return i->acts->n_taken > 0 || time(NULL) > i->end;
}

/* What is done comes at once, though the next item at the same worker runs for ever. */
static void results_do_not_wait_for_a_slow_item(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(1);
  opts.window = 3;
  ml_mproc *pool = open_pool(opts);
  acts a = acts_new(3);
  impatience i = {&a, time(NULL) + 20};
  ml_watch watch = {.cancelled = has_seen_enough, .ctx = &i};
  a.acts[1].kind = ACT_WAIT;
  ml_job job = acts_job(&a);
  job.watch = &watch;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_ERR_CANCELLED);
  assert_int_equal(a.n_taken, 1);
  ml_mproc_close(pool);
  acts_free(&a);
}

static void workers_have_one_thread_and_a_group_of_their_own(void **state) {
  (void)state;
  unsetenv("OPENBLAS_NUM_THREADS");
  ml_mproc *pool = open_pool(test_opts(1));
  char about[128] = "";
  ml_job job = {
      .module = &pool_test_module, .task = "about", .n_items = 1, .take = take_about, .ctx = about};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
  assert_string_equal(about, "env=1 blas=1 leader=1");
  ml_mproc_close(pool);
}

static size_t n_descriptors(void) {
  size_t n = 0;
  DIR *d = opendir("/proc/self/fd");
  assert_non_null(d);
  while (readdir(d)) n++;
  closedir(d);
  return n;
}

static void opening_and_closing_leaves_nothing_behind(void **state) {
  (void)state;
  size_t before = 0;
  for (int i = 0; i < 50; i++) {
    ml_mproc *pool = open_pool(test_opts(2));
    long pids[2];
    assert_int_equal(ml_mproc_pids(pool, pids), 2);
    if (i % 2) expect_usable(pool);
    ml_mproc_close(pool);
    assert_false(is_running(pids[0]) || is_running(pids[1]));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, no zombie */
    if (i == 0)
      before = n_descriptors();
    else
      assert_int_equal(n_descriptors(), before);
  }
}

static void quotas_of_cgroups_count(void **state) {
  (void)state;
  char path[512], root[256];
  snprintf(root, sizeof root, "%s/cg", temp_dir());
  const char *folders[] = {"", "/a", "/a/b", "/cpu,cpuacct", "/cpu,cpuacct/x"};
  const char *files[][2] = {{"/a/cpu.max", "150000 100000\n"},
                            {"/a/b/cpu.max", "max 100000\n"},
                            {"/cpu,cpuacct/x/cpu.cfs_quota_us", "300000\n"},
                            {"/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n"},
                            {"/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
                            {"/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}};
  for (size_t i = 0; i < 5; i++) {
    snprintf(path, sizeof path, "%s%s", root, folders[i]);
    assert_int_equal(mkdir(path, 0700), 0);
  }
  for (size_t i = 0; i < 6; i++) {
    snprintf(path, sizeof path, "%s%s", root, files[i][0]);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(files[i][1], f);
    fclose(f);
  }
  assert_int_equal(cpus__quota(root, "0::/a/b\n"), 2); /* the parent's, rounded up */
  assert_int_equal(cpus__quota(root, "0::/\n"), 0);
  assert_int_equal(cpus__quota(root, "0::/not/there\n"), 0);
  assert_int_equal(cpus__quota(root, "5:memory:/x\n4:cpu,cpuacct:/x\n0::/\n"), 3);
  assert_int_equal(cpus__quota(root, "4:cpuset:/x\n"), 0);
  assert_int_equal(cpus__quota(root, "garbage\n\n:::\n"), 0);
  assert_true(ml_mproc_n_cpus() >= 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_come_in_order_whatever_the_workers),
      cmocka_unit_test(workers_write_the_same_bytes_into_the_result),
      cmocka_unit_test(input_blocks_are_sealed),
      cmocka_unit_test(error_of_the_lowest_failed_item_is_returned),
      cmocka_unit_test(job_that_cannot_be_opened_says_why),
      cmocka_unit_test(errors_of_put_and_take_end_the_job),
      cmocka_unit_test(large_results_are_whole),
      cmocka_unit_test(cancelling_ends_the_job_and_not_the_pool),
      cmocka_unit_test(results_do_not_wait_for_a_slow_item),
      cmocka_unit_test(workers_have_one_thread_and_a_group_of_their_own),
      cmocka_unit_test(opening_and_closing_leaves_nothing_behind),
      cmocka_unit_test(quotas_of_cgroups_count),
  };
  return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
