/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory that calculators are said to take, against what a process holds when they were called.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "fresh/plan.h"
#include "support.h"

enum {
  MOST = 40000,
  N_LENGTHS = 40,
  SMALL = 1 << 16 /* heads of blocks, and what libraries keep */
};

static size_t held(void) {
  const struct mallinfo2 m = mallinfo2();
  return m.uordblks + m.hblkhd;
}

/* Short and long ones by turns, many of them prime or nearly so. */
static size_t draw_length(uint64_t *random, size_t most) {
  const uint64_t bits = next_random(random) >> 16;
  const size_t n = bits % 3 ? bits / 4 % most : bits / 4 % (1 + most / 20);
  return n + 1;
}

static void check(const char *name, size_t most) {
  ml_fresh_settings *settings = NULL;
  fresh_plan plan;
  fresh_scratch scratch = {0};
  uint64_t random = most;
  ml_error err = {0};
  double *x = malloc((most + 1) * sizeof *x);
  for (size_t i = 0; i <= most; i++) x[i] = (double)(next_random(&random) >> 40);
  assert_int_equal(ml_fresh_settings_named(name, &settings, &err), ML_OK);
  assert_int_equal(fresh__plan_init(&plan, &settings->defaults, false, false, &err), ML_OK);
  double *out = malloc(plan.n_columns * sizeof *out);
  const size_t before = held();
  const uint64_t said = ml_fresh_scratch(settings, most + 1);
  for (size_t i = 0; i < N_LENGTHS; i++) {
    const fresh_input input = {.x = x, .n = draw_length(&random, most)};
    assert_int_equal(fresh__plan_run(&plan, &input, &scratch, out, &err), ML_OK);
    const size_t now = held() - before;
    if (now > said + SMALL)
      fail_msg("%s, up to %zu values: %zu bytes, and not %zu", name, most, now, (size_t)said);
  }
  if (most == MOST && (held() - before) < said / 8 && held() > 0)
    fail_msg("%s: %zu bytes are said to be taken, for %zu", name, (size_t)said, held() - before);
  fresh__scratch_release(&scratch);
  free(out);
  free(x);
  fresh__plan_release(&plan);
  ml_fresh_settings_free(settings);
}

static void what_is_said_is_enough(void **state) {
  static const char *const names[] = {"minimal", "efficient", "kx"};
  static const size_t lengths[] = {1, 50, 1000, 5000, 16000, MOST};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++) check(names[i], lengths[j]);
}

static void settings_of_kinds_count(void **state) {
  static const char text[] =
      "{\"kind_to_fc_parameters\": {\"a\": {\"mean\": null}, \"b\": {\"fft_coefficient\": "
      "[{\"attr\": "
      "\"real\", \"coeff\": 1}]}}}";
  ml_fresh_settings *of_kinds = NULL, *minimal = NULL;
  ml_error err = {0};
  (void)state;
  assert_int_equal(ml_fresh_settings_parse(text, sizeof text - 1, "x.json", &of_kinds, &err),
                   ML_OK);
  assert_int_equal(ml_fresh_settings_named("minimal", &minimal, &err), ML_OK);
  assert_true(ml_fresh_scratch(of_kinds, 1000003) > 18 * 8 * 1000003); /* a transform of a prime */
  assert_true(ml_fresh_scratch(minimal, 1000003) < 6 * 8 * 1000003);
  ml_fresh_settings_free(of_kinds);
  ml_fresh_settings_free(minimal);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_said_is_enough),
      cmocka_unit_test(settings_of_kinds_count),
  };
  return cmocka_run_group_tests_name("fresh/scratch", tests, NULL, NULL);
}
