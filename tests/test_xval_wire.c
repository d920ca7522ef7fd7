/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests of cross-validation whose bytes are wrong, and candidates that are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_cases.h"

/* A request whose bytes are wrong is refused, or computed, and never ends the process. */
typedef struct spoiler {
  ml_exec exec; /* first */
  size_t n_refused;
} spoiler;

static void run_spoilt(spoiler *s, const ml_task *task, const ml_job_data *data,
                       const ml_item *item) {
  void *state = NULL;
  ml_buf out = {0};
  ml_error err = {0};
  ml_status status = task->open(data, &state, &err);
  if (status == ML_OK) {
    status = task->run(state, data, item, &out, &err);
    task->close(state);
  }
  if (status != ML_OK) assert_true(err.message[0] != 0);
  s->n_refused += status != ML_OK;
  ml_buf_release(&out);
}

/* Each number of an input is another one; a run of such an input stays within its memory. */
static void spoil(spoiler *s, const ml_task *task, const ml_job_data *data, const ml_item *item,
                  size_t input) {
  static const uint64_t others[] = {0, 1, 3, UINT64_MAX, UINT64_C(0x7ff8000000000000), 1u << 20};
  const ml_span was = data->inputs[input];
  char *copy = aligned_alloc(64, (was.size + 63) / 64 * 64 + 64);
  ml_span inputs[8];
  ml_job_data spoilt = *data;
  memcpy(inputs, data->inputs, data->n_inputs * sizeof *inputs);
  memcpy(copy, was.data, was.size);
  inputs[input].data = copy;
  spoilt.inputs = inputs;
  for (size_t at = 0; at + 8 <= was.size; at += 8)
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
      memcpy(copy + at, &others[k], 8);
      run_spoilt(s, task, &spoilt, item);
      memcpy(copy + at, (const char *)was.data + at, 8);
    }
  free(copy);
}

/* The plan cut short, the blocks cut short, the item cut short and changed. */
static ml_status run_spoiling(ml_exec *exec, const ml_job *job, ml_error *err) {
  spoiler *s = (spoiler *)(void *)exec;
  const ml_task *task = ml_module_find(job->module, job->task);
  ml_span inputs[8] = {{0}}, kept[8];
  for (size_t i = 0; i < job->n_inputs; i++)
    inputs[i] = kept[i] = (ml_span){job->inputs[i]->data, job->inputs[i]->size};
  ml_job_data data = {
      .inputs = inputs, .n_inputs = job->n_inputs, .args = {(void *)job->args, job->n_args}};
  if (job->result) data.result = (ml_span){job->result->data, job->result->size};
  ml_buf in = {0};
  assert_int_equal(job->put(job->ctx, 0, &in, err), ML_OK);
  ml_item item = {.in = in.data, .n_in = in.n};
  for (size_t n = 0; n < kept[1].size; n += 8) {
    size_t before = s->n_refused;
    inputs[1].size = n;
    run_spoilt(s, task, &data, &item);
    assert_int_equal(s->n_refused, before + 1);
  }
  inputs[1] = kept[1];
  spoil(s, task, &data, &item, 1);
  if (job->n_inputs > 2) spoil(s, task, &data, &item, 2);
  inputs[0].size -= 8;
  run_spoilt(s, task, &data, &item);
  inputs[0] = kept[0];
  for (size_t n = 0; n < in.n; n++) {
    size_t before = s->n_refused;
    item.n_in = n;
    run_spoilt(s, task, &data, &item);
    assert_int_equal(s->n_refused, before + 1);
  }
  item.n_in = in.n;
  for (size_t i = 0; i < in.n; i += 8) {
    uint64_t was;
    memcpy(&was, in.data + i, sizeof was);
    memset(in.data + i, 0xfe, sizeof was);
    run_spoilt(s, task, &data, &item);
    memcpy(in.data + i, &was, sizeof was);
  }
  data.n_inputs--;
  run_spoilt(s, task, &data, &item);
  ml_buf_release(&in);
  return run_backwards(exec, job, err);
}

static void spoilt_requests_are_refused(void **state) {
  (void)state;
  static const ml_exec_vtable table = {.n_workers = three_workers, .run = run_spoiling};
  static const char *const cases[][2] = {
      {"ridge", "shuffled:3"},    {"ridge", "kfold:4"},       {"ridge", "loo"},
      {"lasso", "shuffled:3"},    {"elastic_net", "kfold:3"}, {"logistic", "shuffled:3"},
      {"gaussian_nb", "kfold:3"}, {"knn", "shuffled:3"},      {"decision_tree", "shuffled:3"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    spoiler s = {.exec = {.vtable = &table, .shares_memory = true}};
    const ml_model *model;
    ml_error err = {0};
    assert_int_equal(ml_model_find(cases[i][0], NULL, &model, &err), ML_OK);
    ml_dataset d = made_data(20, 2, model->traits & ML_MODEL_REGRESSES ? 0 : 2, 9);
    ml_xval_free(run_xval(&d, model, NULL, &(ml_xval_opts){.cv = cases[i][1]}, &s.exec));
    assert_true(s.n_refused > 100);
    free_made(&d);
  }
}

/* A model sees no values that its table of parameters does not take, not even of other candidates:
 * the search along C would not end. */
static void refused_candidates_are_not_shared(void **state) {
  (void)state;
  static const char *const names[] = {"logistic", "ridge", "lasso", "decision_tree"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const ml_model *model;
    ml_error err = {0};
    ml_candidates c = {.n = 3};
    assert_int_equal(ml_model_find(names[i], NULL, &model, &err), ML_OK);
    ml_dataset d = made_data(20, 2, model->traits & ML_MODEL_REGRESSES ? 0 : 2, 9);
    c.n_params = model->n_params;
    c.values = calloc(3 * c.n_params, sizeof *c.values);
    for (size_t k = 0; k < 3; k++) ml_model_defaults(model, c.values + k * c.n_params);
    c.values[0] = NAN;
    c.values[2 * c.n_params] = -1e300;
    ml_xval_result *r = run_xval(&d, model, &c, &(ml_xval_opts){.cv = "kfold:2"}, NULL);
    assert_int_equal(r->n_failed, 4);
    assert_int_equal(r->best, 1);
    assert_true(isnan(r->candidates[0].params[0]));
    ml_xval_free(r);
    free(c.values);
    free_made(&d);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(spoilt_requests_are_refused),
                                     cmocka_unit_test(refused_candidates_are_not_shared)};
  return cmocka_run_group_tests_name("xval_wire", tests, NULL, NULL);
}
