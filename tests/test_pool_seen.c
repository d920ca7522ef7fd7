/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one can see of a pool: its description and the metrics. */
#include "support.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"
#include "pool_tasks.h"

static ml_mproc_opts test_opts(size_t n_workers) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = n_workers;
  opts.worker_exe = POOL_WORKER;
  return opts;
}

static ml_mproc *open_pool(ml_mproc_opts opts) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) fail_msg("open: %s", err.message);
  return pool;
}

/* ---- the description ------------------------------------------------------------------------- */

static json_t *described(const ml_mproc *pool) {
  ml_buf text = {0};
  json_error_t why;
  ml_mproc_describe(pool, &text);
  json_t *all = json_loadb(text.data, text.n, JSON_REJECT_DUPLICATES, &why);
  if (!all) fail_msg("no JSON: %s: %.*s", why.text, (int)text.n, text.data);
  ml_buf_release(&text);
  return all;
}

static long long number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_integer(value)) fail_msg("'%s' is no integer", key);
  return json_integer_value(value);
}

static long long count_of(const json_t *all, const char *key) {
  return number(json_object_get(all, "stats"), key);
}

static void idle_pool_is_described(void **state) {
  (void)state;
  long pids[3];
  ml_mproc *pool = open_pool(test_opts(3));
  assert_int_equal(ml_mproc_pids(pool, pids), 3);
  json_t *all = described(pool), *workers = json_object_get(all, "workers"), *w;
  size_t i;
  assert_string_equal(json_string_value(json_object_get(all, "version")), ml_version());
  assert_string_equal(json_string_value(json_object_get(all, "build")), ml_build_id());
  assert_int_equal(number(all, "port"), ml_mproc_port(pool));
  assert_int_equal(number(all, "pid"), getpid());
  assert_true(json_is_null(json_object_get(all, "job")));
  assert_int_equal(json_array_size(workers), 3);
  json_array_foreach(workers, i, w) {
    assert_int_equal(number(w, "index"), i + 1);
    assert_int_equal(number(w, "pid"), pids[i]);
    assert_string_equal(json_string_value(json_object_get(w, "state")), "idle");
    assert_true(json_is_null(json_object_get(w, "item")));
    assert_int_equal(number(w, "items_done"), 0);
  }
  assert_int_equal(json_array_size(json_object_get(all, "losses")), 0);
  assert_int_equal(count_of(all, "workers_started"), 3);
  json_decref(all);
  ml_mproc_close(pool);
}

/* What a running job looks like from its own take(), and what may never go down. */
typedef struct spectator {
  ml_mproc *pool;
  size_t n_looks, total;
  long long done, retried, lost;
  bool was_busy;
} spectator;

static void look_at_job(acts *a, size_t item) {
  spectator *sp = a->ctx;
  json_t *all = described(sp->pool), *job = json_object_get(all, "job"), *w;
  long long done = number(job, "done"), in_flight = number(job, "in_flight");
  size_t i;
  if (sp->total != ML_ITEMS_UNKNOWN)
    assert_int_equal(done + number(job, "failed") + in_flight + number(job, "queued"), sp->total);
  assert_true(done > (long long)item); /* results are taken in order */
  assert_true(done >= sp->done && count_of(all, "items_retried") >= sp->retried);
  assert_true(count_of(all, "workers_lost") >= sp->lost);
  sp->done = done;
  sp->retried = count_of(all, "items_retried");
  sp->lost = count_of(all, "workers_lost");
  sp->n_looks++;
  json_array_foreach(json_object_get(all, "workers"), i, w) {
    const json_t *running = json_object_get(w, "item");
    if (!json_is_integer(running)) continue;
    sp->was_busy = true;
    assert_true(json_integer_value(running) < (long long)a->n);
    assert_string_equal(json_string_value(json_object_get(w, "state")), "busy");
    assert_true(json_number_value(json_object_get(w, "running")) < 60);
  }
  json_decref(all);
}

static void counts_add_up_while_workers_are_lost(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  acts a = acts_new(300);
  ml_block *flags = NULL;
  spectator sp = {.pool = pool, .total = a.n};
  ml_error err = {0};
  assert_int_equal(ml_block_new(ml_mproc_exec(pool), a.n, &flags, NULL), ML_OK);
  for (size_t i = 0; i < a.n; i += 10) {
    a.acts[i].kind = i % 100 == 50 ? ACT_SIGNAL_ONCE : ACT_SLEEP;
    a.acts[i].n = i % 100 == 50 ? SIGKILL : 1;
  }
  a.on_take = look_at_job;
  a.ctx = &sp;
  ml_job job = acts_job(&a);
  job.result = flags;
  if (ml_exec_run(ml_mproc_exec(pool), &job, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(sp.n_looks, a.n);
  assert_true(sp.was_busy);

  json_t *all = described(pool), *losses = json_object_get(all, "losses"), *w;
  assert_int_equal(count_of(all, "items_done"), a.n);
  assert_int_equal(count_of(all, "workers_lost"), 3);
  assert_true(count_of(all, "items_retried") >= 3);
  assert_int_equal(json_array_size(losses), 3);
  for (size_t i = 0; i < 3; i++) {
    const json_t *loss = json_array_get(losses, i);
    assert_string_equal(json_string_value(json_object_get(loss, "reason")), "signal");
    assert_non_null(strstr(json_string_value(json_object_get(loss, "text")), "signal 9"));
    assert_true(json_number_value(json_object_get(loss, "time")) > 1.7e9);
  }
  long long n_done = 0, n_lost = 0;
  size_t i;
  json_array_foreach(json_object_get(all, "workers"), i, w) {
    n_done += number(w, "items_done");
    n_lost += number(w, "losses");
  }
  assert_int_equal(n_done, a.n);
  assert_int_equal(n_lost, 3);
  json_decref(all);
  acts_free(&a);
  ml_block_free(flags);
  ml_mproc_close(pool);
}

static void only_the_last_losses_are_kept(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1));
  slot *s = &pool->slots[0];
  siginfo_t info = {.si_code = CLD_EXITED, .si_status = 7};
  for (int i = 0; i < 25; i++) {
    char text[400];
    memset(text, 'x', sizeof text);
    snprintf(text, sizeof text, "loss %d \"\\\n\x01\xff </script>%300s", i, "");
    seen__lost(s, &info, text);
  }
  json_t *all = described(pool), *losses = json_object_get(all, "losses");
  assert_int_equal(json_array_size(losses), SEEN_LOSSES);
  for (size_t i = 0; i < SEEN_LOSSES; i++) {
    char want[16];
    const json_t *loss = json_array_get(losses, i);
    snprintf(want, sizeof want, "loss %zu \"", i + 25 - SEEN_LOSSES);
    assert_memory_equal(json_string_value(json_object_get(loss, "text")), want, strlen(want));
    assert_string_equal(json_string_value(json_object_get(loss, "reason")), "exit");
  }
  assert_int_equal(number(json_array_get(json_object_get(all, "workers"), 0), "losses"), 25);
  json_decref(all);
  ml_mproc_close(pool);
}

static void describe_with_hostile_page(acts *a, size_t item) {
  static const uint64_t numbers[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, PAGE_OPENING};
  ml_mproc *pool = a->ctx;
  status_page *page = pool->slots[0].page->data;
  atomic_store(&page->item, numbers[item % 5]);
  atomic_store(&page->since, numbers[item / 5 % 5]);
  atomic_store(&page->rss, numbers[item / 25 % 5]);
  json_decref(described(pool));
}

/* Names come from the caller, and what a worker's page says from the worker. */
static void hostile_names_and_pages_give_json(void **state) {
  (void)state;
  static const char *const names[] = {"",
                                      "\"",
                                      "a\\",
                                      "\x01\x1f\x7f",
                                      "\xff\xfe\xc0\x80",
                                      "</script>",
                                      "\xed\xa0\x80 \xe2\x80\xa8",
                                      "%s%n{}"};
  ml_mproc *pool = open_pool(test_opts(1));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    acts a = acts_new(125);
    ml_job job = acts_job(&a);
    a.on_take = describe_with_hostile_page;
    a.ctx = pool;
    job.step = job.function = names[i];
    assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
    acts_free(&a);
  }
  ml_mproc_close(pool);
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* The value of a line of the metrics that begins with a name. */
static double metric(const char *text, const char *name) {
  char line[128];
  snprintf(line, sizeof line, "\n%s ", name);
  const char *at = strstr(text, line);
  if (!at) fail_msg("no metric '%s' in:\n%s", name, text);
  return strtod(at + strlen(line), NULL);
}

static void metrics_tell_what_was_done(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(2);
  opts.chunk = 1; /* items of a chunk share their mean time */
  ml_mproc *pool = open_pool(opts);
  acts a = acts_new(60);
  ml_block *flags = NULL;
  assert_int_equal(ml_block_new(ml_mproc_exec(pool), a.n, &flags, NULL), ML_OK);
  for (size_t i = 0; i < 50; i += 10) a.acts[i].kind = ACT_SLEEP, a.acts[i].n = 1;
  a.acts[3] = (act){.kind = ACT_SIGNAL_ONCE, .n = SIGKILL, .item = 3};
  ml_job job = acts_job(&a);
  job.result = flags;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
  ml_buf text = {0};
  report__metrics(pool, &text);
  ml_buf_put(&text, "", 1);
  assert_int_equal((long)metric(text.data, "mltool_items_done_total"), 60);
  assert_int_equal((long)metric(text.data, "mltool_item_seconds_count"), 60);
  assert_int_equal((long)metric(text.data, "mltool_item_seconds_bucket{le=\"+Inf\"}"), 60);
  assert_true(metric(text.data, "mltool_item_seconds_bucket{le=\"0.0001\"}") <= 55); /* 5 sleep */
  assert_true(metric(text.data, "mltool_item_seconds_sum") >= 5e-3);
  assert_int_equal((long)metric(text.data, "mltool_workers_lost_total{reason=\"signal\"}"), 1);
  assert_int_equal((long)metric(text.data, "mltool_workers_lost_total{reason=\"exit\"}"), 0);
  assert_int_equal((long)metric(text.data, "mltool_workers_started_total"), 3);
  assert_int_equal((long)metric(text.data, "mltool_items_in_flight"), 0);
  double n = metric(text.data, "mltool_worker_items_done_total{worker=\"1\"}") +
             metric(text.data, "mltool_worker_items_done_total{worker=\"2\"}");
  assert_int_equal((long)n, 60);
  acts_free(&a);
  ml_block_free(flags);
  ml_mproc_close(pool);
  ml_buf_release(&text);
}

static bool is_number(const char *text) {
  char *end;
  strtod(text, &end);
  return end != text && *end == 0;
}

/* The rules of the text format 0.0.4 that a checker applies: each metric has its HELP and TYPE
 * before its samples, once, its samples stand together, counters end in _total. */
static void metrics_are_well_formed(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  ml_buf text = {0};
  char name[200] = "", type[32] = "", seen_names[4096] = "";
  report__metrics(pool, &text);
  assert_int_equal(text.data[text.n - 1], '\n');
  ml_buf_put(&text, "", 1);
  size_t n_samples = 0;
  for (char *rest = text.data, *line; (line = strsep(&rest, "\n")) && *line;) {
    char word[160], value[64], suffix[32];
    if (sscanf(line, "# HELP %127s %63s", word, value) == 2) {
      snprintf(name, sizeof name, "%s", word);
      char mark[sizeof name + 2];
      snprintf(mark, sizeof mark, " %s ", name);
      assert_null(strstr(seen_names, mark));
      strcat(seen_names, mark);
      type[0] = 0;
    } else if (sscanf(line, "# TYPE %127s %31s", word, type) == 2) {
      assert_string_equal(word, name);
      bool is_total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
      assert_int_equal(strcmp(type, "counter") == 0, is_total);
    } else {
      assert_memory_equal(line, name, strlen(name));
      assert_string_not_equal(type, "");
      assert_int_equal(sscanf(line + strlen(name), "%31[_a-z]", suffix) == 1,
                       strcmp(type, "histogram") == 0);
      assert_true(is_number(strrchr(line, ' ') + 1));
      n_samples++;
    }
  }
  assert_true(n_samples > 30);
  ml_buf_release(&text);
  ml_mproc_close(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idle_pool_is_described),
      cmocka_unit_test(counts_add_up_while_workers_are_lost),
      cmocka_unit_test(only_the_last_losses_are_kept),
      cmocka_unit_test(hostile_names_and_pages_give_json),
      cmocka_unit_test(metrics_tell_what_was_done),
      cmocka_unit_test(metrics_are_well_formed),
  };
  return cmocka_run_group_tests_name("pool_seen", tests, NULL, NULL);
}
