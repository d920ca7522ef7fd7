/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that a worker does once: loading modules, calls that prepare something. */
#include "mproc_internal.h"

static int exit_code(ml_status status) {
  if (status == ML_ERR_WORKER) return ML_WORKER_OTHER_BUILD; /* a module was replaced */
  return status == ML_ERR_MEMORY ? ML_WORKER_MEMORY : ML_WORKER_INIT_FAILED;
}

int worker_init__frame(ml_functions *functions, const frame *f, ml_buf *out, ml_error *err) {
  ml_buf answer = {0}, trace = {0};
  int code = ML_WORKER_DONE;
  *err = (ml_error){0};
  err->status = ml_functions_init_encoded(functions, f->payload, f->n, &answer, &trace, err);
  if (err->status == ML_OK && answer.failed) err->status = ml_error_memory(err);
  if (err->status == ML_OK && answer.n > FRAME_PAYLOAD_MAX)
    err->status = ml_error_set(err, ML_ERR_USAGE, "its answer has %zu bytes, more than %zu",
                               answer.n, FRAME_PAYLOAD_MAX);
  if (err->status != ML_OK) {
    message__put_error(out, &(frame){.job = f->job, .item = FRAME_NO_ITEM}, err, &trace);
    /* It worked for others before: there is no use in a worker that is not like them. */
    if (f->item & INIT_REPLAY) code = exit_code(err->status);
  } else {
    bool is_wanted = f->item & INIT_WANTED;
    frame__put(out, &(frame){.type = FRAME_DONE,
                             .job = f->job,
                             .payload = is_wanted ? answer.data : NULL,
                             .n = is_wanted ? answer.n : 0});
  }
  ml_buf_release(&answer);
  ml_buf_release(&trace);
  return code;
}
