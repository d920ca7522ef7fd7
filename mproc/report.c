/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a pool tells of itself, as JSON and as the text that Prometheus reads. docs/mproc.md has the
 * keys and names. */
#include <inttypes.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include <ml/version.h>

#include "mproc_internal.h"

/* ---- what there is to tell ------------------------------------------------------------------- */

/* One line per counter of ml_mproc_stats: field, name and help of the metric. Losses have a metric
 * of their own, by reason. */
#define COUNTER_MAP(X)                                                                     \
  X(items_done, "items_done", "Items finished")                                            \
  X(items_failed, "items_failed", "Items that failed for good")                            \
  X(items_retried, "items_retried", "Items given to another worker after theirs was lost") \
  X(workers_started, "workers_started", "Worker processes started")                        \
  X(workers_recycled, "workers_recycled", "Workers replaced as planned")                   \
  X(workers_joined, "workers_joined", "Workers that were started by hand")                 \
  X(connections_refused, "connections_refused", "Connections that did not prove to be of the pool")

/* One line per state of a worker: constant, name. */
#define PLACE_STATE_MAP(X)                                          \
  X(EMPTY, "empty") /* was lost, and the next is not started yet */ \
  X(STARTING, "starting")                                           \
  X(INITIALISING, "initialising")                                   \
  X(IDLE, "idle")                                                   \
  X(BUSY, "busy")                                                   \
  X(SUSPECT, "suspect") /* busy, and without a sign of life */      \
  X(ENDING, "ending")

typedef enum place_state {
#define PLACE_STATE_ENUM(constant, name) PLACE_##constant,
  PLACE_STATE_MAP(PLACE_STATE_ENUM)
#undef PLACE_STATE_ENUM
      N_PLACE_STATES
} place_state;

static const char *const state_names[N_PLACE_STATES] = {
#define PLACE_STATE_NAME(constant, name) name,
    PLACE_STATE_MAP(PLACE_STATE_NAME)
#undef PLACE_STATE_NAME
};

/* A worker at this moment. What its page says is believed for show only, and only within bounds. */
typedef struct place {
  place_state state;
  bool is_busy, has_item;
  uint64_t item;
  double running; /* seconds, when it is busy */
  uint64_t rss;
} place;

static double seconds_between(uint64_t from, uint64_t to) {
  return to > from ? (double)(to - from) * 1e-9 : 0;
}

static place_state state_of(const slot *s, bool is_busy) {
  static const place_state states[] = {[SLOT_EMPTY] = PLACE_EMPTY,
                                       [SLOT_STARTING] = PLACE_STARTING,
                                       [SLOT_INITIALISING] = PLACE_INITIALISING,
                                       [SLOT_READY] = PLACE_IDLE,
                                       [SLOT_ENDING] = PLACE_ENDING};
  if (s->state != SLOT_READY || !is_busy) return states[s->state];
  return s->pulse.is_suspect ? PLACE_SUSPECT : PLACE_BUSY;
}

static place look_at(const slot *s, const run_view *job, uint64_t now) {
  if (s->state == SLOT_EMPTY) return (place){.state = PLACE_EMPTY};
  const status_page *page = s->page->data;
  uint64_t item = atomic_load(&page->item), since = atomic_load(&page->since);
  place p = {.item = item, .rss = atomic_load(&page->rss)};
  if (p.rss > INT64_MAX) p.rss = 0;
  p.is_busy = job && s->state == SLOT_READY && item != PAGE_IDLE;
  p.state = state_of(s, p.is_busy);
  p.has_item = p.is_busy && item < job->made;
  p.running = p.is_busy ? seconds_between(since, now) : 0;
  return p;
}

/* Counts of the job that runs. */
typedef struct job_counts {
  uint64_t done, failed, retried, queued;
  double rate, eta; /* eta: negative when nobody knows */
} job_counts;

static job_counts count(const ml_mproc *pool, const run_view *job, uint64_t now) {
  const ml_mproc_stats *base = &pool->seen.base, *stats = &pool->stats;
  job_counts c = {.done = stats->items_done - base->items_done,
                  .failed = stats->items_failed - base->items_failed,
                  .retried = stats->items_retried - base->items_retried,
                  .rate = seen__rate(pool, now),
                  .eta = -1};
  bool is_known = job->total != ML_ITEMS_UNKNOWN;
  uint64_t all = is_known ? job->total : job->made, elsewhere = c.done + c.failed + job->in_flight;
  c.queued = all > elsewhere ? all - elsewhere : 0;
  if (is_known && c.rate > 0) c.eta = (double)(c.queued + job->in_flight) / c.rate;
  return c;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* To the microsecond, whatever the locale. */
static void put_seconds(ml_buf *out, double seconds) {
  ml_buf_json_number(out, round(seconds * 1e6) / 1e6);
}

static void put_job(ml_buf *out, const ml_mproc *pool, const run_view *job, uint64_t now) {
  job_counts c = count(pool, job, now);
  ml_buf_puts(out, "{\"module\":");
  ml_buf_json_string(out, job->module);
  ml_buf_puts(out, ",\"task\":");
  ml_buf_json_string(out, job->task);
  ml_buf_puts(out, ",\"step\":");
  ml_buf_json_string(out, job->step);
  ml_buf_puts(out, ",\"function\":");
  if (job->function)
    ml_buf_json_string(out, job->function);
  else
    ml_buf_puts(out, "null");
  ml_buf_puts(out, ",\"running\":");
  put_seconds(out, seconds_between(pool->seen.begun, now));
  ml_buf_puts(out, ",\"total\":");
  if (job->total == ML_ITEMS_UNKNOWN)
    ml_buf_puts(out, "null");
  else
    ml_buf_printf(out, "%zu", job->total);
  ml_buf_printf(out,
                ",\"done\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"retried\":%" PRIu64
                ",\"in_flight\":%zu,\"queued\":%" PRIu64 ",\"bytes\":%zu,\"rate\":",
                c.done, c.failed, c.retried, job->in_flight, c.queued, job->bytes);
  ml_buf_json_number(out, c.rate);
  ml_buf_puts(out, ",\"eta\":");
  put_seconds(out, c.eta < 0 ? NAN : c.eta);
  ml_buf_puts(out, "}");
}

static void put_worker(ml_buf *out, const slot *s, const run_view *job, uint64_t now) {
  place p = look_at(s, job, now);
  ml_buf_printf(out, "{\"index\":%zu,\"pid\":", s->index + 1);
  if (s->pid > 0)
    ml_buf_printf(out, "%ld", (long)s->pid);
  else
    ml_buf_puts(out, "null");
  ml_buf_printf(out, ",\"state\":\"%s\",\"item\":", state_names[p.state]);
  if (p.has_item)
    ml_buf_printf(out, "%" PRIu64, p.item);
  else
    ml_buf_puts(out, "null");
  ml_buf_puts(out, ",\"running\":");
  put_seconds(out, p.is_busy ? p.running : NAN);
  ml_buf_printf(out, ",\"items_done\":%" PRIu64 ",\"mean_seconds\":", s->tally.items);
  ml_buf_json_number(out, s->tally.items > 0 ? s->tally.seconds / (double)s->tally.items : NAN);
  ml_buf_printf(out, ",\"rss\":%" PRIu64 ",\"losses\":%" PRIu64 "}", p.rss, s->tally.losses);
}

static void put_workers(ml_buf *out, const ml_mproc *pool, const run_view *job, uint64_t now) {
  const char *separator = "";
  for (size_t i = 0; i < pool->n_slots; i++) {
    if (slot__is_free(&pool->slots[i])) continue;
    ml_buf_puts(out, separator);
    put_worker(out, &pool->slots[i], job, now);
    separator = ",";
  }
}

static void put_losses(ml_buf *out, const seen *sn) {
  uint64_t first = sn->n_losses > SEEN_LOSSES ? sn->n_losses - SEEN_LOSSES : 0;
  for (uint64_t i = first; i < sn->n_losses; i++) {
    const seen_loss *loss = &sn->losses[i % SEEN_LOSSES];
    ml_buf_printf(out, "%s{\"worker\":%zu,\"reason\":\"%s\",\"time\":", i > first ? "," : "",
                  loss->worker, seen__reasons[loss->reason]);
    put_seconds(out, loss->time);
    ml_buf_puts(out, ",\"text\":");
    ml_buf_json_string(out, loss->text);
    ml_buf_puts(out, "}");
  }
}

/* Items a second in each of the last minute's seconds, oldest first. */
static void put_history(ml_buf *out, const seen *sn) {
  uint64_t n = sn->n_samples < SEEN_SAMPLES ? sn->n_samples : SEEN_SAMPLES;
  for (uint64_t i = sn->n_samples - n + 1; n > 1 && i < sn->n_samples; i++) {
    const seen_sample *from = &sn->samples[(i - 1) % SEEN_SAMPLES];
    const seen_sample *to = &sn->samples[i % SEEN_SAMPLES];
    double seconds = seconds_between(from->at, to->at);
    if (i > sn->n_samples - n + 1) ml_buf_puts(out, ",");
    ml_buf_json_number(out, seconds > 0 ? (double)(to->done - from->done) / seconds : 0);
  }
}

static void put_stats(ml_buf *out, const ml_mproc_stats *stats) {
#define PUT_COUNTER(field, name, help) \
  ml_buf_printf(out, "\"" name "\":%" PRIu64 ",", stats->field);
  COUNTER_MAP(PUT_COUNTER)
#undef PUT_COUNTER
  ml_buf_printf(out, "\"workers_lost\":%" PRIu64 ",\"task_seconds\":", stats->workers_lost);
  ml_buf_json_number(out, stats->task_seconds);
}

void ml_mproc_describe(const ml_mproc *pool, ml_buf *out) {
  uint64_t now = mproc__now();
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  run_view job;
  if (pool->run) run__look(pool->run, &job);
  ml_buf_puts(out, "{\"version\":");
  ml_buf_json_string(out, ml_version());
  ml_buf_puts(out, ",\"build\":");
  ml_buf_json_string(out, ml_build_id());
  ml_buf_printf(out, ",\"pid\":%ld,\"port\":%d,\"time\":", (long)getpid(), pool->port);
  put_seconds(out, (double)t.tv_sec + (double)t.tv_nsec * 1e-9);
  ml_buf_puts(out, ",\"uptime\":");
  put_seconds(out, seconds_between(pool->seen.opened, now));
  ml_buf_puts(out, ",\"job\":");
  if (pool->run)
    put_job(out, pool, &job, now);
  else
    ml_buf_puts(out, "null");
  ml_buf_puts(out, ",\"workers\":[");
  put_workers(out, pool, pool->run ? &job : NULL, now);
  ml_buf_puts(out, "],\"losses\":[");
  put_losses(out, &pool->seen);
  ml_buf_puts(out, "],\"stats\":{");
  put_stats(out, &pool->stats);
  ml_buf_puts(out, "},\"history\":[");
  put_history(out, &pool->seen);
  ml_buf_puts(out, "]}");
}

/* ---- Prometheus ------------------------------------------------------------------------------ */

static void head(ml_buf *out, const char *name, const char *type, const char *help) {
  ml_buf_printf(out, "# HELP mltool_%s %s.\n# TYPE mltool_%s %s\n", name, help, name, type);
}

static void put_counters(ml_buf *out, const ml_mproc *pool) {
#define PUT_METRIC(field, name, help)        \
  head(out, name "_total", "counter", help); \
  ml_buf_printf(out, "mltool_" name "_total %" PRIu64 "\n", pool->stats.field);
  COUNTER_MAP(PUT_METRIC)
#undef PUT_METRIC
  head(out, "workers_lost_total", "counter", "Workers that died or were killed, by reason");
  for (size_t i = 0; i < LOSS_N_REASONS; i++)
    ml_buf_printf(out, "mltool_workers_lost_total{reason=\"%s\"} %" PRIu64 "\n", seen__reasons[i],
                  pool->seen.reasons[i]);
}

static void put_gauges(ml_buf *out, const ml_mproc *pool, uint64_t now) {
  run_view job = {0};
  job_counts c = {0};
  if (pool->run) {
    run__look(pool->run, &job);
    c = count(pool, &job, now);
  }
  head(out, "info", "gauge", "Version and build of the central process");
  ml_buf_printf(out, "mltool_info{version=\"%s\",build=\"%s\"} 1\n", ml_version(), ml_build_id());
  head(out, "uptime_seconds", "gauge", "Time since the pool was opened");
  ml_buf_puts(out, "mltool_uptime_seconds ");
  put_seconds(out, seconds_between(pool->seen.opened, now));
  ml_buf_puts(out, "\n");
  head(out, "items_in_flight", "gauge", "Items that workers have and are not finished");
  ml_buf_printf(out, "mltool_items_in_flight %zu\n", job.in_flight);
  head(out, "items_queued", "gauge", "Items of the job that no worker has yet");
  ml_buf_printf(out, "mltool_items_queued %" PRIu64 "\n", c.queued);
  head(out, "queue_bytes", "gauge", "Arguments and results that the central process holds");
  ml_buf_printf(out, "mltool_queue_bytes %zu\n", job.bytes);
}

static void put_places(ml_buf *out, const ml_mproc *pool, uint64_t now) {
  size_t states[N_PLACE_STATES] = {0};
  run_view job;
  if (pool->run) run__look(pool->run, &job);
  head(out, "worker_resident_bytes", "gauge", "Resident memory of a worker");
  for (size_t i = 0; i < pool->n_slots; i++) {
    if (slot__is_free(&pool->slots[i])) continue;
    place p = look_at(&pool->slots[i], pool->run ? &job : NULL, now);
    states[p.state]++;
    ml_buf_printf(out, "mltool_worker_resident_bytes{worker=\"%zu\"} %" PRIu64 "\n", i + 1, p.rss);
  }
  head(out, "worker_items_done_total", "counter", "Items finished by the workers of a place");
  for (size_t i = 0; i < pool->n_slots; i++) /* free ones too: it must not go away */
    ml_buf_printf(out, "mltool_worker_items_done_total{worker=\"%zu\"} %" PRIu64 "\n", i + 1,
                  pool->slots[i].tally.items);
  head(out, "workers", "gauge", "Workers by state");
  for (size_t i = 0; i < N_PLACE_STATES; i++)
    ml_buf_printf(out, "mltool_workers{state=\"%s\"} %zu\n", state_names[i], states[i]);
}

static void put_histogram(ml_buf *out, const ml_mproc *pool) {
  uint64_t n = 0;
  head(out, "item_seconds", "histogram", "Time that items take; of a chunk, the mean of its items");
  for (size_t i = 0; i < SEEN_BUCKETS; i++) {
    n += pool->seen.buckets[i];
    ml_buf_printf(out, "mltool_item_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", seen__buckets[i].text,
                  n);
  }
  n += pool->seen.buckets[SEEN_BUCKETS];
  ml_buf_printf(out, "mltool_item_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", n);
  ml_buf_puts(out, "mltool_item_seconds_sum ");
  ml_buf_number(out, pool->stats.task_seconds);
  ml_buf_printf(out, "\nmltool_item_seconds_count %" PRIu64 "\n", n);
}

void report__metrics(const ml_mproc *pool, ml_buf *out) {
  uint64_t now = mproc__now();
  put_gauges(out, pool, now);
  put_counters(out, pool);
  put_places(out, pool, now);
  put_histogram(out, pool);
}
