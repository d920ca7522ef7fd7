/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls of peach: arguments in, results out in their order, each over item into the log. */
#include "peach.h"

#include <stdlib.h>
#include <string.h>

#define FLUSH_AFTER                                                             \
  0.02 /* seconds that a result may wait for others where somebody waits for it \
        */

/* An item between its argument and its result. */
typedef struct pending {
  size_t item;
  uint64_t digest;
} pending;

typedef struct run {
  cli_call *cli;
  const peach_options *options;
  const peach_ends *ends;
  const ml_watch *watch; /* the command's */
  pending *ring;         /* of calls [first, first + n), call i at i % capacity, a power of two */
  size_t first, n, capacity;
  size_t n_taken;   /* arguments that were looked at */
  size_t n_skipped; /* that the log has as done */
  size_t n_over;    /* calls that are over */
  size_t n_failed;
  int exit_code;    /* of the failures */
  size_t n_printed; /* items whose result is out: [0, n_printed) */
  ml_buf text, saved;
  double flushed;   /* when */
  bool is_waiting;  /* something is not flushed */
  ml_error trouble; /* of a callback that can return none; status ML_OK: none */
} run;

/* ---- calls and items ----------------------------------------------------------------------- */

static pending *pending_of(const run *r, size_t call) {
  return &r->ring[call & (r->capacity - 1)];
}

static ml_status push(run *r, size_t item, uint64_t digest, ml_error *err) {
  if (r->n == r->capacity) {
    size_t capacity = r->capacity ? 2 * r->capacity : 64;
    pending *ring = calloc(capacity, sizeof *ring);
    if (!ring) return ml_error_memory(err);
    for (size_t i = r->first; i < r->first + r->n; i++)
      ring[i & (capacity - 1)] = *pending_of(r, i);
    free(r->ring);
    r->ring = ring;
    r->capacity = capacity;
  }
  r->n++;
  *pending_of(r, r->first + r->n - 1) = (pending){item, digest};
  return ML_OK;
}

/* ---- printing ------------------------------------------------------------------------------ */

/* Results may go to the terminal that shows the bar. */
static void make_way(const run *r) {
  if (r->ends->is_hasty) cli__progress_clear(r->cli);
}

static ml_status flush(run *r, ml_error *err) {
  make_way(r);
  r->is_waiting = false;
  r->flushed = cli__now();
  return ml_output_flush(r->ends->out, err);
}

/* Where somebody waits for it, and a callback can return no error. */
static void flush_waiting(run *r) {
  ml_error err = {0};
  if (!r->is_waiting || !r->ends->is_hasty || r->trouble.status != ML_OK) return;
  if (flush(r, &err) != ML_OK) r->trouble = err;
}

/* Print the JSON of the next item. */
static ml_status print(run *r, const ml_buf *json, ml_error *err) {
  if (json->failed) return ml_error_memory(err);
  bool is_array = r->cli->common.json;
  const char *before = !is_array ? "" : r->n_printed ? "," : "[", *after = is_array ? "" : "\n";
  ml_output *out = r->ends->out;
  make_way(r);
  ml_status status = ml_output_write(out, before, strlen(before), err);
  if (status == ML_OK) status = ml_output_write(out, json->data, json->n, err);
  if (status == ML_OK) status = ml_output_write(out, after, strlen(after), err);
  r->n_printed++;
  r->is_waiting = true;
  return status;
}

/* Items before this one that are not out were done by an earlier run. */
static ml_status print_saved(run *r, size_t item, ml_error *err) {
  ml_status status = ML_OK;
  while (r->n_printed < item && status == ML_OK) {
    ml_buf_clear(&r->saved);
    status = peach__log_result(r->ends->log, r->n_printed, &r->saved, err);
    if (status == ML_OK) status = print(r, &r->saved, err);
  }
  return status;
}

static ml_status print_item(run *r, size_t call, ml_error *err) {
  ml_status status = print_saved(r, pending_of(r, call)->item, err);
  if (status == ML_OK) status = print(r, &r->text, err);
  r->first++;
  r->n--;
  return status;
}

/* ---- what the calls ask for, and give ------------------------------------------------------ */

/* Look for the next argument that has no result yet. */
static ml_status next_item(run *r, ml_value *out, bool *at_end, ml_error *err) {
  for (;;) {
    uint64_t digest = 0;
    bool is_done = false;
    ml_status status = peach__args_next(r->ends->args, out, at_end, err);
    if (status != ML_OK || *at_end) return status;
    size_t item = r->n_taken++;
    peach_log *log = r->ends->log;
    uint64_t seed = (uint64_t)r->options->seed.value;
    if (log) status = peach__log_digest(log, out, seed, &digest, err);
    if (log && status == ML_OK) status = peach__log_find(log, item, digest, &is_done, err);
    if (status == ML_OK && !is_done) return push(r, item, digest, err);
    if (status != ML_OK) return status;
    r->n_skipped++;
    if (ml_watch_cancelled(r->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
}

static bool next(void *ctx, size_t i, ml_value *out, ml_error *err) {
  run *r = ctx;
  (void)i;
  /* Here the next function runs when this returns. */
  bool is_late = !r->ends->exec || cli__now() - r->flushed > FLUSH_AFTER;
  if (r->is_waiting && r->ends->is_hasty && is_late && flush(r, err) != ML_OK) return false;
  bool at_end = false;
  return next_item(r, out, &at_end, err) == ML_OK && !at_end;
}

/* Who gives the arguments may wait for what there is. */
static int waits_for(void *ctx) {
  run *r = ctx;
  int fd = peach__args_wait_for(r->ends->args);
  if (fd >= 0) flush_waiting(r);
  return fd;
}

static size_t number(void *ctx, size_t i) {
  return pending_of(ctx, i)->item;
}

/* An object has no JSON form: then there is no result that could be printed. */
static ml_status put_result(run *r, const ml_value *v, ml_failure *failure, ml_error *err) {
  ml_buf_clear(&r->text);
  ml_status status = ml_value_to_json(v, &r->text, err);
  if (status == ML_OK && r->text.failed) status = ml_error_memory(err);
  if (status != ML_ERR_USAGE) return status;
  *failure = (ml_failure){.attempts = 1};
  ml_error_set(&failure->error, ML_ERR_FUNCTION, "its result cannot be printed: %s", err->message);
  *err = (ml_error){0};
  return ML_OK;
}

static ml_status fail(void *ctx, size_t i, const ml_failure *failure, ml_error *err) {
  run *r = ctx;
  size_t item = pending_of(r, i)->item;
  int code = peach__failure_exit(failure);
  if (failure->error.status == ML_ERR_MEMORY && !failure->worker) return ml_error_memory(err);
  if (code > r->exit_code) r->exit_code = code; /* a lost worker is the greater trouble */
  if (r->options->on_error == PEACH_STOP) {
    ml_status status = print_saved(r, item, err);
    if (status != ML_OK) return status;
    r->cli->exit_code = code;
    peach__failure_details(failure, &r->cli->details);
    return peach__failure_error(failure, item, r->ends->function, err);
  }
  ml_buf_clear(&r->text);
  ml_buf_puts(&r->text, "{\"error\":");
  peach__failure_json(failure, item, r->ends->function, &r->text);
  ml_buf_puts(&r->text, "}");
  r->n_failed++;
  return print_item(r, i, err);
}

static ml_status take(void *ctx, size_t i, const ml_value *v, ml_error *err) {
  run *r = ctx;
  ml_failure failure = {0};
  ml_status status = put_result(r, v, &failure, err);
  if (status != ML_OK) return status;
  return failure.attempts ? fail(r, i, &failure, err) : print_item(r, i, err);
}

/* ---- the log ------------------------------------------------------------------------------- */

static ml_status log_item(run *r, const ml_report *report, const ml_value *v, ml_error *err) {
  const pending *p = pending_of(r, report->item);
  ml_failure failure = {0};
  ml_report shown = *report;
  ml_status status = v ? put_result(r, v, &failure, err) : ML_OK;
  if (status != ML_OK) return status;
  if (failure.attempts) shown.failure = &failure;
  if (shown.failure) {
    ml_buf_clear(&r->text);
    peach__failure_json(shown.failure, p->item, r->ends->function, &r->text);
  }
  return peach__log_write(r->ends->log, p->item, p->digest, &shown, &r->text, err);
}

static void seen(void *ctx, const ml_report *report, const ml_value *v) {
  run *r = ctx;
  bool is_stopped = report->failure && report->failure->error.status == ML_ERR_CANCELLED;
  if (is_stopped || r->trouble.status != ML_OK) return;
  r->n_over++;
  if (!r->ends->log || (!v && !report->failure)) return; /* a result that take() will refuse */
  ml_error err = {0};
  ml_status status = log_item(r, report, v, &err);
  if (status != ML_OK) {
    r->trouble = err;
    r->trouble.status = status;
  }
}

/* ---- the run ------------------------------------------------------------------------------- */

static bool is_cancelled(void *ctx) {
  run *r = ctx;
  if (cli__now() - r->flushed > FLUSH_AFTER) flush_waiting(r);
  return r->trouble.status != ML_OK || ml_watch_cancelled(r->watch);
}

static void progress(void *ctx, const char *step, double done, double total) {
  (void)step, (void)done, (void)total;
  run *r = ctx;
  double expected = peach__args_expected(r->ends->args) - (double)r->n_skipped;
  cli__progress_report(r->cli, "peach", (double)r->n_over, expected > 0 ? expected : 0);
}

static ml_status print_end(run *r, ml_error *err) {
  ml_status status = print_saved(r, r->n_taken, err);
  const char *end = r->n_printed ? "]\n" : "[]\n";
  if (status == ML_OK && r->cli->common.json)
    status = ml_output_write(r->ends->out, end, strlen(end), err);
  return status;
}

/* What came before the end of a run that broke off is complete in itself. */
static void close_array(run *r) {
  ml_error ignored = {0};
  const char *end = r->n_printed ? "]\n" : "[]\n";
  ml_status status = ML_OK;
  if (r->cli->common.json) status = ml_output_write(r->ends->out, end, strlen(end), &ignored);
  if (status == ML_OK) status = ml_output_flush(r->ends->out, &ignored);
  if (status != ML_OK) r->is_waiting = true;
}

static void note_stop(const run *r) {
  const char *log = r->options->resume ? r->options->resume : r->options->joblog;
  size_t n_done = r->n_over + r->n_skipped;
  cli__note(r->cli, log ? "%zu item%s done; --resume %s goes on from there" : "%zu item%s done",
            n_done, cli__plural(n_done), log);
}

ml_status peach__run(cli_call *cli, const peach_options *o, const peach_ends *ends, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  run r = {.cli = cli, .options = o, .ends = ends, .watch = &watch, .flushed = cli__now()};
  cli->progress.unit = "items";
  ml_watch own = {.cancelled = is_cancelled, .progress = progress, .ctx = &r};
  bool is_resumed = ends->log && peach__log_n_done(ends->log) > 0;
  ml_peach_io io = {.n = cli->n_args > 1 && !is_resumed ? cli->n_args - 1 : ML_ITEMS_UNKNOWN,
                    .next = next,
                    .waits_for = waits_for,
                    .number = is_resumed ? number : NULL,
                    .take = take,
                    .fail = fail,
                    .seen = seen,
                    .ctx = &r};
  ml_peach_opts opts = {
      .functions = ends->functions, .seed = (uint64_t)o->seed.value, .watch = &own};
  ml_status status = ml_peach_each(ends->exec, ends->function, &io, &opts, err);
  make_way(&r);
  if (r.trouble.status != ML_OK) {
    *err = r.trouble;
    status = err->status;
  }
  if (status == ML_OK) {
    status = print_end(&r, err);
  } else if (status != ML_ERR_CLOSED) {
    close_array(&r);
  }
  if (status == ML_ERR_CANCELLED) note_stop(&r);
  if (status == ML_OK && is_resumed) cli__detail(cli, "%zu items were done already", r.n_skipped);
  if (status == ML_OK) cli->exit_code = r.exit_code;
  if (status == ML_OK && r.n_failed)
    cli__note(cli, "%zu of %zu items failed", r.n_failed, r.n_taken);
  free(r.ring);
  ml_buf_release(&r.text);
  ml_buf_release(&r.saved);
  return status;
}
