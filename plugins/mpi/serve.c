/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rank that is not 0: it opens the jobs that rank 0 has, and runs items of them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ranks.h"

#define POLL_SECONDS 0.1 /* between looks at a pool without a job */

/* A block of rank 0, here. */
typedef struct held {
  uint64_t id; /* there */
  ml_block *block;
  bool is_new; /* its bytes are still to come */
} held;

typedef struct server {
  ml_mpi *mpi;
  ml_mproc *pool;
  ml_exec *exec;
  const ml_module *const *modules;
  size_t n_modules;
  held *held; /* the inputs of the job */
  size_t n_held;
  ml_block **inputs; /* the same */
  ml_job job;
  ml_buf frame; /* of the job: its texts are borrowed from here */
  share *share; /* NULL: nothing runs */
  bool is_ended;
  double polled;
  ml_error fault; /* this rank cannot go on */
} server;

static ml_buf *to_leader(server *s) {
  return &s->mpi->mesh.peers[0].waiting;
}

static void say(server *s, frame_type type, const ml_error *error) {
  size_t at = packet__begin(to_leader(s), type);
  packet__put_error(to_leader(s), error);
  packet__end(to_leader(s), at);
}

static void say_hello(server *s, const ml_error *problem) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  ml_buf *out = to_leader(s);
  size_t at = packet__begin(out, FRAME_HELLO);
  packet__put_error(out, problem);
  packet__put_u64(out, ml_exec_n_workers(s->exec));
  packet__put_text(out, host);
  packet__end(out, at);
}

/* ---- commands -------------------------------------------------------------------------------- */

static bool is_same(const ml_buf *ours, ml_span theirs) {
  return ours->n == theirs.size && memcmp(ours->data, theirs.data, theirs.size) == 0;
}

static ml_status do_init(server *s, const ml_init *init, ml_span whole, ml_buf *trace,
                         ml_error *err) {
  ml_buf ours = {0};
  ml_status status = ml_init_encode(init, &ours, err);
  if (status == ML_OK && !is_same(&ours, whole))
    status =
        ml_error_set(err, ML_ERR_WORKER, "'%s' is another file here than on rank 0", init->what);
  ml_buf_release(&ours);
  return status == ML_OK ? ml_mproc_init(s->pool, init, 1, trace, err) : status;
}

static void on_init(server *s, packet *in) {
  ml_arena *arena = ml_arena_new();
  ml_buf trace = {0};
  ml_error error = {0};
  ml_init init = {.kind = (ml_init_kind)packet__u64(in), .what = packet__text(in)};
  ml_span bytes = packet__bytes(in), arg = packet__bytes(in), whole = packet__bytes(in);
  init.bytes = bytes.data;
  init.n_bytes = bytes.size;
  if (init.kind > ML_INIT_CALL) in->is_bad = true;
  if (!arena) ml_error_memory(&error);
  if (arena && init.kind == ML_INIT_CALL && !in->is_bad)
    error.status = ml_value_decode(arg.data, arg.size, NULL, 0, arena, &init.arg, &error);
  if (error.status == ML_OK && !in->is_bad) error.status = do_init(s, &init, whole, &trace, &error);
  ml_buf *out = to_leader(s);
  size_t at = packet__begin(out, FRAME_INITED);
  packet__put_error(out, &error);
  packet__put_bytes(out, trace.data, trace.n);
  packet__end(out, at);
  ml_buf_release(&trace);
  ml_arena_free(arena);
}

/* ---- the blocks of a job --------------------------------------------------------------------- */

static ml_block *find_block(const held *all, size_t n, uint64_t id) {
  for (size_t i = 0; i < n; i++)
    if (all[i].id == id) return all[i].block;
  return NULL;
}

static bool is_held(const held *all, size_t n, const ml_block *block) {
  for (size_t i = 0; i < n; i++)
    if (all[i].block == block) return true;
  return false;
}

static void drop_result(server *s) {
  ml_block_free(s->job.result);
  s->job.result = NULL;
}

/* Take the place of what is held; blocks that are not in it go. */
static void hold(server *s, held *all, size_t n) {
  for (size_t i = 0; i < s->n_held; i++)
    if (!is_held(all, n, s->held[i].block) && !is_held(s->held, i, s->held[i].block))
      ml_block_free(s->held[i].block);
  free(s->held);
  s->held = all;
  s->n_held = n;
}

static ml_status read_input(server *s, packet *in, held *all, size_t i, ml_error *err) {
  held *h = &all[i];
  h->id = packet__u64(in);
  uint64_t size = packet__u64(in);
  bool is_new = packet__u64(in) != 0;
  if (in->is_bad) return ML_OK;
  h->block = find_block(all, i, h->id); /* named twice */
  if (h->block) return ML_OK;
  h->is_new = is_new;
  if (is_new) return ml_block_new(s->exec, (size_t)size, &h->block, err);
  h->block = find_block(s->held, s->n_held, h->id);
  if (!h->block || h->block->size != size) in->is_bad = true;
  return ML_OK;
}

/* On failure what is held stays as it is, and so does what rank 0 takes for held. */
static ml_status read_inputs(server *s, packet *in, ml_error *err) {
  size_t n = (size_t)packet__u64(in), n_read = 0;
  if (n > in->left / (3 * sizeof(uint64_t))) in->is_bad = true;
  if (in->is_bad) return ML_OK;
  held *all = calloc(n + 1, sizeof *all);
  ml_block **inputs = calloc(n + 1, sizeof *inputs);
  ml_status status = all && inputs ? ML_OK : ml_error_memory(err);
  for (; n_read < n && status == ML_OK && !in->is_bad; n_read++) {
    status = read_input(s, in, all, n_read, err);
    inputs[n_read] = all[n_read].block;
  }
  if (status != ML_OK || in->is_bad) {
    for (size_t i = 0; i < n_read; i++)
      if (all[i].is_new) ml_block_free(all[i].block);
    free(all);
    free(inputs);
    return status;
  }
  hold(s, all, n);
  free(s->inputs);
  s->inputs = inputs;
  s->job.inputs = inputs;
  s->job.n_inputs = n;
  return ML_OK;
}

/* ---- a job ----------------------------------------------------------------------------------- */

static const ml_module *find_module(const server *s, const char *name) {
  for (size_t i = 0; i < s->n_modules; i++)
    if (strcmp(s->modules[i]->name, name) == 0) return s->modules[i];
  return NULL;
}

static ml_status read_job(server *s, packet *in, ml_error *err) {
  const char *module = packet__text(in);
  s->job = (ml_job){.task = packet__text(in)};
  ml_span args = packet__bytes(in);
  bool has_result = packet__u64(in) != 0;
  uint64_t size = packet__u64(in);
  s->job.args = args.data;
  s->job.n_args = args.size;
  s->job.module = find_module(s, module);
  if (!s->job.module || !ml_module_find(s->job.module, s->job.task)) in->is_bad = true;
  if (in->is_bad) return ML_OK;
  ml_status status = has_result ? ml_block_new(s->exec, (size_t)size, &s->job.result, err) : ML_OK;
  return status == ML_OK ? read_inputs(s, in, err) : status;
}

static void on_job(server *s, packet *in) {
  ml_error error = {0};
  ml_buf_clear(&s->frame);
  ml_buf_put(&s->frame, in->at, in->left);
  packet copy = {.at = s->frame.data, .left = s->frame.n};
  error.status = s->frame.failed || s->share ? ml_error_memory(&error) : read_job(s, &copy, &error);
  in->is_bad = copy.is_bad;
  if (error.status != ML_OK) drop_result(s);
  say(s, FRAME_READY, &error);
}

static void on_go(server *s) {
  for (size_t i = 0; i < s->n_held; i++) {
    held *h = &s->held[i];
    if (h->is_new && mesh__take(h->block, &s->fault) != ML_OK) return;
    h->is_new = false;
  }
  (void)share__begin(s->exec, &s->job, &s->share, &s->fault);
}

/* Rank 0 gives all blocks anew. */
static void on_drop(server *s) {
  drop_result(s);
  hold(s, NULL, 0);
}

static void on_frame(void *ctx, frame *f) {
  server *s = ctx;
  switch (f->type) {
    case FRAME_INIT:
      on_init(s, &f->body);
      break;
    case FRAME_JOB:
      on_job(s, &f->body);
      break;
    case FRAME_GO:
      on_go(s);
      break;
    case FRAME_DROP:
      on_drop(s);
      break;
    case FRAME_ITEM: /* of a share that has ended by itself: rank 0 will know */
      if (s->share) (void)share__give(s->share, &f->body, &s->fault);
      break;
    case FRAME_CLOSE:
      if (s->share) share__close(s->share);
      break;
    case FRAME_STOP:
      if (s->share) share__stop(s->share);
      break;
    case FRAME_END:
      s->is_ended = true;
      break;
    default:
      f->body.is_bad = true;
  }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static bool drain(server *s) {
  bool is_over = false;
  ml_error error = {0};
  if (!s->share) return false;
  bool has_some = share__drain(s->share, to_leader(s), &is_over, &error);
  if (!is_over) return has_some;
  share__free(s->share);
  s->share = NULL;
  drop_result(s);
  say(s, FRAME_DONE, &error);
  return true;
}

/* A pool that waits should answer, and replace workers that are lost. */
static void look_after_pool(server *s) {
  double now = mesh__now();
  if (s->share || !s->pool || now - s->polled < POLL_SECONDS) return;
  s->polled = now;
  ml_mproc_poll(s->pool);
}

static void turn(server *s) {
  ml_mpi *m = s->mpi;
  bool has_moved = drain(s);
  if (mesh__turn(&m->mesh, on_frame, s)) has_moved = true;
  if (m->mesh.error.status != ML_OK && s->fault.status == ML_OK) s->fault = m->mesh.error;
  look_after_pool(s);
  m->pace.max_ns = s->share ? BUSY_NS : IDLE_NS;
  int fd = s->share ? share__event(s->share) : -1;
  if (has_moved)
    pace__hurry(&m->pace);
  else
    pace__wait(&m->pace, &fd, 1);
}

static void release(server *s) {
  share__free(s->share);
  drop_result(s);
  hold(s, NULL, 0);
  free(s->inputs);
  ml_buf_release(&s->frame);
}

ml_status serve__run(ml_mpi *m, ml_mproc *pool, const ml_error *problem,
                     const ml_module *const *modules, size_t n_modules, ml_error *err) {
  static const ml_error none;
  server s = {.mpi = m,
              .pool = pool,
              .exec = ml_mproc_exec(pool),
              .modules = modules,
              .n_modules = n_modules};
  say_hello(&s, pool ? &none : problem);
  while (!s.is_ended && s.fault.status == ML_OK) turn(&s);
  release(&s);
  if (s.fault.status != ML_OK && err) *err = s.fault;
  return s.fault.status;
}
