/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results in the order of items. */
#include "order.h"

#include <stdlib.h>
#include <string.h>

static void free_cell(void *freed) {
  cell *c = freed;
  ml_buf_release(&c->out);
  free(c->failed);
  free(c);
}

cell *order__add(order *o, int rank, size_t bytes) {
  cell *c = calloc(1, sizeof *c);
  if (!c || !ring__add(&o->cells, c)) {
    free(c);
    return NULL;
  }
  c->rank = rank;
  c->bytes = bytes;
  return c;
}

void order__fail(order *o, size_t i, const ml_error *error) {
  if (i >= o->end) return;
  o->end = i;
  o->error = *error;
}

/* With copies of its texts: its turn may come late. */
static ml_failure *copy_failure(const ml_failure *failure) {
  size_t n_trace = strlen(failure->trace) + 1, n_output = strlen(failure->output) + 1;
  ml_failure *copy = malloc(sizeof *copy + n_trace + n_output);
  if (!copy) return NULL;
  char *texts = (char *)(copy + 1);
  *copy = *failure;
  copy->trace = memcpy(texts, failure->trace, n_trace);
  copy->output = memcpy(texts + n_trace, failure->output, n_output);
  return copy;
}

ml_status order__keep(order *o, const ml_job *job, size_t i, cell *c, const ml_report *report,
                      ml_error *err) {
  c->is_over = true;
  c->bytes = 0;
  if (i >= o->end) return ML_OK;
  if (report->failure) {
    if (!job->fail) order__fail(o, i, &report->failure->error);
    c->failed = copy_failure(report->failure);
    return c->failed ? ML_OK : ml_error_memory(err);
  }
  if (!job->take) return ML_OK;
  ml_buf_put(&c->out, report->out, report->n_out);
  c->bytes = c->out.n;
  o->bytes += c->bytes;
  return c->out.failed ? ml_error_memory(err) : ML_OK;
}

static ml_status take_cell(const cell *c, size_t i, const ml_job *job, ml_error *err) {
  if (c->failed) return job->fail(job->ctx, i, c->failed, err);
  return job->take ? job->take(job->ctx, i, c->out.data, c->out.n, err) : ML_OK;
}

ml_status order__take(order *o, const ml_job *job, ml_error *err) {
  ml_status status = ML_OK;
  while (status == ML_OK && o->cells.first < o->cells.end && o->cells.first < o->end) {
    size_t i = o->cells.first;
    cell *c = ring__find(&o->cells, i);
    if (!c->is_over) break;
    (void)ring__take(&o->cells, i);
    o->bytes -= c->bytes;
    status = take_cell(c, i, job, err);
    free_cell(c);
  }
  return status;
}

void order__release(order *o) {
  ring__release(&o->cells, free_cell);
}
