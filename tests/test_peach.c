/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A function for each argument, in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static ml_arena *arena;
static ml_functions *functions;

/* What the last call of a function was given. */
static struct {
  size_t n, item;
  uint64_t seed;
  const void *data;
} last;

static ml_status twice(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  double d;
  last.n++;
  last.item = call->item;
  last.seed = call->seed;
  assert_string_equal(call->ctx, "twice");
  if (!ml_value_as_real(x, &d)) return ml_error_set(err, ML_ERR_USAGE, "no number");
  *out = ml_value_real(2 * d);
  return ML_OK;
}

/* Fails in many ways, as x says. */
static ml_status fails(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  if (call->trace) ml_buf_puts(call->trace, "line 1\nline 2\n");
  switch (x->as.i) {
    case 0:
      return (ml_status)-1;
    case 1:
      return ml_error_at(err, ML_ERR_PARSE, "data.csv", 3, 4, "bad cell");
    case 2:
      *out = ml_value_string("\xFF");
      return ML_OK;
    case 3:
      *out = (ml_value){.type = ML_TYPE_LIST, .as.l = {.n = 1, .values = x}};
      return ML_OK;
    default:
      return ml_error_memory(err);
  }
}

static ml_status second_half(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  size_t n = x->as.a.n_rows / 2;
  last.data = x->as.a.data;
  *out = ml_value_vector(ML_DTYPE_F64, (const double *)x->as.a.data + n, x->as.a.n_rows - n);
  return ML_OK;
}

static int set_up(void **state) {
  (void)state;
  static const ml_function all[] = {{.name = "twice", .call = twice, .ctx = "twice"},
                                    {.name = "fails", .call = fails},
                                    {.name = "second_half", .call = second_half},
                                    {.name = "nothing"}};
  memset(&last, 0, sizeof last);
  arena = ml_arena_new();
  bool failed = !arena || ml_functions_new(&functions, NULL) != ML_OK;
  for (size_t i = 0; i < sizeof all / sizeof *all && !failed; i++)
    failed = ml_functions_add(functions, "m", &all[i], NULL) != ML_OK;
  return failed;
}

static int tear_down(void **state) {
  (void)state;
  ml_arena_free(arena);
  ml_functions_free(functions);
  return 0;
}

static void results_are_in_order(void **state) {
  (void)state;
  enum { N = 1000 };
  static ml_value in[N], out[N];
  const ml_peach_opts opts = {.functions = functions};
  ml_error err = {0};
  for (size_t i = 0; i < N; i++) in[i] = ml_value_int((int64_t)i);
  assert_int_equal(ml_peach(NULL, "twice", in, N, &opts, arena, out, &err), ML_OK);
  for (size_t i = 0; i < N; i++)
    assert_true(out[i].type == ML_TYPE_REAL && out[i].as.d == 2 * (double)i);
  assert_int_equal(last.n, N);
  assert_int_equal(ml_peach(NULL, "m.twice", in, 0, &opts, arena, out, &err), ML_OK);
}

static void walk_through_of_a_module(void **state) {
  (void)state;
  static const char *const want[] = {"[0,0.25,0.5,0.75,1]", "[0,0.5,1,1.5,2]",
                                     "[0,0.75,1.5,2.25,3]"};
  const ml_value in[] = {ml_value_int(1), ml_value_int(2), ml_value_real(3)};
  ml_value out[3];
  ml_error err = {0};
  const ml_peach_opts opts = {.functions = functions};
  assert_int_equal(ml_functions_load(functions, MODULES "/multip.so", NULL, &err), ML_OK);
  assert_int_equal(ml_peach(NULL, "func", in, 3, &opts, arena, out, &err), ML_OK);
  for (size_t i = 0; i < 3; i++) {
    ml_buf json = {0};
    assert_int_equal(ml_value_to_json(&out[i], &json, NULL), ML_OK);
    ml_buf_put(&json, "", 1);
    assert_string_equal(json.data, want[i]);
    ml_buf_release(&json);
  }
}

static bool never(void *ctx, size_t i, ml_value *out, ml_error *err) {
  (void)ctx, (void)i, (void)out, (void)err;
  fail_msg("an argument was asked for");
  return false;
}

static void missing_function_is_told_before_anything(void **state) {
  (void)state;
  const ml_peach_io io = {.n = 3, .next = never};
  const ml_peach_opts none = {0}, opts = {.functions = functions};
  ml_functions *empty;
  ml_error err = {0};
  const char *want = "function 'func' is not loaded; load its module with --load";
  assert_int_equal(ml_functions_new(&empty, NULL), ML_OK);
  const ml_peach_opts no_functions = {.functions = empty};
  const ml_peach_opts *const all[] = {NULL, &none, &no_functions};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(ml_peach_each(NULL, "func", &io, all[i], &err), ML_ERR_USAGE);
    assert_string_equal(err.message, want);
  }
  assert_int_equal(ml_peach_each(NULL, "twcie", &io, &opts, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "function 'twcie' is not loaded (did you mean 'm.twice'?)");
  assert_int_equal(ml_peach_each(NULL, "nothing", &io, &opts, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "function 'm.nothing' takes no values");
  ml_functions_free(empty);
}

/* An executor that knows what its workers have, and runs nothing. */
static const ml_functions *known(const ml_exec *exec) {
  (void)exec;
  return functions;
}

static ml_status refuse_to_run(ml_exec *exec, const ml_job *job, ml_error *err) {
  (void)exec, (void)job, (void)err;
  fail_msg("a job was started");
  return ML_OK;
}

static void missing_function_is_told_of_workers(void **state) {
  (void)state;
  static const ml_exec_vtable vtable = {.run = refuse_to_run, .functions = known};
  ml_exec exec = {.vtable = &vtable};
  const ml_peach_io io = {.n = 3, .next = never};
  ml_error err = {0};
  assert_int_equal(ml_peach_each(&exec, "twices", &io, NULL, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "function 'twices' is not loaded on the workers (did you mean 'm.twice'?)");
  ml_functions *there = functions;
  assert_int_equal(ml_functions_new(&functions, NULL), ML_OK);
  assert_int_equal(ml_peach_each(&exec, "func", &io, NULL, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "function 'func' is not loaded on the workers; load its module with --load");
  ml_functions_free(functions);
  functions = there;
}

static void failures_are_the_function_s(void **state) {
  (void)state;
  static const char *const messages[] = {"function 'm.fails' failed and does not say why",
                                         "bad cell", "a string is no UTF-8 text without NUL", NULL,
                                         "out of memory"};
  const ml_peach_opts opts = {.functions = functions};
  for (int64_t i = 0; i < 5; i++) {
    ml_value in = ml_value_int(i), out;
    ml_error err = {.status = ML_ERR_IO, .message = "old", .source = "old", .line = 7};
    ml_status status = ml_peach(NULL, "fails", &in, 1, &opts, arena, &out, &err);
    if (i == 3) { /* a list that holds the argument is fine */
      assert_int_equal(status, ML_OK);
      assert_int_equal(out.as.l.values[0].as.i, 3);
      continue;
    }
    assert_int_equal(status, ML_ERR_FUNCTION);
    assert_int_equal(err.status, ML_ERR_FUNCTION);
    assert_string_equal(err.message, messages[i]);
    assert_string_equal(err.source, i == 1 ? "data.csv" : "");
    assert_int_equal(err.line, i == 1 ? 3 : 0);
    assert_int_equal(ml_peach(NULL, "fails", &in, 1, &opts, arena, &out, NULL), ML_ERR_FUNCTION);
  }
}

/* ---- arguments one by one -------------------------------------------------------------------- */

typedef struct flow {
  size_t n, asked, taken, most_waiting;
  size_t fail_at; /* the argument that cannot be read */
  uint64_t seeds[10];
  double sum, seen_sum;
  size_t n_seen;
} flow;

static bool next(void *ctx, size_t i, ml_value *out, ml_error *err) {
  flow *f = ctx;
  assert_int_equal(i, f->asked);
  if (i == f->fail_at) {
    ml_error_at(err, ML_ERR_PARSE, "args", i + 1, 1, "not JSON");
    return false;
  }
  if (i == f->n) return false;
  f->asked++;
  if (f->asked - f->taken > f->most_waiting) f->most_waiting = f->asked - f->taken;
  *out = ml_value_int((int64_t)i);
  return true;
}

static ml_status take(void *ctx, size_t i, const ml_value *v, ml_error *err) {
  flow *f = ctx;
  (void)err;
  assert_int_equal(i, f->taken);
  if (i < 10) f->seeds[i] = last.seed;
  f->taken++;
  f->sum += v->as.d;
  return ML_OK;
}

static size_t number(void *ctx, size_t i) {
  (void)ctx;
  return 2 * i + 1;
}

static void arguments_are_asked_for_one_by_one(void **state) {
  (void)state;
  flow f = {.n = 100, .fail_at = SIZE_MAX};
  const ml_peach_io io = {.n = 100, .next = next, .take = take, .ctx = &f};
  const ml_peach_opts opts = {.functions = functions, .seed = 5};
  ml_error err = {0};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_OK);
  assert_int_equal(f.taken, 100);
  assert_int_equal(f.most_waiting, 1);
  assert_true(f.sum == 99 * 100);
  assert_int_equal(last.item, 99);

  f = (flow){.n = 100, .fail_at = 3};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "not JSON");
  assert_int_equal(err.line, 4);
  f = (flow){.n = 7, .fail_at = SIZE_MAX};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "argument 8 of 100 is missing");
}

static void seeds_follow_the_item_alone(void **state) {
  (void)state;
  flow first = {.n = 10, .fail_at = SIZE_MAX}, second = first, third = first, other = first;
  ml_peach_io io = {.n = 10, .next = next, .take = take, .ctx = &first};
  ml_peach_opts opts = {.functions = functions, .seed = 5};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, NULL), ML_OK);
  io.ctx = &second;
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, NULL), ML_OK);
  assert_memory_equal(first.seeds, second.seeds, sizeof first.seeds);
  opts.seed = 6;
  io.ctx = &other;
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, NULL), ML_OK);
  for (size_t i = 0; i < 10; i++)
    for (size_t j = 0; j < 10; j++) {
      assert_true(i == j || first.seeds[i] != first.seeds[j]);
      assert_true(first.seeds[i] != other.seeds[j]);
    }
  opts.seed = 5;
  io.ctx = &third;
  io.number = number;
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, NULL), ML_OK);
  for (size_t i = 0; 2 * i + 1 < 10; i++) assert_true(third.seeds[i] == first.seeds[2 * i + 1]);
  assert_int_equal(last.item, 19);
}

static void vectors_of_shared_blocks_are_not_copied(void **state) {
  (void)state;
  ml_block *block;
  ml_value in, out;
  ml_error err = {0};
  assert_int_equal(ml_block_new(NULL, 8 * sizeof(double), &block, &err), ML_OK);
  double *x = block->data;
  for (int i = 0; i < 8; i++) x[i] = i;
  const ml_peach_opts opts = {.functions = functions, .shared = &block, .n_shared = 1};
  in = ml_value_vector(ML_DTYPE_F64, x + 2, 4);
  assert_int_equal(ml_peach(NULL, "second_half", &in, 1, &opts, arena, &out, &err), ML_OK);
  assert_ptr_equal(last.data, x + 2);
  const double want[] = {4, 5};
  ml_value half = ml_value_vector(ML_DTYPE_F64, want, 2);
  assert_true(ml_value_equal(&out, &half));
  ml_block_free(block);
  assert_true(ml_value_equal(&out, &half)); /* a copy */
}

/* ---- the task by itself ---------------------------------------------------------------------- */

static ml_status open_task(const ml_value *args, void **task_state, ml_error *err) {
  ml_buf bytes = {0};
  if (args) assert_int_equal(ml_value_encode(args, NULL, 0, &bytes, NULL), ML_OK);
  const ml_job_data data = {.args = {bytes.data, bytes.n}, .functions = functions};
  ml_status status = ml_module_find(ml_peach_module(), "call")->open(&data, task_state, err);
  ml_buf_release(&bytes);
  return status;
}

static void task_checks_what_it_is_given(void **state) {
  (void)state;
  static const char *const wrong[] = {"1",
                                      "[]",
                                      "[\"twice\",1]",
                                      "[1,1,0]",
                                      "[\"twice\",1.5,0]",
                                      "[\"twice\",1,3]",
                                      "[\"twice\",1,-1]",
                                      "[\"twice\",1,0,0]"};
  void *opened = NULL;
  ml_value args;
  ml_error err = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(ml_value_from_json(wrong[i], strlen(wrong[i]), NULL, arena, &args, NULL),
                     ML_OK);
    assert_int_equal(open_task(&args, &opened, &err), ML_ERR_PARSE);
    assert_string_equal(err.message, "malformed request for a function");
  }
  assert_int_equal(open_task(NULL, &opened, &err), ML_ERR_PARSE);
  static const char in_chunks[] = "[\"twice\",1,2]";
  assert_int_equal(ml_value_from_json(in_chunks, strlen(in_chunks), NULL, arena, &args, NULL),
                   ML_OK);
  assert_int_equal(open_task(&args, &opened, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "function 'm.twice' takes values only");
  assert_null(opened);
}

static void task_says_what_the_item_says_alone(void **state) {
  (void)state;
  static const char text[] = "[\"fails\",1,1]"; /* numbered */
  const ml_task *task = ml_module_find(ml_peach_module(), "call");
  void *opened = NULL;
  ml_value args, x = ml_value_int(0);
  uint64_t number = 7;
  ml_buf in = {0}, out = {0}, trace = {0};
  ml_error err = {.message = "old", .source = "old.csv", .line = 3, .column = 4};
  assert_int_equal(ml_value_from_json(text, strlen(text), NULL, arena, &args, NULL), ML_OK);
  assert_int_equal(open_task(&args, &opened, NULL), ML_OK);
  ml_buf_put(&in, &number, sizeof number);
  assert_int_equal(ml_value_encode(&x, NULL, 0, &in, NULL), ML_OK);
  ml_item item = {.in = in.data, .n_in = in.n, .trace = &trace};
  assert_int_equal(task->run(opened, &(ml_job_data){0}, &item, &out, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "function 'm.fails' failed and does not say why");
  assert_string_equal(err.source, "");
  assert_int_equal(err.line, 0);
  assert_int_equal(trace.n, strlen("line 1\nline 2\n"));
  item.n_in = 4;
  assert_int_equal(task->run(opened, &(ml_job_data){0}, &item, &out, &err), ML_ERR_PARSE);
  item.n_in = 8;
  assert_int_equal(task->run(opened, &(ml_job_data){0}, &item, &out, &err), ML_ERR_PARSE);
  ml_chunk chunk = {.n = 1, .in = in.data, .n_in = in.n};
  assert_int_equal(task->run_chunk(opened, &(ml_job_data){0}, &chunk, &out, &err), ML_ERR_PARSE);
  assert_int_equal(out.n, 0);
  task->close(opened);
  ml_buf_release(&in);
  ml_buf_release(&out);
  ml_buf_release(&trace);
}

/* ---- in a form of the caller's own ----------------------------------------------------------- */

/* Each item is a byte; the result is the byte plus ctx's. 'x' fails. */
static ml_status add_bytes(void *ctx, const ml_job_data *data, ml_chunk *chunk, ml_buf *out,
                           ml_error *err) {
  (void)data;
  assert_int_equal(chunk->n_in, chunk->n);
  for (; chunk->next < chunk->n; chunk->next++) {
    char c = ((const char *)chunk->in)[chunk->next];
    if (c == 'x') return ml_error_set(err, ML_ERR_FUNCTION, "x is wrong");
    c = (char)(c + *(const char *)ctx);
    ml_buf_put(out, &c, 1);
  }
  return ML_OK;
}

static ml_status put_text(void *ctx, size_t first, size_t n, ml_buf *in, ml_error *err) {
  (void)err;
  ml_buf_put(in, ((ml_buf *)ctx)[0].data + first, n);
  return ML_OK;
}

static ml_status take_text(void *ctx, size_t first, size_t n, const void *out, size_t n_out,
                           ml_error *err) {
  (void)err;
  assert_int_equal(n, n_out);
  memcpy(((ml_buf *)ctx)[1].data + first, out, n);
  return ML_OK;
}

static ml_status skip_failed(void *ctx, size_t item, const ml_failure *failure, ml_error *err) {
  (void)err;
  assert_string_equal(failure->error.message, "x is wrong");
  ((ml_buf *)ctx)[1].data[item] = '?';
  return ML_OK;
}

static void chunks_are_the_function_s_own(void **state) {
  (void)state;
  char one = 1, given[] = "abxcx", made[] = "-----";
  const ml_function function = {.name = "add", .chunk = add_bytes, .ctx = &one};
  ml_buf ends[2] = {{.data = given, .n = 5}, {.data = made, .n = 5}};
  ml_job job = {.n_items = 5,
                .put_chunk = put_text,
                .take_chunk = take_text,
                .fail = skip_failed,
                .ctx = ends};
  const ml_peach_opts opts = {.functions = functions};
  ml_error err = {0};
  assert_int_equal(ml_functions_add(functions, "m", &function, &err), ML_OK);
  assert_int_equal(ml_peach_chunks(NULL, "add", &job, &opts, &err), ML_OK);
  assert_string_equal(made, "bc?d?");
  job.fail = NULL;
  assert_int_equal(ml_peach_chunks(NULL, "add", &job, &opts, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "x is wrong");
  assert_int_equal(ml_peach_chunks(NULL, "twice", &job, &opts, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "function 'm.twice' takes values only");
  ml_value in = ml_value_null(), out;
  assert_int_equal(ml_peach(NULL, "add", &in, 1, &opts, arena, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "function 'm.add' takes no values");
}

/* ---- as many as there are -------------------------------------------------------------------- */

static ml_status note_failure(void *ctx, size_t i, const ml_failure *failure, ml_error *err) {
  flow *f = ctx;
  (void)err;
  assert_int_equal(i, f->taken++);
  assert_string_equal(failure->error.message, "no number");
  f->sum -= 1000;
  return ML_OK;
}

static void note_seen(void *ctx, const ml_report *report, const ml_value *v) {
  flow *f = ctx;
  assert_int_equal(v == NULL, report->failure != NULL);
  f->n_seen++;
  if (v) f->seen_sum += v->as.d;
}

static bool next_odd(void *ctx, size_t i, ml_value *out, ml_error *err) {
  if (!next(ctx, i, out, err)) return false;
  if (i == 2) *out = ml_value_string("two");
  return true;
}

static void arguments_end_when_they_end(void **state) {
  (void)state;
  flow f = {.n = 100, .fail_at = SIZE_MAX};
  const ml_peach_io io = {.n = ML_ITEMS_UNKNOWN, .next = next, .take = take, .ctx = &f};
  const ml_peach_opts opts = {.functions = functions};
  ml_error err = {0};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_OK);
  assert_int_equal(f.taken, 100);
  assert_true(f.sum == 99 * 100);
  f = (flow){.n = 0, .fail_at = SIZE_MAX};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_OK);
  f = (flow){.n = 100, .fail_at = 3};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "not JSON");
  assert_string_equal(err.source, "args");
  assert_int_equal(f.taken, 3); /* those before it are done */
}

static void failures_and_results_are_told(void **state) {
  (void)state;
  flow f = {.n = 5, .fail_at = SIZE_MAX};
  const ml_peach_io io = {.n = ML_ITEMS_UNKNOWN,
                          .next = next_odd,
                          .take = take,
                          .fail = note_failure,
                          .seen = note_seen,
                          .ctx = &f};
  const ml_peach_opts opts = {.functions = functions};
  ml_error err = {0};
  assert_int_equal(ml_peach_each(NULL, "twice", &io, &opts, &err), ML_OK);
  assert_int_equal(f.taken, 5);
  assert_int_equal(f.n_seen, 5);
  assert_true(f.sum == 2 * (0 + 1 + 3 + 4) - 1000 && f.seen_sum == 16);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(results_are_in_order),
      TEST(walk_through_of_a_module),
      TEST(missing_function_is_told_before_anything),
      TEST(missing_function_is_told_of_workers),
      TEST(failures_are_the_function_s),
      TEST(arguments_are_asked_for_one_by_one),
      TEST(seeds_follow_the_item_alone),
      TEST(vectors_of_shared_blocks_are_not_copied),
      TEST(task_checks_what_it_is_given),
      TEST(task_says_what_the_item_says_alone),
      TEST(chunks_are_the_function_s_own),
      TEST(arguments_end_when_they_end),
      TEST(failures_and_results_are_told),
  };
  return cmocka_run_group_tests_name("peach", tests, NULL, NULL);
}
