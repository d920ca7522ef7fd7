/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A share of a job on the pool of this rank. */
#include "share.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ring.h"

struct share {
  ml_exec *local;
  ml_job job;
  ml_watch watch;
  pthread_t thread;
  bool has_thread;
  pthread_mutex_t lock;  /* of what follows */
  int given, told;       /* eventfds: for the pool, from the pool */
  ring items;            /* of item, by their number here */
  size_t n_known;        /* of them, that the pool knows */
  bool is_closed;        /* there are no more */
  atomic_bool is_wanted; /* somebody still waits for results */
  ml_buf out;            /* frames of results */
  bool is_over;
  ml_error error; /* how it ended */
};

/* What is kept of an item until it is over. */
typedef struct item {
  uint64_t number; /* in the whole job */
  const char *what;
  ml_span in, places; /* places: pairs of u64, offset and size in the result */
  char bytes[];
} item;

static void signal_event(int fd) {
  const uint64_t one = 1;
  if (write(fd, &one, sizeof one) < 0) return; /* it is signalled already */
}

static void clear_event(int fd) {
  uint64_t n;
  if (read(fd, &n, sizeof n) < 0) return; /* it was not signalled */
}

/* ---- items ----------------------------------------------------------------------------------- */

void share__put_item(ml_buf *buf, uint64_t number, const ml_buf *in, const char *what) {
  packet__put_u64(buf, number);
  packet__put_text(buf, what);
  packet__put_bytes(buf, in->data, in->n);
}

void share__put_place(ml_buf *buf, size_t offset, size_t n) {
  packet__put_u64(buf, offset);
  packet__put_u64(buf, n);
}

static bool has_room(const share *s, const ml_span *places) {
  size_t room = s->job.result ? s->job.result->size : 0;
  const uint64_t *at = places->data;
  if (places->size % (2 * sizeof *at)) return false;
  for (size_t i = 0; i < places->size / sizeof *at; i += 2)
    if (at[i] > room || at[i + 1] > room - at[i]) return false;
  return true;
}

/* The frame is copied whole; what is borrowed from it then lies in the copy. */
static item *make_item(const share *s, const packet *frame, bool *is_bad) {
  item *i = malloc(sizeof *i + frame->left);
  if (!i) return NULL;
  memcpy(i->bytes, frame->at, frame->left);
  packet in = {.at = i->bytes, .left = frame->left};
  i->number = packet__u64(&in);
  i->what = packet__text(&in);
  i->in = packet__bytes(&in);
  i->places = (ml_span){(void *)in.at, in.left};
  *is_bad = in.is_bad || !has_room(s, &i->places);
  return i;
}

ml_status share__give(share *s, packet *frame, ml_error *err) {
  item *i = make_item(s, frame, &frame->is_bad);
  if (!i) return ml_error_memory(err);
  if (frame->is_bad) {
    free(i);
    return ml_error_set(err, ML_ERR_WORKER, "malformed item of rank 0");
  }
  pthread_mutex_lock(&s->lock);
  bool is_kept = ring__add(&s->items, i);
  pthread_mutex_unlock(&s->lock);
  if (!is_kept) free(i);
  signal_event(s->given);
  return is_kept ? ML_OK : ml_error_memory(err);
}

static const item *find(share *s, size_t i) {
  pthread_mutex_lock(&s->lock);
  const item *found = ring__find(&s->items, i);
  pthread_mutex_unlock(&s->lock);
  return found; /* it stays until seen() of it */
}

/* ---- what the pool asks ---------------------------------------------------------------------- */

static size_t more(void *ctx, size_t first, size_t max) {
  share *s = ctx;
  pthread_mutex_lock(&s->lock);
  size_t n = s->items.end - first;
  if (n > max) n = max;
  s->n_known = first + n;
  pthread_mutex_unlock(&s->lock);
  return n;
}

static int waits_for(void *ctx) {
  share *s = ctx;
  pthread_mutex_lock(&s->lock);
  clear_event(s->given);
  bool waits = !s->is_closed && s->items.end == s->n_known && atomic_load(&s->is_wanted);
  pthread_mutex_unlock(&s->lock);
  return waits ? s->given : -1;
}

static ml_status put(void *ctx, size_t i, ml_buf *in, ml_error *err) {
  const item *found = find(ctx, i);
  (void)err;
  ml_buf_put(in, found->in.data, found->in.size);
  return ML_OK;
}

static void describe(void *ctx, size_t i, char *buf, size_t size) {
  const item *found = find(ctx, i);
  snprintf(buf, size, "%s", found ? found->what : "");
}

static size_t number(void *ctx, size_t i) {
  const item *found = find(ctx, i);
  return found ? (size_t)found->number : i;
}

static void put_places(share *s, const item *i) {
  const uint64_t *at = i->places.data;
  for (size_t k = 0; k < i->places.size / sizeof *at; k += 2)
    packet__put_bytes(&s->out, (const char *)s->job.result->data + at[k], at[k + 1]);
}

static void put_result(share *s, const item *i, const ml_report *report) {
  size_t at = packet__begin(&s->out, FRAME_RESULT);
  packet__put_u64(&s->out, i->number);
  packet__put_real(&s->out, report->started);
  packet__put_real(&s->out, report->seconds);
  packet__put_u64(&s->out, report->worker);
  packet__put_u64(&s->out, (uint64_t)report->pid);
  packet__put_u64(&s->out, report->attempts);
  packet__put_u64(&s->out, report->failure != NULL);
  if (report->failure) {
    packet__put_failure(&s->out, report->failure);
  } else {
    packet__put_bytes(&s->out, report->out, report->n_out);
    put_places(s, i);
  }
  packet__end(&s->out, at);
}

/* Told of each item that is over, in any order: one that takes long holds nobody's result back. */
static void seen(void *ctx, const ml_report *report) {
  share *s = ctx;
  pthread_mutex_lock(&s->lock);
  item *i = ring__take(&s->items, report->item);
  bool was_empty = s->out.n == 0;
  if (i) put_result(s, i, report);
  pthread_mutex_unlock(&s->lock);
  free(i);
  if (was_empty) signal_event(s->told);
}

/* Rank 0 knows whether the job goes on. */
static ml_status fail(void *ctx, size_t i, const ml_failure *failure, ml_error *err) {
  (void)ctx, (void)i, (void)failure, (void)err;
  return ML_OK;
}

static bool is_cancelled(void *ctx) {
  return !atomic_load(&((share *)ctx)->is_wanted);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *run(void *ctx) {
  share *s = ctx;
  ml_error error = {0};
  error.status = ml_exec_run(s->local, &s->job, &error);
  pthread_mutex_lock(&s->lock);
  s->error = error;
  if (s->out.failed) ml_error_memory(&s->error);
  s->is_over = true;
  pthread_mutex_unlock(&s->lock);
  signal_event(s->told);
  return NULL;
}

ml_status share__begin(ml_exec *local, const ml_job *job, share **out, ml_error *err) {
  share *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  s->local = local;
  s->job = *job;
  s->job.n_items = ML_ITEMS_UNKNOWN;
  s->job.more = more;
  s->job.waits_for = waits_for;
  s->job.put = put;
  s->job.take = NULL;
  s->job.fail = fail;
  s->job.seen = seen;
  s->job.describe = describe;
  s->job.place = NULL;
  s->job.number = number;
  s->job.ctx = s;
  s->watch = (ml_watch){.cancelled = is_cancelled, .ctx = s};
  s->job.watch = &s->watch;
  atomic_store(&s->is_wanted, true);
  pthread_mutex_init(&s->lock, NULL);
  s->given = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  s->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  s->has_thread = s->given >= 0 && s->told >= 0 && pthread_create(&s->thread, NULL, run, s) == 0;
  if (s->has_thread) {
    *out = s;
    return ML_OK;
  }
  share__free(s);
  return ml_error_set(err, ML_ERR_IO, "no thread for the pool of this rank");
}

void share__close(share *s) {
  pthread_mutex_lock(&s->lock);
  s->is_closed = true;
  pthread_mutex_unlock(&s->lock);
  signal_event(s->given);
}

void share__stop(share *s) {
  atomic_store(&s->is_wanted, false);
  share__close(s);
}

int share__event(const share *s) {
  return s->told;
}

bool share__drain(share *s, ml_buf *buf, bool *is_over, ml_error *error) {
  clear_event(s->told);
  pthread_mutex_lock(&s->lock);
  bool has_some = s->out.n > 0;
  if (s->out.failed) {
    ml_error_memory(error);
    *is_over = true;
  } else if (buf->n == 0) { /* they change places */
    ml_buf empty = *buf;
    *buf = s->out;
    s->out = empty;
  } else {
    ml_buf_put(buf, s->out.data, s->out.n);
    ml_buf_clear(&s->out);
  }
  if (s->is_over) {
    *is_over = true;
    *error = s->error;
  }
  pthread_mutex_unlock(&s->lock);
  return has_some;
}

void share__free(share *s) {
  if (!s) return;
  if (s->has_thread) {
    share__stop(s);
    pthread_join(s->thread, NULL);
  }
  if (s->given >= 0) close(s->given);
  if (s->told >= 0) close(s->told);
  pthread_mutex_destroy(&s->lock);
  ring__release(&s->items, free);
  ml_buf_release(&s->out);
  free(s);
}
