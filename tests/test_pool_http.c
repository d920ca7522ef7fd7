/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port of the metrics: what it answers, and what it does not mind. */
#include "support.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../mproc/http.h"
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

/* What is asked in a thread of its own, while the pool runs jobs in ours. */
typedef struct visit {
  int port;
  const char *request;
  size_t n; /* 0: all of request */
  char answer[1 << 17];
  size_t n_answer;
  bool was_closed;
} visit;

static int call(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval limit = {.tv_sec = 30};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) abort();
  return fd;
}

static void *ask(void *ctx) {
  visit *v = ctx;
  int fd = call(v->port);
  (void)!send(fd, v->request, v->n ? v->n : strlen(v->request), MSG_NOSIGNAL);
  ssize_t n;
  while ((n = recv(fd, v->answer + v->n_answer, sizeof v->answer - 1 - v->n_answer, 0)) > 0)
    v->n_answer += (size_t)n;
  v->was_closed = n == 0;
  v->answer[v->n_answer] = 0;
  close(fd);
  return NULL;
}

static void run_some(ml_mproc *pool) {
  acts a = acts_new(40);
  for (size_t i = 0; i < a.n; i += 8) a.acts[i].kind = ACT_SLEEP, a.acts[i].n = 1;
  ml_job job = acts_job(&a);
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
  acts_free(&a);
}

static void visit_while_running(ml_mproc *pool, visit *v) {
  pthread_t thread;
  v->port = ml_mproc_metrics_port(pool);
  v->n_answer = 0;
  assert_int_equal(pthread_create(&thread, NULL, ask, v), 0);
  while (pthread_tryjoin_np(thread, NULL) != 0) run_some(pool);
}

static ml_mproc *open_seen_pool(void) {
  ml_mproc_opts opts = test_opts(2);
  opts.metrics_port = 0;
  return open_pool(opts);
}

static const char *body_of(const visit *v) {
  const char *end = strstr(v->answer, "\r\n\r\n");
  if (!end) fail_msg("no end of the head: %s", v->answer);
  return end + 4;
}

#define LOCAL "Host: localhost\r\n"

static void requests_are_answered_or_refused(void **state) {
  (void)state;
  static const struct {
    const char *request, *answer;
    bool has_body;
  } cases[] = {
      {"GET / HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 200 OK\r\n", true},
      {"GET /?x=y HTTP/1.1\r\nhost: 127.0.0.1:9\r\n\r\n", "HTTP/1.1 200 OK\r\n", true},
      {"GET /metrics HTTP/1.0\nHost:[::1]:5001\n\n", "HTTP/1.1 200 OK\r\n", true},
      {"HEAD /metrics HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 200 OK\r\n", false},
      {"GET /status.json HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 200 OK\r\n", true},
      {"POST / HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 405 Method Not Allowed\r\n", true},
      {"DELETE /metrics HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 405 Method Not Allowed\r\n", true},
      {"GET /favicon.ico HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 404 Not Found\r\n", true},
      {"GET /../etc/passwd HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 404 Not Found\r\n", true},
      {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n", true},
      {"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n",
       true},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", true},
      {"GET / HTTP/1.1\r\n" LOCAL LOCAL "\r\n", "HTTP/1.1 400 Bad Request\r\n", true},
      {"GET http://localhost/ HTTP/1.1\r\n" LOCAL "\r\n", "HTTP/1.1 400 Bad Request\r\n", true},
      {"\x16\x03\x01\x02\n", "HTTP/1.1 400 Bad Request\r\n", true},
  };
  ml_mproc *pool = open_seen_pool();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    visit v = {.request = cases[i].request};
    visit_while_running(pool, &v);
    if (strncmp(v.answer, cases[i].answer, strlen(cases[i].answer)) != 0)
      fail_msg("'%s' gave '%.40s'", cases[i].request, v.answer);
    assert_true(v.was_closed);
    assert_int_equal(*body_of(&v) != 0, cases[i].has_body);
    assert_null(strcasestr(v.answer, "Access-Control"));
    assert_non_null(strstr(v.answer, "\r\nContent-Security-Policy: default-src 'none';"));
  }
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  ml_mproc_close(pool);
}

/* A head without an end is cut off at 8 KiB, and hangers-on make room for others. */
static void long_heads_and_crowds_do_not_matter(void **state) {
  (void)state;
  static char head[HTTP_HEAD_MAX + 100];
  int fds[40];
  ml_mproc *pool = open_seen_pool();
  memset(head, 'x', sizeof head);
  memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
  visit v = {.request = head, .n = sizeof head};
  visit_while_running(pool, &v);
  assert_memory_equal(v.answer, "HTTP/1.1 431 ", 13);
  for (size_t i = 0; i < 40; i++) {
    fds[i] = call(ml_mproc_metrics_port(pool));
    (void)!send(fds[i], "GET", i % 4, MSG_NOSIGNAL);
  }
  v = (visit){.request = "GET /status.json HTTP/1.1\r\n" LOCAL "\r\n"};
  visit_while_running(pool, &v);
  assert_memory_equal(v.answer, "HTTP/1.1 200 ", 13);
  json_decref(json_loads(body_of(&v), 0, NULL));
  assert_in_range(pool->n_viewers, 1, 16);
  viewer__expire(pool, UINT64_MAX);
  assert_int_equal(pool->n_viewers, 0);
  for (size_t i = 0; i < 40; i++) close(fds[i]);
  ml_mproc_close(pool);
}

static void port_of_metrics_that_is_taken_is_told_of(void **state) {
  (void)state;
  ml_mproc *pool = open_seen_pool(), *other = NULL;
  ml_mproc_opts opts = test_opts(1);
  ml_error err = {0};
  char want[128];
  opts.metrics_port = ml_mproc_metrics_port(pool);
  assert_int_equal(ml_mproc_open(&opts, &other, &err), ML_ERR_IO);
  snprintf(want, sizeof want,
           "port %d for metrics is in use (choose another, or 0 for any free port)",
           opts.metrics_port);
  assert_string_equal(err.message, want);
  ml_mproc_close(pool);
  opts.metrics_port = 70000;
  assert_int_equal(ml_mproc_open(&opts, &other, &err), ML_ERR_USAGE);
  pool = open_pool(test_opts(1));
  assert_int_equal(ml_mproc_metrics_port(pool), -1);
  ml_mproc_close(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_answered_or_refused),
      cmocka_unit_test(long_heads_and_crowds_do_not_matter),
      cmocka_unit_test(port_of_metrics_that_is_taken_is_told_of),
  };
  return cmocka_run_group_tests_name("pool_http", tests, NULL, NULL);
}
