/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that spoil their worker among many that do not, where the moment of its end says little of
 * who did it: only the culprits fail, each after its attempts. */
#include "pool_support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum { N = 200 };

/* What failed, and how. */
typedef struct verdicts {
  acts acts; /* first, so that the job's own callbacks take it for that */
  bool failed[N];
  unsigned attempts[N];
  const char *words; /* in the message of each; NULL: any */
} verdicts;

static ml_status note_failure(void *ctx, size_t item, const ml_failure *failure, ml_error *err) {
  (void)err;
  verdicts *v = ctx;
  assert_int_equal(item, v->acts.n_taken++);
  assert_int_equal(failure->error.status, ML_ERR_WORKER);
  if (v->words && !strstr(failure->error.message, v->words)) fail_msg("%s", failure->error.message);
  v->failed[item] = true;
  v->attempts[item] = failure->attempts;
  return ML_OK;
}

static const size_t culprits[] = {0, 17, 18, 60, 100, 101, N - 1};
enum { N_CULPRITS = sizeof culprits / sizeof *culprits };

static bool is_culprit(size_t item) {
  for (size_t i = 0; i < N_CULPRITS; i++)
    if (culprits[i] == item) return true;
  return false;
}

/* @param chunk  items in one message; 0: as the pool has it */
static void expect_culprits(act_kind kind, size_t n_workers, unsigned retries, size_t chunk) {
  ml_mproc_opts opts = test_opts(n_workers);
  opts.retries = retries;
  opts.chunk = chunk;
  ml_mproc *pool = open_pool(opts);
  verdicts v = {.acts = acts_new(N)};
  if (kind == ACT_LITTER) v.words = ") sent what makes no sense, ";
  if (kind == ACT_SIGNAL) v.words = "killed by signal 11 ";
  for (size_t i = 0; i < N_CULPRITS; i++)
    v.acts.acts[culprits[i]] = (act){.kind = kind, .n = kind == ACT_SIGNAL ? SIGSEGV : 100};
  v.acts.acts[19].kind = v.acts.acts[102].kind = ACT_SPIN; /* these run when it comes out */
  v.acts.acts[19].n = v.acts.acts[102].n = 20;
  ml_job job = acts_job(&v.acts);
  job.ctx = &v;
  job.fail = note_failure;
  ml_error err = {0};
  if (ml_exec_run(ml_mproc_exec(pool), &job, &err) != ML_OK)
    fail_msg("deed %d, %zu workers, %u retries, chunk %zu: %s", kind, n_workers, retries, chunk,
             err.message);
  assert_int_equal(v.acts.n_taken, N);
  for (size_t i = 0; i < N; i++) {
    if (v.failed[i] != is_culprit(i))
      fail_msg("deed %d, %zu workers, %u retries, chunk %zu: item %zu %s", kind, n_workers, retries,
               chunk, i, v.failed[i] ? "is innocent" : "is guilty");
    if (!v.failed[i]) {
      expect_same("result", v.acts.results[i], 2 * v.acts.acts[i].value);
      continue;
    }
    /* It takes a second attempt to know. */
    unsigned most = retries + 1 > 2 || kind == ACT_SIGNAL ? retries + 1 : 2;
    if (v.attempts[i] < retries + 1 || v.attempts[i] > most)
      fail_msg("deed %d, %zu workers, %u retries, chunk %zu: item %zu had %u attempts", kind,
               n_workers, retries, chunk, i, v.attempts[i]);
  }
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&v.acts);
}

static void expect_culprits_however(act_kind kind) {
  for (unsigned retries = 0; retries < 3; retries++)
    for (size_t chunk = 0; chunk <= 20; chunk += 20) {
      expect_culprits(kind, 1, retries, chunk);
      expect_culprits(kind, 3, retries, chunk);
    }
}

static void crashes_are_blamed_on_who_crashed(void **state) {
  (void)state;
  expect_culprits_however(ACT_SIGNAL);
}

static void nonsense_is_blamed_on_who_wrote_it(void **state) {
  (void)state;
  expect_culprits_however(ACT_LITTER);
}

static void closed_descriptors_are_blamed_on_who_closed_them(void **state) {
  (void)state;
  expect_culprits_however(ACT_CLOSE);
}

static int no_cores(void **state) {
  (void)state;
  return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crashes_are_blamed_on_who_crashed),
      cmocka_unit_test(nonsense_is_blamed_on_who_wrote_it),
      cmocka_unit_test(closed_descriptors_are_blamed_on_who_closed_them),
  };
  return cmocka_run_group_tests_name("pool_blame", tests, no_cores, NULL);
}
