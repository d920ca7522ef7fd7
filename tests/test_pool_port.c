/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strangers at the pool's port: they get nothing, cost nothing, and are counted. */
#include "pool_support.h"

#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int call(int port) {
  struct sockaddr_in to = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

/* Run short jobs until the pool has refused n connections, or half a minute has passed. */
static void run_until_refused(ml_mproc *pool, uint64_t n) {
  acts a = acts_new(40);
  for (size_t i = 0; i < a.n; i += 4) {
    a.acts[i].kind = ACT_SLEEP;
    a.acts[i].n = 1;
  }
  ml_job job = acts_job(&a);
  for (uint64_t end = mproc__now() + 30 * MPROC_SECOND;
       ml_mproc_get_stats(pool).connections_refused < n && mproc__now() < end;)
    expect_doubles(pool, &a, &job);
  assert_int_equal(ml_mproc_get_stats(pool).connections_refused, n);
  acts_free(&a);
}

/* ---- garbage --------------------------------------------------------------------------------- */

enum { CALLERS = 1000 };

static const char http[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* Every fourth hangs up at once, every fourth never does until the end; HTTP, huge lengths and
 * random bytes. */
static void *call_with_garbage(void *ctx) {
  int port = *(int *)ctx;
  uint64_t seed = 99;
  static int fds[CALLERS];
  for (size_t i = 0; i < CALLERS; i++) {
    unsigned char junk[800];
    struct sockaddr_in to = loopback(port);
    size_t n = next_random(&seed) % sizeof junk;
    for (size_t k = 0; k < sizeof junk; k++) junk[k] = (unsigned char)(next_random(&seed) >> 32);
    if (i % 3 == 0) memset(junk, 0xFF, 4);
    if (i % 3 == 1) memset(junk + 1, 0, 3), junk[4] = FRAME_AUTH, memset(junk + 5, 0, 3);
    if (i % 7 == 0) memcpy(junk, http, n = sizeof http - 1);
    fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fds[i], (struct sockaddr *)&to, sizeof to) != 0) abort();
    (void)!send(fds[i], junk, n, MSG_NOSIGNAL);
    if (i % 4 == 0) {
      close(fds[i]);
      fds[i] = -1;
    }
  }
  usleep(100000);
  for (size_t i = 0; i < CALLERS; i++)
    if (fds[i] >= 0) close(fds[i]);
  return NULL;
}

static void thousand_callers_with_garbage_are_counted(void **state) {
  (void)state;
  pthread_t caller;
  ml_mproc *pool = open_pool(test_opts(3));
  int port = ml_mproc_port(pool);
  pool->guest_time = 3600 * MPROC_SECOND; /* each must go for what it did, not for its time */
  assert_int_equal(pthread_create(&caller, NULL, call_with_garbage, &port), 0);
  run_until_refused(pool, CALLERS);
  pthread_join(caller, NULL);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  assert_int_equal(pool->n_guests, 0);
  ml_mproc_close(pool);
}

static void silent_callers_do_not_stay(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  int fds[20];
  for (size_t i = 0; i < 20; i++) fds[i] = call(ml_mproc_port(pool));
  run_until_refused(pool, 4); /* 16 may wait, the oldest go */
  assert_int_equal(pool->n_guests, 16);
  ml_mproc_close(pool);
  for (size_t i = 0; i < 20; i++) close(fds[i]);

  pool = open_pool(test_opts(2));
  pool->guest_time = MPROC_SECOND / 10;
  int fd = call(ml_mproc_port(pool));
  assert_int_equal(send(fd, "\20", 1, 0), 1); /* half open: the start of a frame */
  run_until_refused(pool, 1);
  assert_int_equal(pool->n_guests, 0);
  close(fd);
  ml_mproc_close(pool);
}

/* Calls as fast as it can, and says nothing. */
typedef struct flood {
  int port;
  atomic_bool is_over;
  size_t n;
} flood;

static void *call_without_end(void *ctx) {
  enum { OPEN = 200 };
  flood *f = ctx;
  int fds[OPEN];
  struct sockaddr_in to = loopback(f->port);
  for (size_t i = 0; i < OPEN; i++) fds[i] = -1;
  for (; !atomic_load(&f->is_over); f->n++) {
    int *fd = &fds[f->n % OPEN];
    if (*fd >= 0) close(*fd);
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0) (void)connect(*fd, (struct sockaddr *)&to, sizeof to);
  }
  for (size_t i = 0; i < OPEN; i++)
    if (fds[i] >= 0) close(fds[i]);
  return NULL;
}

static void workers_get_in_through_a_crowd(void **state) {
  (void)state;
  pthread_t caller;
  ml_error err = {0};
  ml_mproc *pool = open_pool(test_opts(1));
  flood f = {.port = ml_mproc_port(pool)};
  assert_int_equal(pthread_create(&caller, NULL, call_without_end, &f), 0);
  for (size_t n = 2; n <= 8; n += 2) {
    if (ml_mproc_resize(pool, n, NULL, &err) != ML_OK) fail_msg("%s", err.message);
    expect_usable(pool);
  }
  atomic_store(&f.is_over, true);
  pthread_join(caller, NULL);
  assert_true(f.n > 100);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  ml_mproc_close(pool);
}

/* ---- those who know the protocol ------------------------------------------------------------- */

typedef struct caller {
  int port;
  unsigned char token[WIRE_TOKEN];
  char build[WIRE_BUILD_MAX];
  uint32_t pid;
  peer_role role;
  bool is_replay;     /* answers one connection with what it would say on another */
  frame_type answer;  /* 0: none */
  unsigned char code; /* of REFUSE */
} caller;

static void *shake_hands(void *ctx) {
  caller *c = ctx;
  handshake h = {.port = (uint16_t)c->port, .pid = c->pid, .role = c->role};
  unsigned char proof[WIRE_PROOF];
  char answer[600];
  frame f;
  ml_buf out = {0};
  int fd = call(c->port);
  ssize_t n = recv(fd, answer, sizeof answer, 0);
  if (n > 0 && frame__parse(answer, (size_t)n, FRAME_GUEST_MAX, &f) == FRAME_WHOLE &&
      message__parse_hello(&f, h.central_nonce)) {
    memcpy(h.build, c->build, sizeof h.build);
    proof__make(proof, c->token, PROOF_WORKER, &h);
    message__put_auth(&out, &h, proof);
    if (c->is_replay) {
      close(fd);
      fd = call(c->port);
      if (recv(fd, answer, sizeof answer, 0) <= 0) abort();
    }
    (void)!send(fd, out.data, out.n, MSG_NOSIGNAL);
    n = recv(fd, answer, sizeof answer, 0);
    if (n > 0 && frame__parse(answer, (size_t)n, FRAME_GUEST_MAX, &f) == FRAME_WHOLE) {
      c->answer = f.type;
      if (f.n == 1) memcpy(&c->code, f.payload, 1);
    }
  }
  ml_buf_release(&out);
  close(fd);
  return NULL;
}

static void take_note(void *ctx, const char *line) {
  char *all = ctx;
  size_t n = strlen(all);
  snprintf(all + n, 1000 - n, "%s\n", line);
}

static void expect_refusal(ml_mproc *pool, caller c, uint64_t refused) {
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, shake_hands, &c), 0);
  run_until_refused(pool, refused);
  pthread_join(thread, NULL);
  assert_int_equal(c.answer, FRAME_REFUSE);
  assert_int_equal(c.code, ML_WORKER_REFUSED);
}

/* The host may do something else for longer than a worker waits for its answer. */
static void workers_are_welcomed_before_the_host_goes_on(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(4));
  for (size_t i = 0; i < pool->n_slots; i++) assert_int_equal(pool->slots[i].chan.out.n, 0);
  ml_mproc_close(pool);
}

static void wrong_token_is_refused(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  caller c = {.port = ml_mproc_port(pool), .pid = (uint32_t)getpid()};
  snprintf(c.build, sizeof c.build, "%s", ml_build_id());
  memcpy(c.token, pool->token, sizeof c.token);
  c.token[31] ^= 1;
  expect_refusal(pool, c, 1);
  /* Its build is not even looked at: else this would be told of and end the job. */
  c.build[0] ^= 1;
  expect_refusal(pool, c, 2);
  c.build[0] ^= 1;
  /* The right token, but no worker that the pool has started. */
  c.token[31] ^= 1;
  expect_refusal(pool, c, 3);
  /* One that it has started and that has registered already. */
  long pids[2];
  assert_int_equal(ml_mproc_pids(pool, pids), 2);
  c.pid = (uint32_t)pids[0];
  expect_refusal(pool, c, 4);
  ml_mproc_close(pool);
}

static caller caller_with_file_token(const ml_mproc *pool, peer_role role) {
  caller c = {.port = ml_mproc_port(pool), .pid = (uint32_t)getpid(), .role = role};
  snprintf(c.build, sizeof c.build, "%s", ml_build_id());
  memcpy(c.token, pool->file_token, sizeof c.token);
  return c;
}

static void visitors_are_refused_with_a_reason(void **state) {
  (void)state;
  char path[PATH_MAX], notes[1000] = "";
  pthread_t thread;
  ml_mproc_opts opts = test_opts(1);
  snprintf(path, sizeof path, "%.4000s/token", temp_dir());
  opts.token_file = path;
  opts.note = take_note;
  opts.ctx = notes;
  ml_mproc *pool = open_pool(opts);
  /* Words that were right on another connection. */
  caller c = caller_with_file_token(pool, PEER_VISITOR);
  c.is_replay = true;
  assert_int_equal(pthread_create(&thread, NULL, shake_hands, &c), 0);
  run_until_refused(pool, 2);
  pthread_join(thread, NULL);
  assert_int_equal(c.answer, FRAME_REFUSE);
  assert_int_equal(c.code, ML_WORKER_REFUSED);
  /* Another build: no reason to end the pool. */
  c = caller_with_file_token(pool, PEER_VISITOR);
  c.build[0] ^= 1;
  assert_int_equal(pthread_create(&thread, NULL, shake_hands, &c), 0);
  run_until_refused(pool, 3);
  pthread_join(thread, NULL);
  assert_int_equal(c.answer, FRAME_REFUSE);
  assert_int_equal(c.code, ML_WORKER_OTHER_BUILD);
  if (!strstr(notes, "is another build (")) fail_msg("wrong notes: %s", notes);
  /* The token of the file makes nobody a worker of the pool, and the other way round. */
  c = caller_with_file_token(pool, PEER_WORKER);
  expect_refusal(pool, c, 4);
  c = caller_with_file_token(pool, PEER_VISITOR);
  memcpy(c.token, pool->token, sizeof c.token);
  expect_refusal(pool, c, 5);
  /* The person is told once, not five times. */
  char *told = strstr(notes, " connection refused\n");
  assert_non_null(told);
  assert_null(strstr(told + strlen(" connection refused"), " refused\n"));
  assert_int_equal(ml_mproc_get_stats(pool).workers_joined, 0);
  ml_mproc_close(pool);
}

/* ---- the port -------------------------------------------------------------------------------- */

static void port_that_is_taken_is_told_of(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1)), *second = NULL;
  ml_mproc_opts opts = test_opts(1);
  ml_error err = {0};
  char want[128];
  opts.port = ml_mproc_port(pool);
  assert_int_equal(ml_mproc_open(&opts, &second, &err), ML_ERR_IO);
  assert_null(second);
  snprintf(want, sizeof want,
           "port %d is in use (another mltool? choose another with -p, or -p 0 for any free port)",
           opts.port);
  assert_string_equal(err.message, want);
  ml_mproc_close(pool);
  /* And free again at once. */
  pool = open_pool(opts);
  assert_int_equal(ml_mproc_port(pool), opts.port);
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void wrong_options_are_told_of(void **state) {
  (void)state;
  ml_mproc *pool = NULL;
  ml_error err = {0};
  ml_mproc_opts opts = test_opts(0);
  assert_int_equal(ml_mproc_open(&opts, &pool, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "number of workers must be 1 to 1024, not 0");
  opts = test_opts(1);
  opts.port = 65536;
  assert_int_equal(ml_mproc_open(&opts, &pool, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "port must be 0 to 65535, not 65536");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(thousand_callers_with_garbage_are_counted),
      cmocka_unit_test(silent_callers_do_not_stay),
      cmocka_unit_test(workers_get_in_through_a_crowd),
      cmocka_unit_test(workers_are_welcomed_before_the_host_goes_on),
      cmocka_unit_test(wrong_token_is_refused),
      cmocka_unit_test(visitors_are_refused_with_a_reason),
      cmocka_unit_test(port_that_is_taken_is_told_of),
      cmocka_unit_test(wrong_options_are_told_of),
  };
  return cmocka_run_group_tests_name("pool_port", tests, NULL, NULL);
}
