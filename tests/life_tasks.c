/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "life_tasks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void say(size_t n) {
  char line[100];
  memset(line, 'x', sizeof line - 1);
  line[sizeof line - 1] = '\n';
  for (; n >= sizeof line; n -= sizeof line)
    if (write(STDOUT_FILENO, line, sizeof line) < 0) return;
}

static void sleep_for_long(void) {
  /* Nothing of the test is kept open. */
  for (int fd = 0; fd < 64; fd++) close(fd);
  sleep(600);
  _exit(0);
}

/* The number of a process that outlives its parent if nobody ends it. */
static pid_t start_child(const char *kind) {
  int ends[2];
  pid_t pid = 0;
  if (pipe(ends) != 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    if (strcmp(kind, "orphan") == 0 && fork() > 0) _exit(0);
    if (strcmp(kind, "plain") != 0) setsid();
    pid = getpid();
    (void)!write(ends[1], &pid, sizeof pid);
    sleep_for_long();
  }
  close(ends[1]);
  if (read(ends[0], &pid, sizeof pid) != sizeof pid) pid = -1;
  close(ends[0]);
  return pid;
}

/* Kept, and not leaked: a worker has to leave with its own exit code under a sanitizer, too. */
static ml_status get_memory(size_t mib, ml_error *err) {
  static char *kept[16];
  static size_t n;
  volatile char *at = kept[n++ % 16] = malloc(mib << 20);
  if (!at) return ml_error_set(err, ML_ERR_MEMORY, "no memory for %zu MiB", mib);
  for (size_t i = 0; i < mib << 20; i += 4096) at[i] = 1;
  return ML_OK;
}

static int descend(volatile int depth) {
  volatile char room[4096];
  room[0] = (char)depth;
  return depth < 0 ? 0 : descend(depth + 1) + room[0];
}

static void crash(const char *how) {
  if (strcmp(how, "stack") == 0) descend(0);
  volatile uintptr_t where = 16;
  *(volatile int *)where = 0;
}

static void wait_to_be_told(const ml_item *item) {
  while (!ml_item_cancelled(item->cancel)) usleep(1000);
}

static ml_status do_run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                        ml_error *err) {
  (void)state, (void)data;
  char text[128] = "", verb[32] = "", arg[96] = "";
  memcpy(text, item->in, item->n_in < sizeof text ? item->n_in : sizeof text - 1);
  sscanf(text, "%31s %95[^\n]", verb, arg);
  long n = atol(arg);
  if (strcmp(verb, "pid") == 0)
    ml_buf_printf(out, "%ld", (long)getpid());
  else if (strcmp(verb, "words") == 0)
    fprintf(stderr, "%s\n", arg);
  else if (strcmp(verb, "say") == 0)
    say((size_t)n);
  else if (strcmp(verb, "child") == 0)
    ml_buf_printf(out, "%ld", (long)start_child(arg));
  else if (strcmp(verb, "nap") == 0)
    usleep((useconds_t)n * 1000);
  else if (strcmp(verb, "spin") == 0)
    for (double end = seconds() + (double)n * 1e-3; seconds() < end;) continue;
  else if (strcmp(verb, "wait") == 0)
    wait_to_be_told(item), ml_buf_puts(out, "told");
  else if (strcmp(verb, "alloc") == 0)
    return get_memory((size_t)n, err);
  else if (strcmp(verb, "crash") == 0)
    crash(arg);
  else if (strcmp(verb, "kill") == 0)
    kill(getpid(), (int)n);
  else if (strcmp(verb, "exit") == 0)
    _exit((int)n);
  else
    return ml_error_set(err, ML_ERR_USAGE, "no such verb '%s'", verb);
  return ML_OK;
}

static const ml_task tasks[] = {{.name = "do", .summary = "as the text says", .run = do_run}};

const ml_module life_test_module = {.abi = ML_MODULE_ABI,
                                    .name = "life",
                                    .version = "1",
                                    .tasks = tasks,
                                    .n_tasks = sizeof tasks / sizeof tasks[0]};

static ml_status put(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)err;
  const texts *t = ctx;
  ml_buf_puts(in, t->items[item]);
  return ML_OK;
}

static ml_status take(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  (void)err;
  const texts *t = ctx;
  char result[64] = "";
  if (n_out > 0) memcpy(result, out, n_out < sizeof result ? n_out : sizeof result - 1);
  if (t->results) strcpy(t->results[item], result);
  if (t->on_take) t->on_take(item, result);
  return ML_OK;
}

ml_job texts_job(texts *t, size_t n) {
  return (ml_job){.module = &life_test_module,
                  .task = "do",
                  .n_items = n,
                  .put = put,
                  .take = take,
                  .ctx = t,
                  .step = "do"};
}
