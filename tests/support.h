/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every test program needs: cmocka, close comparison, places of files. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ml/ml.h>

/* |got - want| <= max(rtol * |want|, atol); NaN equals NaN, infinities agree in sign. Prints 17
 * digits when it fails, which cmocka's own float comparison does not. */
void expect_close(const char *label, double got, double want, double rtol, double atol);

/* The same double to the last bit, NaN of any kind being one. */
void expect_same(const char *label, double got, double want);

/* Path of a file of the reference data, or NULL when the reference is not there; borrowed until
 * the next call. Tests that need it skip() then. */
const char *reference(const char *path);

/* Whole file as bytes with a NUL behind; fails the test when it cannot be read. free() it. */
char *read_file(const char *path, size_t *n);

/* A new folder for this test program, removed with all its files at exit. */
const char *temp_dir(void);

/* A device that is always full; skips the test where there is none. */
const char *full_device(void);

/* Call a function that is loaded, with an argument in JSON. */
ml_status call_function(ml_functions *functions, ml_arena *arena, const char *name, const char *arg,
                        ml_value *out, ml_error *err);

/* The same, which must give this JSON. */
void expect_result(ml_functions *functions, ml_arena *arena, const char *name, const char *arg,
                   const char *want);

/* xorshift64*: the same numbers everywhere. */
uint64_t next_random(uint64_t *state);

#endif
