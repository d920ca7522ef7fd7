/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job whose input comes one by one, and only after the results of what came before. */
#include "pool_support.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { QUESTIONS = 20 };

/* Each byte in the pipe is an item, and the result of one is what the next is made of. */
typedef struct dialogue {
  acts acts; /* first */
  int in, out;
  size_t n_asked; /* after the end, too */
} dialogue;

static size_t read_bytes(void *ctx, size_t first, size_t max) {
  dialogue *d = ctx;
  char bytes[64];
  (void)first;
  d->n_asked++;
  ssize_t n = read(d->in, bytes, max < sizeof bytes ? max : sizeof bytes);
  return n > 0 ? (size_t)n : 0;
}

static int waits_for_bytes(void *ctx) {
  const dialogue *d = ctx;
  struct pollfd in = {.fd = d->in, .events = POLLIN};
  return poll(&in, 1, 0) == 0 ? d->in : -1;
}

static void ask_next(acts *a, size_t item) {
  dialogue *d = (dialogue *)(void *)a;
  if (item + 1 < QUESTIONS)
    assert_int_equal(write(d->out, "", 1), 1);
  else
    close(d->out);
}

static void results_do_not_wait_for_more_input(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  for (int twice = 0; twice < 2; twice++) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    dialogue d = {.acts = acts_new(QUESTIONS), .in = ends[0], .out = ends[1]};
    d.acts.on_take = ask_next;
    ml_job job = acts_job(&d.acts);
    job.ctx = &d;
    job.n_items = ML_ITEMS_UNKNOWN;
    job.more = read_bytes;
    job.waits_for = waits_for_bytes;
    assert_int_equal(write(d.out, "", 1), 1);
    alarm(60); /* it would hang */
    expect_doubles(pool, &d.acts, &job);
    alarm(0);
    assert_int_equal(d.n_asked, QUESTIONS + 1);
    /* What reads the same pipe need not expect that there is nothing. */
    assert_int_equal(fcntl(d.in, F_GETFL) & O_NONBLOCK, 0);
    close(d.in);
    acts_free(&d.acts);
  }
  ml_mproc_close(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(results_do_not_wait_for_more_input)};
  return cmocka_run_group_tests_name("pool_input", tests, NULL, NULL);
}
