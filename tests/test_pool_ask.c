/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking a running pool, and others that are none, what they do. */
#include "support.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"
#include "pool_tasks.h"

static const char *in_temp_dir(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return path;
}

static ml_mproc *open_pool(const char *token_file) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = 2;
  opts.worker_exe = POOL_WORKER;
  opts.token_file = token_file;
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) fail_msg("open: %s", err.message);
  return pool;
}

/* A question from a thread, while the pool runs jobs in ours. */
typedef struct question {
  int port;
  char token_file[4096];
  ml_buf json;
  ml_error err;
  ml_status status;
} question;

static void *ask(void *ctx) {
  question *q = ctx;
  q->status = ml_mproc_ask_status(NULL, q->port, q->token_file, &q->json, &q->err);
  return NULL;
}

static question asked(ml_mproc *pool, int port, const char *token_file) {
  question q = {.port = port};
  pthread_t thread;
  snprintf(q.token_file, sizeof q.token_file, "%s", token_file);
  assert_int_equal(pthread_create(&thread, NULL, ask, &q), 0);
  while (pthread_tryjoin_np(thread, NULL) != 0) {
    if (!pool) {
      usleep(1000);
      continue;
    }
    acts a = acts_new(40);
    for (size_t i = 0; i < a.n; i += 8) a.acts[i].kind = ACT_SLEEP, a.acts[i].n = 1;
    ml_job job = acts_job(&a);
    assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_OK);
    acts_free(&a);
  }
  return q;
}

static void write_token(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
  assert_int_equal(chmod(path, 0600), 0);
}

static void pool_with_a_token_file_answers(void **state) {
  (void)state;
  char path[4096];
  snprintf(path, sizeof path, "%s", in_temp_dir("token"));
  ml_mproc *pool = open_pool(path);
  for (int i = 0; i < 3; i++) {
    question q = asked(pool, ml_mproc_port(pool), path);
    if (q.status != ML_OK) fail_msg("%s", q.err.message);
    json_t *all = json_loadb(q.json.data, q.json.n, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(all, "port")), ml_mproc_port(pool));
    assert_int_equal(json_array_size(json_object_get(all, "workers")), 2);
    assert_non_null(json_object_get(json_object_get(all, "job"), "done"));
    json_decref(all);
    ml_buf_release(&q.json);
  }
  assert_int_equal(ml_mproc_get_stats(pool).connections_refused, 0);
  ml_mproc_close(pool);
}

static void expect_refused(ml_mproc *pool, const char *token_file) {
  char want[256];
  question q = asked(pool, ml_mproc_port(pool), token_file);
  assert_int_equal(q.status, ML_ERR_WORKER);
  snprintf(want, sizeof want,
           "127.0.0.1 port %d: refused: the pool has another token, or was opened without "
           "--token-file",
           ml_mproc_port(pool));
  assert_string_equal(q.err.message, want);
  assert_int_equal(q.json.n, 0);
  assert_int_equal(ml_mproc_get_stats(pool).connections_refused, 1);
  ml_mproc_close(pool);
}

static void other_tokens_are_refused(void **state) {
  (void)state;
  char ours[4096];
  snprintf(ours, sizeof ours, "%s", in_temp_dir("ours"));
  const char *theirs = in_temp_dir("theirs");
  write_token(theirs, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
  expect_refused(open_pool(ours), theirs);
  expect_refused(open_pool(NULL), theirs);
}

/* A listener that is no pool: says something to whoever calls, and hangs up. */
typedef struct stranger {
  int fd, port;
  const char *says;
  size_t n;
} stranger;

static stranger strange(const char *says, size_t n) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  stranger s = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = says, .n = n};
  assert_int_equal(bind(s.fd, (struct sockaddr *)&at, size), 0);
  assert_int_equal(getsockname(s.fd, (struct sockaddr *)&at, &size), 0);
  assert_int_equal(listen(s.fd, 8), 0);
  s.port = ntohs(at.sin_port);
  return s;
}

static void *greet(void *ctx) {
  const stranger *s = ctx;
  for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0; close(fd)) {
    char sink[1024];
    (void)!send(fd, s->says, s->n, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (recv(fd, sink, sizeof sink, 0) > 0) continue;
  }
  return NULL;
}

static void strangers_are_told_apart(void **state) {
  (void)state;
  static const struct {
    const char *says, *error;
  } cases[] = {
      {"", "what listens there hangs up: no pool?"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "what listens there is no pool of this version"},
      {"220 mail.example ESMTP ready, and more\r\n",
       "what listens there is no pool of this version"}};
  const char *token = in_temp_dir("own");
  write_token(token, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    stranger s = strange(cases[i].says, strlen(cases[i].says));
    pthread_t thread;
    char want[128];
    assert_int_equal(pthread_create(&thread, NULL, greet, &s), 0);
    question q = asked(NULL, s.port, token);
    shutdown(s.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(s.fd);
    assert_int_equal(q.status, ML_ERR_WORKER);
    snprintf(want, sizeof want, "127.0.0.1 port %d: %s", s.port, cases[i].error);
    assert_string_equal(q.err.message, want);
  }
}

/* One who speaks the protocol but does not know the token is not believed. */
static void pool_must_prove_itself(void **state) {
  (void)state;
  unsigned char nonce[WIRE_NONCE] = {1}, proof[WIRE_PROOF] = {2};
  ml_buf says = {0};
  message__put_hello(&says, nonce);
  message__put_welcome(&says, proof, false);
  frame__put(&says, &(frame){.type = FRAME_STATUS, .payload = "{}", .n = 2});
  stranger s = strange(says.data, says.n);
  pthread_t thread;
  char want[128];
  const char *token = in_temp_dir("own");
  write_token(token, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  assert_int_equal(pthread_create(&thread, NULL, greet, &s), 0);
  question q = asked(NULL, s.port, token);
  shutdown(s.fd, SHUT_RDWR);
  pthread_join(thread, NULL);
  close(s.fd);
  ml_buf_release(&says);
  assert_int_equal(q.status, ML_ERR_WORKER);
  snprintf(want, sizeof want, "127.0.0.1 port %d: what listens there does not know the token",
           s.port);
  assert_string_equal(q.err.message, want);
  assert_int_equal(q.json.n, 0);
}

static void nobody_and_silence_are_told_of(void **state) {
  (void)state;
  char want[128];
  const char *token = in_temp_dir("own");
  write_token(token, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  stranger s = strange("", 0); /* takes calls, and never says a word */
  question q = asked(NULL, s.port, token);
  close(s.fd);
  assert_int_equal(q.status, ML_ERR_IO);
  snprintf(want, sizeof want,
           "127.0.0.1 port %d: no answer within 5 s: no pool, or its central process is busy with "
           "something else",
           s.port);
  assert_string_equal(q.err.message, want);
  q = asked(NULL, s.port, token);
  assert_int_equal(q.status, ML_ERR_IO);
  snprintf(want, sizeof want, "127.0.0.1 port %d: nobody listens there", s.port);
  assert_string_equal(q.err.message, want);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pool_with_a_token_file_answers), cmocka_unit_test(other_tokens_are_refused),
      cmocka_unit_test(strangers_are_told_apart),       cmocka_unit_test(pool_must_prove_itself),
      cmocka_unit_test(nobody_and_silence_are_told_of),
  };
  return cmocka_run_group_tests_name("pool_ask", tests, NULL, NULL);
}
