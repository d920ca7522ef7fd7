/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions by name, new for each test, and files to load. */
#ifndef TESTS_FUNCTIONS_CASES_H
#define TESTS_FUNCTIONS_CASES_H

#include "support.h"

/* Of the test that runs. */
extern ml_arena *arena;
extern ml_functions *functions;

int set_up(void **state);
int tear_down(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A module that must be loadable. */
void load(const char *what);

/* A module that must not be loadable. */
void expect_refused(const char *what, ml_status status, const char *message);

/* A path in the temporary folder; borrowed until the next call. */
const char *file_of(const char *name);

void write_file(const char *path, const void *bytes, size_t n);
void copy_file(const char *from, const char *to);

#endif
