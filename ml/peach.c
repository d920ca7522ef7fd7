/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A function for each argument: the task that calls it, and the job that hands the arguments out.
 */
#include <stdlib.h>
#include <string.h>

#include <ml/functions_internal.h>

/* ---- what both sides agree on ---------------------------------------------------------------- */

/* How items come. */
enum {
  MODE_VALUES,   /* an encoded value */
  MODE_NUMBERED, /* the number of the argument, eight bytes, and an encoded value */
  MODE_CHUNKS    /* in a form of the caller's own, for function->chunk() */
};

/* The arguments of the task are a list: */
enum { ARGS_NAME, ARGS_SEED, ARGS_MODE, ARGS_N };

static ml_status encode_args(const char *name, uint64_t seed, int mode, ml_buf *out,
                             ml_error *err) {
  ml_value parts[ARGS_N] = {ml_value_string(name), ml_value_int((int64_t)seed), ml_value_int(mode)};
  ml_value list = {.type = ML_TYPE_LIST, .as.l = {.values = parts, .n = ARGS_N}};
  return ml_value_encode(&list, NULL, 0, out, err);
}

/* ---- the task -------------------------------------------------------------------------------- */

typedef struct caller {
  const ml_function *function;
  const char *name; /* with its module */
  uint64_t seed;
  int64_t mode;
  ml_arena *arena; /* of the item that runs */
  ml_shared *shared;
  size_t n_shared;
} caller;

static void close_caller(void *closed) {
  caller *c = closed;
  ml_arena_free(c->arena);
  free(c->shared);
  free(c);
}

static ml_status read_args(caller *c, const ml_job_data *data, ml_error *err) {
  ml_value list;
  ml_status status =
      ml_value_decode(data->args.data, data->args.size, NULL, 0, c->arena, &list, err);
  if (status != ML_OK) return status;
  const ml_value *parts = list.as.l.values;
  if (list.type != ML_TYPE_LIST || list.as.l.n != ARGS_N ||
      parts[ARGS_NAME].type != ML_TYPE_STRING || parts[ARGS_SEED].type != ML_TYPE_INT ||
      parts[ARGS_MODE].type != ML_TYPE_INT || parts[ARGS_MODE].as.i < MODE_VALUES ||
      parts[ARGS_MODE].as.i > MODE_CHUNKS)
    return ml_error_set(err, ML_ERR_PARSE, "malformed request for a function");
  c->seed = (uint64_t)parts[ARGS_SEED].as.i;
  c->mode = parts[ARGS_MODE].as.i;
  const char *name = parts[ARGS_NAME].as.s.text;
  if (!data->functions) return ml_error_set(err, ML_ERR_USAGE, "function '%s' is not loaded", name);
  status = ml_functions_find(data->functions, name, &c->function, &c->name, err);
  if (status != ML_OK) return status;
  if (c->mode == MODE_CHUNKS ? !c->function->chunk : !c->function->call)
    return ml_error_set(err, ML_ERR_USAGE, "function '%s' takes %s", c->name,
                        c->mode == MODE_CHUNKS ? "values only" : "no values");
  return ML_OK;
}

static ml_status open_caller(const ml_job_data *data, void **out, ml_error *err) {
  caller *c = calloc(1, sizeof *c);
  if (!c) return ml_error_memory(err);
  c->arena = ml_arena_new();
  c->n_shared = data->n_inputs;
  c->shared = calloc(data->n_inputs + 1, sizeof *c->shared);
  ml_status status = c->arena && c->shared ? read_args(c, data, err) : ml_error_memory(err);
  if (status != ML_OK) {
    close_caller(c);
    return status;
  }
  for (size_t i = 0; i < data->n_inputs; i++)
    c->shared[i] = (ml_shared){data->inputs[i].data, data->inputs[i].size};
  *out = c;
  return ML_OK;
}

/* A seed for each item that has nothing in common with its neighbours' (splitmix64). */
static uint64_t seed_of(uint64_t seed, uint64_t item) {
  uint64_t x = seed + (item + 1) * UINT64_C(0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

/* Call the function; whatever it says, it is the function that failed. */
static ml_status call_function(const caller *c, ml_call *call, const ml_value *x, ml_value *out,
                               ml_error *err) {
  ml_error unused;
  ml_error *said = err ? err : &unused;
  said->line = said->column = 0;
  said->source[0] = said->message[0] = 0;
  if (c->function->call(call, x, out, said) == ML_OK) return ML_OK;
  if (!said->message[0]) return functions__failed(c->name, said, err);
  return said->status = ML_ERR_FUNCTION;
}

static ml_status run_caller(void *ran, const ml_job_data *data, const ml_item *item, ml_buf *out,
                            ml_error *err) {
  (void)data;
  caller *c = ran;
  const char *in = item->in;
  size_t n_in = item->n_in;
  uint64_t number = item->index;
  ml_value x, result = ml_value_null();
  if (c->mode == MODE_NUMBERED) {
    if (n_in < sizeof number) return ml_error_set(err, ML_ERR_PARSE, "malformed argument");
    memcpy(&number, in, sizeof number);
    in += sizeof number;
    n_in -= sizeof number;
  }
  ml_arena_reset(c->arena);
  ml_status status = ml_value_decode(in, n_in, c->shared, c->n_shared, c->arena, &x, err);
  if (status != ML_OK) return status;
  ml_call call = {.arena = c->arena,
                  .item = number,
                  .seed = seed_of(c->seed, number),
                  .trace = item->trace,
                  .cancel = item->cancel,
                  .ctx = c->function->ctx};
  status = call_function(c, &call, &x, &result, err);
  if (status != ML_OK) return status;
  status = ml_value_encode(&result, c->shared, c->n_shared, out, err);
  /* A result that is no value is the function's fault. */
  if (status == ML_ERR_USAGE && err) err->status = ML_ERR_FUNCTION;
  return status == ML_ERR_USAGE ? ML_ERR_FUNCTION : status;
}

static ml_status run_chunk(void *ran, const ml_job_data *data, ml_chunk *chunk, ml_buf *out,
                           ml_error *err) {
  const caller *c = ran;
  if (c->mode != MODE_CHUNKS) return ml_error_set(err, ML_ERR_PARSE, "malformed chunk");
  return c->function->chunk(c->function->ctx, data, chunk, out, err);
}

const ml_module *ml_peach_module(void) {
  static const ml_task tasks[] = {{.name = "call",
                                   .summary = "a function for each argument",
                                   .open = open_caller,
                                   .run = run_caller,
                                   .run_chunk = run_chunk,
                                   .close = close_caller}};
  static const ml_module module = {.abi = ML_MODULE_ABI,
                                   .name = "peach",
                                   .version = ML_VERSION,
                                   .tasks = tasks,
                                   .n_tasks = sizeof tasks / sizeof *tasks};
  return &module;
}

/* ---- the job --------------------------------------------------------------------------------- */

/* A run of ml_peach_each() in the central process. */
typedef struct peach {
  const ml_peach_io *io;
  ml_shared *shared;
  size_t n_shared;
  bool is_numbered; /* arguments have their number with them */
  ml_arena *arena;  /* of the result that is being used */
  ml_buf pending;   /* arguments that were asked for and not put yet: size, bytes */
  size_t at;        /* in pending */
  bool ended;       /* there are no more */
  ml_status status; /* of an input that failed, with what it said */
  ml_error error;
} peach;

static ml_status encode_argument(peach *p, size_t i, const ml_value *x, ml_buf *in, ml_error *err) {
  if (p->is_numbered) {
    uint64_t number = p->io->number ? p->io->number(p->io->ctx, i) : i;
    ml_buf_put(in, &number, sizeof number);
  }
  return ml_value_encode(x, p->shared, p->n_shared, in, err);
}

static ml_status put(void *ctx, size_t i, ml_buf *in, ml_error *err) {
  peach *p = ctx;
  ml_value x = ml_value_null();
  if (err) err->status = ML_OK;
  if (p->io->next(p->io->ctx, i, &x, err)) return encode_argument(p, i, &x, in, err);
  if (err && err->status != ML_OK) return err->status;
  return ml_error_set(err, ML_ERR_USAGE, "argument %zu of %zu is missing", i + 1, p->io->n);
}

/* Ask for one argument, to know whether there is one. */
static size_t more(void *ctx, size_t first, size_t max) {
  peach *p = ctx;
  ml_value x = ml_value_null();
  if (max == 0 || p->ended || p->status != ML_OK) return 0;
  if (!p->io->next(p->io->ctx, first, &x, &p->error)) {
    p->ended = true;
    p->status = p->error.status;
    return 0;
  }
  if (p->at == p->pending.n) {
    ml_buf_clear(&p->pending);
    p->at = 0;
  }
  size_t start = p->pending.n;
  uint64_t size = 0;
  ml_buf_put(&p->pending, &size, sizeof size);
  p->status = encode_argument(p, first, &x, &p->pending, &p->error);
  if (p->status != ML_OK) return 0;
  size = p->pending.n - start - sizeof size;
  memcpy(p->pending.data + start, &size, sizeof size);
  return 1;
}

static int waits_for(void *ctx) {
  const peach *p = ctx;
  return p->io->waits_for(p->io->ctx);
}

static ml_status put_pending(void *ctx, size_t i, ml_buf *in, ml_error *err) {
  (void)i, (void)err;
  peach *p = ctx;
  uint64_t size;
  memcpy(&size, p->pending.data + p->at, sizeof size);
  ml_buf_put(in, p->pending.data + p->at + sizeof size, size);
  p->at += sizeof size + size;
  /* When some are always waiting, what was put is dropped now and then. */
  if (p->at > p->pending.n / 2 && p->at > 1 << 16) {
    memmove(p->pending.data, p->pending.data + p->at, p->pending.n - p->at);
    p->pending.n -= p->at;
    p->at = 0;
  }
  return ML_OK;
}

static ml_status decode_result(peach *p, const void *out, size_t n, ml_value *v, ml_error *err) {
  ml_arena_reset(p->arena);
  return ml_value_decode(out, n, p->shared, p->n_shared, p->arena, v, err);
}

static ml_status take(void *ctx, size_t i, const void *out, size_t n_out, ml_error *err) {
  peach *p = ctx;
  ml_value v;
  ml_status status = decode_result(p, out, n_out, &v, err);
  return status == ML_OK ? p->io->take(p->io->ctx, i, &v, err) : status;
}

static ml_status fail(void *ctx, size_t i, const ml_failure *failure, ml_error *err) {
  peach *p = ctx;
  return p->io->fail(p->io->ctx, i, failure, err);
}

static void seen(void *ctx, const ml_report *report) {
  peach *p = ctx;
  ml_value v;
  bool has_value =
      !report->failure && decode_result(p, report->out, report->n_out, &v, NULL) == ML_OK;
  p->io->seen(p->io->ctx, report, has_value ? &v : NULL);
}

/* Find the function among what workers have, or what is here. @param[out] full  as it is called
 * there */
static ml_status find_function(const ml_exec *exec, const char *name, const ml_peach_opts *opts,
                               const char **full, ml_error *err) {
  const ml_functions *functions = exec ? ml_exec_functions(exec) : opts ? opts->functions : NULL;
  const ml_function *function;
  if (functions && ml_functions_find(functions, name, &function, full, NULL) == ML_OK) return ML_OK;
  return functions__missing(functions, name, exec ? " on the workers" : "",
                            "; load its module with --load", err);
}

/* Fill in what all jobs here have in common, and run it. */
static ml_status run_job(ml_exec *exec, const char *name, int mode, const ml_peach_opts *opts,
                         ml_job *job, ml_error *err) {
  static const ml_peach_opts none;
  ml_buf args = {0};
  const char *full;
  ml_status status = find_function(exec, name, opts, &full, err);
  if (status != ML_OK) return status;
  if (!opts) opts = &none;
  status = encode_args(full, opts->seed, mode, &args, err);
  job->module = ml_peach_module();
  job->task = "call";
  job->args = args.data;
  job->n_args = args.n;
  job->functions = opts->functions;
  job->function = full;
  if (!job->step) job->step = "peach";
  if (status == ML_OK) status = ml_exec_run(exec, job, err);
  ml_buf_release(&args);
  return status;
}

static ml_status open_peach(peach *p, const ml_peach_io *io, const ml_peach_opts *opts,
                            ml_error *err) {
  size_t n = opts ? opts->n_shared : 0;
  *p = (peach){.io = io, .n_shared = n, .arena = ml_arena_new()};
  p->shared = calloc(n + 1, sizeof *p->shared);
  if (!p->arena || !p->shared) return ml_error_memory(err);
  for (size_t i = 0; i < n; i++)
    p->shared[i] = (ml_shared){opts->shared[i]->data, opts->shared[i]->size};
  return ML_OK;
}

ml_status ml_peach_each(ml_exec *exec, const char *function, const ml_peach_io *io,
                        const ml_peach_opts *opts, ml_error *err) {
  bool is_open = io->n == ML_ITEMS_UNKNOWN;
  peach p;
  ml_job job = {.inputs = opts ? opts->shared : NULL,
                .n_inputs = opts ? opts->n_shared : 0,
                .n_items = io->n,
                .more = is_open ? more : NULL,
                .waits_for = is_open && io->waits_for ? waits_for : NULL,
                .put = is_open ? put_pending : put,
                .take = io->take ? take : NULL,
                .fail = io->fail ? fail : NULL,
                .seen = io->seen ? seen : NULL,
                .ctx = &p,
                .watch = opts ? opts->watch : NULL};
  ml_status status = open_peach(&p, io, opts, err);
  p.is_numbered = io->number || (exec && exec->renumbers);
  if (status == ML_OK)
    status = run_job(exec, function, p.is_numbered ? MODE_NUMBERED : MODE_VALUES, opts, &job, err);
  if (status == ML_OK && p.status != ML_OK) {
    status = p.status;
    if (err) *err = p.error;
  }
  ml_buf_release(&p.pending);
  ml_arena_free(p.arena);
  free(p.shared);
  return status;
}

ml_status ml_peach_chunks(ml_exec *exec, const char *function, const ml_job *job,
                          const ml_peach_opts *opts, ml_error *err) {
  ml_job filled = *job;
  return run_job(exec, function, MODE_CHUNKS, opts, &filled, err);
}

/* ---- arguments in memory --------------------------------------------------------------------- */

typedef struct memory {
  const ml_value *in;
  ml_arena *arena;
  ml_value *out;
} memory;

static bool next_in_memory(void *ctx, size_t i, ml_value *out, ml_error *err) {
  (void)err;
  *out = ((memory *)ctx)->in[i];
  return true;
}

static ml_status take_into_memory(void *ctx, size_t i, const ml_value *v, ml_error *err) {
  memory *m = ctx;
  return ml_value_copy(v, m->arena, &m->out[i]) ? ML_OK : ml_error_memory(err);
}

ml_status ml_peach(ml_exec *exec, const char *function, const ml_value *in, size_t n,
                   const ml_peach_opts *opts, ml_arena *arena, ml_value *out, ml_error *err) {
  memory m = {.in = in, .arena = arena, .out = out};
  const ml_peach_io io = {.n = n, .next = next_in_memory, .take = take_into_memory, .ctx = &m};
  return ml_peach_each(exec, function, &io, opts, err);
}
