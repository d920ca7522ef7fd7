/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial executor, and the way to any other. */
#include <ml/exec.h>

#include <stdlib.h>
#include <string.h>

size_t ml_exec_n_workers(const ml_exec *exec) {
  return exec ? exec->vtable->n_workers(exec) : 1;
}

const ml_functions *ml_exec_functions(const ml_exec *exec) {
  return exec && exec->vtable->functions ? exec->vtable->functions(exec) : NULL;
}

const ml_task *ml_module_find(const ml_module *module, const char *task) {
  for (size_t i = 0; i < module->n_tasks; i++)
    if (strcmp(module->tasks[i].name, task) == 0) return &module->tasks[i];
  return NULL;
}

static ml_status run_item(const ml_job *job, const ml_task *task, void *state,
                          const ml_job_data *data, size_t item, ml_buf *in, ml_buf *out,
                          ml_error *err) {
  ml_status status = ML_OK;
  ml_buf_clear(in);
  ml_buf_clear(out);
  if (job->put) status = job->put(job->ctx, item, in, err);
  if (status == ML_OK && in->failed) status = ml_error_memory(err);
  if (status == ML_OK)
    status =
        task->run(state, data, &(ml_item){.index = item, .in = in->data, .n_in = in->n}, out, err);
  if (status == ML_OK && out->failed) status = ml_error_memory(err);
  if (status == ML_OK && job->take) status = job->take(job->ctx, item, out->data, out->n, err);
  return status;
}

static ml_status run_items(const ml_job *job, const ml_task *task, void *state,
                           const ml_job_data *data, ml_error *err) {
  ml_buf in = {0}, out = {0};
  ml_status status = ML_OK;
  for (size_t item = 0; item < job->n_items && status == ML_OK; item++) {
    if (ml_watch_cancelled(job->watch)) {
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
      break;
    }
    status = run_item(job, task, state, data, item, &in, &out, err);
    ml_watch_progress(job->watch, job->step, (double)(item + 1), (double)job->n_items);
  }
  ml_buf_release(&in);
  ml_buf_release(&out);
  return status;
}

static ml_status run_serial(const ml_job *job, ml_error *err) {
  const ml_task *task = ml_module_find(job->module, job->task);
  if (!task)
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' has no task '%s'", job->module->name,
                        job->task);
  ml_span *inputs = calloc(job->n_inputs + 1, sizeof *inputs);
  if (!inputs) return ml_error_memory(err);
  for (size_t i = 0; i < job->n_inputs; i++)
    inputs[i] = (ml_span){job->inputs[i]->data, job->inputs[i]->size};
  ml_job_data data = {.inputs = inputs,
                      .n_inputs = job->n_inputs,
                      .args = {(void *)job->args, job->n_args},
                      .functions = job->functions};
  if (job->result) data.result = (ml_span){job->result->data, job->result->size};

  void *state = NULL;
  ml_status status = task->open ? task->open(&data, &state, err) : ML_OK;
  if (status == ML_OK) {
    status = run_items(job, task, state, &data, err);
    if (task->close) task->close(state);
  }
  free(inputs);
  return status;
}

ml_status ml_exec_run(ml_exec *exec, const ml_job *job, ml_error *err) {
  for (size_t i = 0; i < job->n_inputs; i++) {
    ml_status status = ml_block_seal(job->inputs[i], err);
    if (status != ML_OK) return status;
  }
  return exec ? exec->vtable->run(exec, job, err) : run_serial(job, err);
}
