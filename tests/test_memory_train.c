/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out while the page of a training is written. */
#include "memory.h"
#include "train_cases.h"

static const trained *subject;

static ml_status report(ml_error *err) {
  ml_buf page = {0};
  ml_status status = train__report(subject, &page, err);
  assert_true(status != ML_OK || (!page.failed && page.n > 1000));
  ml_buf_release(&page);
  return status;
}

static void of_each_kind(void **state) {
  (void)state;
  static const char *const names[] = {"by_hand", "small", "small_classes", "series"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    train_made *made = train_case_make(names[i]);
    subject = train_case_trained(made);
    fail_each(names[i], report, 0);
    train_case_release(made);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(of_each_kind)};
  return cmocka_run_group_tests_name("memory_train", tests, NULL, NULL);
}
