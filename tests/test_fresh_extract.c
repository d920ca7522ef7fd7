/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extraction as a whole: shape, names, and the same bits whatever runs it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/extract.h"
#include "support.h"

static ml_series_set *parse(const char *text) {
  ml_error err = {0};
  ml_series_set *set = NULL;
  if (ml_series_parse(text, strlen(text), "t.csv", NULL, &set, &err) != ML_OK)
    fail_msg("%s", err.message);
  return set;
}

static ml_fresh_settings *settings(const char *text) {
  ml_error err = {0};
  ml_fresh_settings *out = NULL;
  if (ml_fresh_settings_parse(text, strlen(text), "s", &out, &err) != ML_OK)
    fail_msg("%s", err.message);
  return out;
}

/* An executor that runs the items last to first, each with a state of its own, on copies. */
static size_t five_workers(const ml_exec *exec) {
  (void)exec;
  return 5;
}

static size_t items_seen;

static ml_status run_backwards(ml_exec *exec, const ml_job *job, ml_error *err) {
  (void)exec;
  const ml_task *task = ml_module_find(job->module, job->task);
  ml_span inputs[FRESH_N_BLOCKS];
  for (size_t i = 0; i < FRESH_N_BLOCKS; i++) {
    assert_false(job->inputs[i]->lent);
    inputs[i] = (ml_span){job->inputs[i]->data, job->inputs[i]->size};
  }
  ml_job_data data = {.inputs = inputs,
                      .n_inputs = FRESH_N_BLOCKS,
                      .result = {job->result->data, job->result->size}};
  items_seen = job->n_items;
  for (size_t i = job->n_items; i-- > 0;) {
    ml_buf in = {0}, out = {0};
    void *state = NULL;
    char text[80];
    job->describe(job->ctx, i, text, sizeof text);
    assert_memory_equal(text, "id", 2);
    assert_int_equal(job->put(job->ctx, i, &in, err), ML_OK);
    assert_int_equal(task->open(&data, &state, err), ML_OK);
    assert_int_equal(
        task->run(state, &data, &(ml_item){.index = i, .in = in.data, .n_in = in.n}, &out, err),
        ML_OK);
    task->close(state);
    assert_int_equal(out.n, 0);
    ml_buf_release(&in);
  }
  return ML_OK;
}

static const ml_exec_vtable backwards_table = {.n_workers = five_workers, .run = run_backwards};
static ml_exec backwards = {.vtable = &backwards_table, .shares_memory = true};

static void order_and_copies_do_not_matter(void **state) {
  (void)state;
  enum { N_IDS = 300, MOST = 40 };
  static uint32_t id[N_IDS * MOST];
  static double value[2][N_IDS * MOST];
  static char names[N_IDS][16];
  const char *ids[N_IDS];
  size_t n = 0;
  uint64_t seed = 1;
  for (uint32_t i = 0; i < N_IDS; i++) {
    snprintf(names[i], sizeof names[i], "%u", i);
    ids[i] = names[i];
    for (size_t k = 1 + next_random(&seed) % MOST; k > 0; k--, n++) {
      id[n] = i;
      value[0][n] = (double)(int64_t)next_random(&seed) / 1e18;
      value[1][n] = (double)(next_random(&seed) % 5);
    }
  }
  const ml_series_rows rows = {.n_rows = n,
                               .id = id,
                               .ids = ids,
                               .n_ids = N_IDS,
                               .kinds = (const char *const[]){"a", "b"},
                               .values = (const double *const[]){value[0], value[1]},
                               .n_kinds = 2};
  ml_error err = {0};
  ml_series_set *set = NULL;
  ml_matrix *serial = NULL, *shared = NULL;
  assert_int_equal(ml_series_from_rows(&rows, &set, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, NULL, NULL, NULL, &serial, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, NULL, &backwards, NULL, &shared, &err), ML_OK);
  assert_true(items_seen >= 5 * 5);
  assert_int_equal(serial->n_rows, N_IDS);
  assert_memory_equal(serial->values, shared->values,
                      serial->n_rows * serial->n_columns * sizeof(double));
  ml_matrix_free(serial);
  ml_matrix_free(shared);
  ml_series_free(set);
}

static void rows_and_columns_are_named(void **state) {
  (void)state;
  ml_error err = {0};
  ml_series_set *set = parse("id,time,kind,value\n10,1,t,3\n9,2,t,5\n9,1,t,1\n9,1,p,7\n");
  ml_fresh_settings *some = settings("{\"maximum\": null, \"c3\": [{\"lag\": 1}]}");
  ml_matrix *m = NULL;
  assert_int_equal(ml_fresh_extract(set, some, NULL, NULL, &m, &err), ML_OK);
  assert_int_equal(m->n_rows, 2);
  assert_int_equal(m->n_columns, 4);
  assert_string_equal(m->row_label, "id");
  assert_true(m->rows_are_numbers);
  assert_string_equal(m->rows[0], "9");
  assert_string_equal(m->rows[1], "10");
  const char *columns[] = {"p__maximum", "p__c3__lag_1", "t__maximum", "t__c3__lag_1"};
  const double values[] = {7, 0, 5, 0, NAN, NAN, 3, 0}; /* id 10 has no p */
  for (size_t j = 0; j < 4; j++) assert_string_equal(m->columns[j], columns[j]);
  for (size_t i = 0; i < 8; i++) expect_same("value", m->values[i], values[i]);
  ml_matrix_free(m);
  ml_fresh_settings_free(some);

  some = settings("{\"kind_to_fc_parameters\": {\"t\": {\"length\": null}}}");
  assert_int_equal(ml_fresh_extract(set, some, NULL, NULL, &m, &err), ML_OK);
  assert_int_equal(m->n_columns, 1);
  assert_string_equal(m->columns[0], "t__length");
  expect_same("length", m->values[0], 2);
  ml_matrix_free(m);
  ml_fresh_settings_free(some);
  ml_series_free(set);
}

static void no_feature_is_an_error(void **state) {
  (void)state;
  ml_error err = {0};
  ml_series_set *set = parse("id,time,value\n1,1,3\n");
  ml_fresh_settings *some = settings("{\"kind_to_fc_parameters\": {\"other\": {\"mean\": null}}}");
  ml_matrix *m = NULL;
  assert_int_equal(ml_fresh_extract(set, some, NULL, NULL, &m, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "the settings have no feature for any kind");
  assert_null(m);
  ml_fresh_settings_free(some);
  ml_series_free(set);
}

static void settings_know_their_calculators(void **state) {
  (void)state;
  ml_fresh_settings *some = settings(
      "{\"default_fc_parameters\": {\"mean\": null}, \"kind_to_fc_parameters\": {\"k\": {\"c3\": "
      "[{\"lag\": 1}]}}}");
  assert_true(ml_fresh_settings_uses(some, ml_fresh_find("mean")));
  assert_true(ml_fresh_settings_uses(some, ml_fresh_find("c3"))); /* of one kind */
  assert_false(ml_fresh_settings_uses(some, ml_fresh_find("median")));
  assert_true(ml_fresh_settings_uses(NULL, ml_fresh_find("median")));
  ml_fresh_settings_free(some);
}

static bool at_once(void *ctx) {
  (void)ctx;
  return true;
}

static void it_can_be_cancelled(void **state) {
  (void)state;
  ml_error err = {0};
  ml_series_set *set = parse("id,time,value\n1,1,3\n2,1,4\n");
  const ml_watch watch = {.cancelled = at_once};
  ml_matrix *m = NULL;
  assert_int_equal(ml_fresh_extract(set, NULL, NULL, &watch, &m, &err), ML_ERR_CANCELLED);
  assert_null(m);
  ml_series_free(set);
}

/* What a worker gets is checked before it is used. */
static void malformed_requests_are_refused(void **state) {
  (void)state;
  enum { HEAD = sizeof(fresh_request) };
  const ml_task *task = ml_module_find(ml_fresh_module(), "extract");
  double values[2] = {1, 2}, result[1];
  size_t spans[2] = {0, 2};
  char request[HEAD + 16];
  fresh_request head = {.n_kinds = 1, .n = 1};
  memcpy(request, &head, HEAD);
  memcpy(request + HEAD, "k\0{\"mean\": null}", 16);
  int64_t times[2] = {1, 2};
  ml_span inputs[] = {[FRESH_VALUES] = {values, sizeof values},
                      [FRESH_SPANS] = {spans, sizeof spans},
                      [FRESH_TIMES] = {NULL, 0},
                      [FRESH_REQUEST] = {request, HEAD + 16}};
  ml_job_data data = {
      .inputs = inputs, .n_inputs = FRESH_N_BLOCKS, .result = {result, sizeof result}};
  ml_buf out = {0};
  ml_error err = {0};
  void *open = NULL;
  fresh_item range = {0, 1};
  ml_item item = {.in = &range, .n_in = sizeof range};

  assert_int_equal(task->open(&data, &open, &err), ML_OK);
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_OK);
  expect_same("mean", result[0], 1.5);
  item.n_in--;
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_ERR_PARSE);
  item.n_in++;
  range = (fresh_item){1, 1};
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_ERR_PARSE);
  range = (fresh_item){2, 0}; /* behind the end, and what is left of there would wrap */
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_ERR_PARSE);
  range = (fresh_item){0, UINT64_MAX};
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_ERR_PARSE);
  range = (fresh_item){0, 1};
  spans[1] = 3;
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_ERR_PARSE);
  spans[1] = 2;
  inputs[FRESH_TIMES] = (ml_span){times, sizeof times};
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_OK);
  inputs[FRESH_TIMES].size = sizeof *times; /* too few for the series */
  assert_int_equal(task->run(open, &data, &item, &out, &err), ML_ERR_PARSE);
  task->close(open);

  data.result.size = 16;
  assert_int_equal(task->open(&data, &open, &err), ML_ERR_PARSE);
  data.result.size = 8;
  inputs[FRESH_REQUEST].size = HEAD + 1; /* the name of the kind does not end */
  assert_int_equal(task->open(&data, &open, &err), ML_ERR_PARSE);
  inputs[FRESH_REQUEST].size = 7;
  assert_int_equal(task->open(&data, &open, &err), ML_ERR_PARSE);
  inputs[FRESH_REQUEST].size = HEAD + 16;
  request[7] = 1; /* an absurd number of kinds */
  assert_int_equal(task->open(&data, &open, &err), ML_ERR_PARSE);
  data.n_inputs = FRESH_N_BLOCKS - 1;
  assert_int_equal(task->open(&data, &open, &err), ML_ERR_PARSE);
}

/* What was heard of rows, and when to have enough. */
typedef struct heard {
  size_t n_calls, n_rows, n_failed, enough;
  double sum; /* of the second column, when its rows were ready */
} heard;

static ml_status hear(void *ctx, const ml_matrix *m, size_t n_rows, ml_error *err) {
  heard *h = ctx;
  assert_true(n_rows > h->n_rows && n_rows <= m->n_rows);
  for (size_t i = h->n_rows; i < n_rows; i++) {
    assert_non_null(m->rows[i]);
    h->sum += m->values[i * m->n_columns + 1];
  }
  assert_string_equal(m->columns[1], "value__maximum"); /* as it is wanted, not as it is computed */
  h->n_rows = n_rows;
  if (++h->n_calls == h->enough) return ml_error_set(err, ML_ERR_IO, "enough");
  return ML_OK;
}

static void hear_failure(void *ctx) {
  ((heard *)ctx)->n_failed++;
}

static void rows_are_told_of_as_they_are_made(void **state) {
  (void)state;
  enum { N_IDS = 100 };
  static const char *const wanted[] = {"value__quantile__q_0.9", "value__maximum",
                                       "value__quantile__q_0.1"};
  ml_buf text = {0};
  ml_buf_puts(&text, "id,value\n");
  for (int i = 0; i < N_IDS; i++) ml_buf_printf(&text, "%d,%d\n%d,-1\n", i, i, i);
  ml_buf_put(&text, "", 1);
  ml_error err = {0};
  ml_fresh_settings *some = NULL;
  ml_matrix *m = NULL;
  ml_series_set *set = parse(text.data);
  assert_int_equal(ml_fresh_settings_from_names(wanted, 3, NULL, &some, &err), ML_OK);
  ml_exec *const execs[] = {NULL, &backwards}; /* that one takes nothing before the end */
  for (size_t i = 0; i < 2; i++) {
    heard h = {0};
    const ml_fresh_rows rows = {hear, hear_failure, &h};
    assert_int_equal(ml_fresh_extract_rows(set, some, execs[i], NULL, NULL, &rows, &m, &err),
                     ML_OK);
    assert_int_equal(h.n_rows, N_IDS);
    assert_int_equal(h.n_failed, 0);
    if (!execs[i]) assert_true(h.n_calls > 4);
    expect_same("sum of the maxima", h.sum, N_IDS * (N_IDS - 1) / 2);
    for (size_t k = 0; k < N_IDS; k++) expect_same("maximum", m->values[3 * k + 1], (double)k);
    ml_matrix_free(m);
  }
  heard h = {.enough = 2};
  const ml_fresh_rows rows = {hear, hear_failure, &h};
  m = NULL;
  assert_int_equal(ml_fresh_extract_rows(set, some, NULL, NULL, NULL, &rows, &m, &err), ML_ERR_IO);
  assert_string_equal(err.message, "enough");
  assert_null(m);
  assert_int_equal(h.n_calls, 2);
  assert_int_equal(h.n_failed, 1);
  ml_buf_release(&text);
  ml_fresh_settings_free(some);
  ml_series_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_and_copies_do_not_matter),
      cmocka_unit_test(rows_and_columns_are_named),
      cmocka_unit_test(no_feature_is_an_error),
      cmocka_unit_test(settings_know_their_calculators),
      cmocka_unit_test(it_can_be_cancelled),
      cmocka_unit_test(rows_are_told_of_as_they_are_made),
      cmocka_unit_test(malformed_requests_are_refused),
  };
  return cmocka_run_group_tests_name("fresh/extract", tests, NULL, NULL);
}
