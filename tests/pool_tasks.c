/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pool_tasks.h"

#include <cblas.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void spin(double ms) {
  for (double end = seconds() + ms * 1e-3; seconds() < end;) continue;
}

static void write_garbage(size_t n) {
  char junk[4096];
  memset(junk, 0xA5, sizeof junk);
  for (int fd = 4; fd < 64; fd++)
    (void)!send(fd, junk, n < sizeof junk ? n : sizeof junk, MSG_NOSIGNAL);
}

/* Deeper than any stack. */
static size_t overflow(size_t depth) {
  volatile char page[4096];
  page[depth % sizeof page] = 1;
  return depth == SIZE_MAX ? 0 : overflow(depth + 1) + (size_t)page[depth % sizeof page];
}

/* Items that this process has begun. */
static size_t n_begun;

static ml_status act_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                         ml_error *err) {
  (void)state;
  act a;
  if (item->n_in != sizeof a) return ml_error_set(err, ML_ERR_PARSE, "expected an act");
  memcpy(&a, item->in, sizeof a);
  n_begun++;
  switch (a.kind) {
    case ACT_DOUBLE:
      break;
    case ACT_SLEEP:
      usleep((useconds_t)a.n * 1000);
      break;
    case ACT_SPIN:
      spin((double)a.n);
      break;
    case ACT_FAIL:
      return ml_error_at(err, ML_ERR_NUMERIC, "x.csv", (size_t)a.n, 7, "item %zu failed", a.item);
    case ACT_SIGNAL:
      raise((int)a.n);
      break;
    case ACT_SIGNAL_ONCE: {
      char *flag = (char *)data->result.data + a.item;
      if (!*flag) {
        *flag = 1;
        raise((int)a.n);
      }
      break;
    }
    case ACT_FAIL_ONCE: {
      char *flag = (char *)data->result.data + a.item;
      if (!*flag) {
        *flag = 1;
        return ml_error_set(err, ML_ERR_NUMERIC, "not yet");
      }
      break;
    }
    case ACT_TRACE:
      ml_buf_puts(item->trace, "line 1\nline 2\n");
      return ml_error_set(err, ML_ERR_FUNCTION, "item %zu has a trace", a.item);
    case ACT_OVERFLOW:
      a.value = (double)overflow(0);
      break;
    case ACT_FRESH:
      if (n_begun > 1) raise(SIGKILL);
      break;
    case ACT_WAIT:
      while (!ml_item_cancelled(item->cancel)) usleep(1000);
      break;
    case ACT_EXIT:
      exit((int)a.n);
    case ACT_GARBAGE:
      write_garbage((size_t)a.n);
      spin(60000); /* it is killed while it runs this item */
      break;
    case ACT_LITTER:
      write_garbage((size_t)a.n);
      break;
    case ACT_CLOSE:
      for (int fd = 3; fd < 256; fd++) close(fd);
      break;
    case ACT_HEAVY: {
      char *at = ml_buf_reserve(out, (size_t)a.n);
      if (!at) return ml_error_memory(err);
      memset(at, (int)a.value, (size_t)a.n);
      out->n += (size_t)a.n;
      return ML_OK;
    }
  }
  a.value *= 2;
  ml_buf_put(out, &a.value, sizeof a.value);
  return ML_OK;
}

static ml_status act_run_chunk(void *state, const ml_job_data *data, ml_chunk *chunk, ml_buf *out,
                               ml_error *err) {
  const act *given = chunk->in;
  if (chunk->n_in != chunk->n * sizeof *given)
    return ml_error_set(err, ML_ERR_PARSE, "expected acts");
  for (; chunk->next < chunk->n; chunk->next++) {
    ml_item item = {.index = chunk->first + chunk->next,
                    .in = &given[chunk->next],
                    .n_in = sizeof *given,
                    .trace = chunk->trace,
                    .cancel = chunk->cancel};
    chunk->begin(chunk, chunk->next);
    ml_status status = act_run(state, data, &item, out, err);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static uint64_t sum_of(const unsigned char *at, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += at[i];
  return sum;
}

static ml_status size_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                          ml_error *err) {
  (void)state, (void)data, (void)err;
  bool is_aligned = (uintptr_t)item->in % 8 == 0;
  uint64_t told[2] = {item->n_in, sum_of(item->in, item->n_in)};
  if (!is_aligned) memset(told, 0, sizeof told);
  ml_buf_put(out, told, sizeof told);
  return ML_OK;
}

/* An item with bytes is kept; one without tells what was kept last, and lets go of it. When there
 * is an input, that is kept. */
static ml_status keep_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                          ml_error *err) {
  static const void *kept;
  static size_t n_kept;
  static void *pin;
  (void)state;
  bool has_input = data->n_inputs > 0;
  uint64_t sum = 0;
  if (item->n_in > 0 || has_input) {
    kept = has_input ? data->inputs[0].data : item->in;
    n_kept = has_input ? data->inputs[0].size : item->n_in;
    pin = ml_pin(kept);
    sum = pin != NULL;
  } else if (!pin) {
    return ml_error_set(err, ML_ERR_USAGE, "nothing is pinned");
  } else {
    sum = sum_of(kept, n_kept);
    ml_unpin(pin);
    pin = NULL;
  }
  ml_buf_put(out, &sum, sizeof sum);
  return ML_OK;
}

/* Row i of the result: column j is input[j] * i, then its square root. */
static ml_status row_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                         ml_error *err) {
  (void)state, (void)out, (void)err;
  size_t i, n_columns = data->inputs[0].size / sizeof(double);
  memcpy(&i, item->in, sizeof i);
  const double *x = data->inputs[0].data;
  double *row = (double *)data->result.data + i * n_columns;
  for (size_t j = 0; j < n_columns; j++) row[j] = sqrt(x[j] * (double)i);
  return ML_OK;
}

static ml_status sum_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                         ml_error *err) {
  (void)state, (void)item, (void)err;
  const double *x = data->inputs[0].data;
  double sum[4] = {0};
  for (size_t i = 0; i + 4 <= data->inputs[0].size / sizeof *x; i += 4)
    for (size_t k = 0; k < 4; k++) sum[k] += x[i + k];
  double all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  ml_buf_put(out, &all, sizeof all);
  return ML_OK;
}

static ml_status bad_open(const ml_job_data *data, void **state, ml_error *err) {
  (void)data, (void)state;
  return ml_error_at(err, ML_ERR_PARSE, "settings.json", 3, 9, "no such thing");
}

static ml_status crash_open(const ml_job_data *data, void **state, ml_error *err) {
  (void)data, (void)state, (void)err;
  raise(SIGKILL);
  return ML_OK;
}

static ml_status about_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                           ml_error *err) {
  (void)state, (void)data, (void)item, (void)err;
  const char *threads = getenv("OPENBLAS_NUM_THREADS");
  ml_buf_printf(out, "env=%s blas=%d leader=%d", threads ? threads : "unset",
                openblas_get_num_threads(), getpgrp() == getpid());
  return ML_OK;
}

static const ml_task tasks[] = {
    {.name = "act", .summary = "do as told", .run = act_run, .run_chunk = act_run_chunk},
    {.name = "size", .summary = "tell of the argument", .run = size_run},
    {.name = "keep", .summary = "pin memory", .run = keep_run},
    {.name = "row", .summary = "write a row", .run = row_run},
    {.name = "sum", .summary = "add up", .run = sum_run},
    {.name = "bad open", .summary = "fail to open", .open = bad_open, .run = act_run},
    {.name = "crash open", .summary = "die in opening", .open = crash_open, .run = act_run},
    {.name = "about", .summary = "tell of the process", .run = about_run},
};

const ml_module pool_test_module = {.abi = ML_MODULE_ABI,
                                    .name = "test",
                                    .version = "1",
                                    .tasks = tasks,
                                    .n_tasks = sizeof tasks / sizeof tasks[0]};

/* ---- jobs ------------------------------------------------------------------------------------ */

acts acts_new(size_t n) {
  acts a = {.acts = calloc(n + 1, sizeof(act)), .n = n, .results = calloc(n + 1, sizeof(double))};
  if (!a.acts || !a.results) abort();
  for (size_t i = 0; i < n; i++) {
    a.acts[i] = (act){.kind = ACT_DOUBLE, .value = (double)i + 0.5, .item = i};
    a.results[i] = NAN;
  }
  return a;
}

void acts_free(acts *a) {
  free(a->acts);
  free(a->results);
}

static ml_status put(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)err;
  acts *a = ctx;
  ml_buf_put(in, &a->acts[item], sizeof a->acts[item]);
  return ML_OK;
}

static ml_status take(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  acts *a = ctx;
  if (item != a->n_taken) return ml_error_set(err, ML_ERR_USAGE, "item %zu out of order", item);
  a->n_taken++;
  if (a->acts[item].kind == ACT_HEAVY)
    a->results[item] = (double)n_out;
  else if (n_out == sizeof(double))
    memcpy(&a->results[item], out, n_out);
  if (a->on_take) a->on_take(a, item);
  return ML_OK;
}

static void describe(void *ctx, size_t item, char *buf, size_t size) {
  (void)ctx;
  snprintf(buf, size, "ids %zu to %zu", 10 * item, 10 * item + 9);
}

ml_job acts_job(acts *a) {
  return (ml_job){.module = &pool_test_module,
                  .task = "act",
                  .n_items = a->n,
                  .put = put,
                  .take = take,
                  .describe = describe,
                  .ctx = a,
                  .step = "act"};
}

bool is_running(long pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) return false;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = 0;
  const char *name_end = strrchr(text, ')');
  return name_end && name_end[1] && name_end[2] != 'Z' && name_end[2] != 'X';
}
