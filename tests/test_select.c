/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P-values of all columns: those of the tests one by one, and the same bits whatever computes them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/select.h"
#include "support.h"

enum { N_ROWS = 60, N_COLUMNS = 53 };

/* ---- features and targets -------------------------------------------------------------------- */

/* Columns of every kind, again and again. */
static double cell(size_t i, size_t j, uint64_t *seed) {
  double noise = (double)(next_random(seed) >> 11) * 0x1p-53;
  switch (j % 9) {
    case 0:
      return noise;
    case 1:
      return floor(5 * noise); /* ties */
    case 2:
      return noise < 0.4;
    case 3:
      return noise < 0.3 ? 7 : noise < 0.6 ? 0.0 : -0.0;
    case 4:
      return i % 2 ? 0.0 : -0.0;
    case 5:
      return noise < 0.1 ? INFINITY : noise < 0.2 ? -INFINITY : noise;
    case 6:
      return (double)(i % 3) + 2 * noise; /* goes with the classes */
    case 7:
      return noise < 0.5 ? -INFINITY : INFINITY;
    default:
      return (double)i + 20 * noise;
  }
}

static ml_matrix *features(size_t n_rows, size_t n_columns, bool by_column, const ml_exec *exec) {
  ml_matrix *m = NULL;
  ml_error err = {0};
  uint64_t seed = 5;
  assert_int_equal(ml_matrix_new(exec, n_rows, n_columns, &m, &err), ML_OK);
  m->by_column = by_column;
  for (size_t j = 0; j < n_columns; j++) {
    char name[24];
    snprintf(name, sizeof name, "f%zu", j);
    m->columns[j] = strdup(name);
    for (size_t i = 0; i < n_rows; i++)
      m->values[by_column ? j * n_rows + i : i * n_columns + j] = cell(i, j, &seed);
  }
  return m;
}

static double at(const ml_matrix *m, size_t i, size_t j) {
  return m->values[m->by_column ? j * m->n_rows + i : i * m->n_columns + j];
}

enum { TWO, THREE, MANY, REAL, TIED, TWO_VALUES, N_TARGETS };

static double values[N_TARGETS][N_ROWS];
static uint32_t classes[N_TARGETS][N_ROWS];
static ml_target targets[N_TARGETS] = {
    [TWO] = {.problem = ML_CLASSIFICATION, .n_classes = 2},
    [THREE] = {.problem = ML_CLASSIFICATION, .n_classes = 3},
    [MANY] = {.problem = ML_CLASSIFICATION, .n_classes = 20}, /* of 3 rows, so exact */
    [REAL] = {.problem = ML_REGRESSION},
    [TIED] = {.problem = ML_REGRESSION},
    [TWO_VALUES] = {.problem = ML_REGRESSION, .n_classes = 2},
};

static int make_targets(void **state) {
  (void)state;
  uint64_t seed = 6;
  for (size_t t = 0; t < N_TARGETS; t++) {
    for (size_t i = 0; i < N_ROWS; i++) {
      uint64_t r = next_random(&seed) >> 20;
      classes[t][i] = t == TWO ? i % 3 == 0 : t == MANY ? (uint32_t)i % 20 : (uint32_t)(i % 3);
      values[t][i] = classes[t][i];
      if (t == REAL) values[t][i] = (double)i + (double)r * 0x1p-40;
      if (t == TIED) values[t][i] = (double)(i / 4 + r % 8);
      if (t == TWO_VALUES) values[t][i] = classes[t][i] = r % 2;
    }
    targets[t].name = (char *)"y";
    targets[t].n = N_ROWS;
    targets[t].values = values[t];
    targets[t].classes = targets[t].n_classes ? classes[t] : NULL;
  }
  return 0;
}

/* ---- executors ------------------------------------------------------------------------------- */

static size_t five_workers(const ml_exec *exec) {
  (void)exec;
  return 5;
}

static void *copy_of(const void *data, size_t n) {
  void *copy = malloc(n);
  memcpy(copy, data, n);
  return copy;
}

static size_t items_seen;

/* Runs the items last to first, each with a state of its own, on copies. */
static ml_status run_backwards(ml_exec *exec, const ml_job *job, ml_error *err) {
  (void)exec;
  const ml_task *task = ml_module_find(job->module, job->task);
  ml_buf *outs = calloc(job->n_items, sizeof *outs);
  items_seen = job->n_items;
  for (size_t i = job->n_items; i-- > 0;) {
    ml_span inputs[SELECT_N_BLOCKS];
    ml_buf in = {0};
    void *state = NULL;
    char text[80];
    for (size_t k = 0; k < SELECT_N_BLOCKS; k++) {
      const ml_block *block = job->inputs[k];
      assert_false(block->lent);
      inputs[k] = (ml_span){copy_of(block->data, block->size), block->size};
    }
    const ml_job_data data = {.inputs = inputs,
                              .n_inputs = SELECT_N_BLOCKS,
                              .args = {copy_of(job->args, job->n_args), job->n_args}};
    job->describe(job->ctx, i, text, sizeof text);
    assert_memory_equal(text, "feature", 7);
    assert_int_equal(job->put(job->ctx, i, &in, err), ML_OK);
    const ml_item item = {.index = i, .in = in.data, .n_in = in.n};
    assert_int_equal(task->open(&data, &state, err), ML_OK);
    assert_int_equal(task->run(state, &data, &item, &outs[i], err), ML_OK);
    task->close(state);
    ml_buf_release(&in);
    free(data.args.data);
    for (size_t k = 0; k < SELECT_N_BLOCKS; k++) free(inputs[k].data);
  }
  for (size_t i = 0; i < job->n_items; i++) {
    assert_int_equal(job->take(job->ctx, i, outs[i].data, outs[i].n, err), ML_OK);
    ml_buf_release(&outs[i]);
  }
  free(outs);
  return ML_OK;
}

static const ml_exec_vtable backwards_table = {.n_workers = five_workers, .run = run_backwards};
static ml_exec backwards = {.vtable = &backwards_table, .shares_memory = true};

/* ---- p-values -------------------------------------------------------------------------------- */

static select_p_values compute(const ml_matrix *m, const ml_target *target, ml_select_test test,
                               ml_exec *exec) {
  ml_error err = {0};
  select_p_values p;
  if (select__compute(m, target, test, exec, NULL, &p, &err) != ML_OK) fail_msg("%s", err.message);
  return p;
}

static size_t n_distinct(const double *x, size_t n) {
  size_t n_found = 0;
  for (size_t i = 0; i < n; i++) {
    size_t k = 0;
    while (k < i && x[k] != x[i]) k++;
    n_found += k == i;
  }
  return n_found;
}

/* Part of x by whether what belongs to it is `is` in `by`. */
static size_t part(const double *x, const double *by, double is, bool want, double *out) {
  size_t n = 0;
  for (size_t i = 0; i < N_ROWS; i++)
    if ((by[i] == is) == want) out[n++] = x[i];
  return n;
}

static double fisher_of(const double *x, const double *y, double class) {
  uint64_t table[2][2] = {{0}};
  for (size_t i = 0; i < N_ROWS; i++) table[y[i] == class][x[i] == x[0]]++;
  return ml_test_fisher(table[1][1], table[1][0], table[0][1], table[0][0]).p_value;
}

/* What the column must have, by the tests themselves. */
static double expected(ml_select_test test, const ml_target *target, const double *x, size_t pass,
                       const char **name) {
  ml_test_rules rules = test == ML_SELECT_KX ? ML_RULES_KX : ML_RULES_TSFRESH;
  const double *y = target->values;
  bool is_binary = n_distinct(x, N_ROWS) == 2;
  bool is_real =
      rules == ML_RULES_KX ? n_distinct(y, N_ROWS) > 2 : target->problem == ML_REGRESSION;
  double a[N_ROWS], b[N_ROWS];
  ml_test out = {.p_value = NAN};
  ml_error err = {0};
  *name = "";
  if (n_distinct(x, N_ROWS) == 1) return NAN;
  if (!is_real && is_binary) {
    *name = "fisher";
    return fisher_of(x, y, (double)pass);
  }
  if (is_real && !is_binary) {
    *name = "kendall";
    assert_int_equal(ml_test_kendall(x, y, N_ROWS, rules, &out, &err), ML_OK);
    return out.p_value;
  }
  double is = is_real ? x[0] : (double)pass;
  size_t n1 = part(is_real ? y : x, is_real ? x : y, is, true, a);
  size_t n2 = part(is_real ? y : x, is_real ? x : y, is, false, b);
  bool is_mann = test == ML_SELECT_MANN && !is_real;
  *name = is_mann ? "mann-whitney" : "kolmogorov-smirnov";
  assert_int_equal(is_mann ? ml_test_mann_whitney(a, n1, b, n2, &out, &err)
                           : ml_test_kolmogorov_smirnov(a, n1, b, n2, rules, &out, &err),
                   ML_OK);
  return out.p_value;
}

static void check_p_values(const ml_matrix *m, const ml_target *target, ml_select_test test,
                           const select_p_values *p) {
  bool is_kx = test == ML_SELECT_KX;
  bool is_real = is_kx ? target->n_classes != 2 : target->problem == ML_REGRESSION;
  assert_int_equal(p->problem, is_real ? ML_REGRESSION : ML_CLASSIFICATION);
  assert_int_equal(p->n_columns, m->n_columns);
  assert_int_equal(p->n_passes, is_real ? 1 : target->n_classes);
  for (size_t j = 0; j < m->n_columns; j++) {
    double x[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++) x[i] = at(m, i, j);
    size_t n = n_distinct(x, N_ROWS);
    assert_int_equal(p->type[j], n > 2 ? ML_FEATURE_REAL : n - 1);
    for (size_t k = 0; k < p->n_passes; k++) {
      const char *name;
      double want = expected(test, target, x, k, &name);
      expect_close(m->columns[j], p->p[k * m->n_columns + j], want, 1e-12, 0);
      assert_string_equal(p->test[j], name);
    }
  }
}

static void expect_same_table(const select_p_values *a, const select_p_values *b) {
  assert_int_equal(a->problem, b->problem);
  assert_int_equal(a->n_passes, b->n_passes);
  assert_int_equal(a->n_columns, b->n_columns);
  assert_memory_equal(a->p, b->p, a->n_passes * a->n_columns * sizeof *a->p);
  for (size_t j = 0; j < a->n_columns; j++) {
    assert_int_equal(a->type[j], b->type[j]);
    assert_string_equal(a->test[j], b->test[j]);
  }
}

static void p_values_are_those_of_the_tests(void **state) {
  (void)state;
  ml_matrix *m = features(N_ROWS, N_COLUMNS, false, NULL);
  for (ml_select_test test = ML_SELECT_MANN; test <= ML_SELECT_KX; test++) {
    for (size_t t = 0; t < N_TARGETS; t++) {
      select_p_values p = compute(m, &targets[t], test, NULL);
      check_p_values(m, &targets[t], test, &p);
      select__release(&p);
    }
  }
  ml_matrix_free(m);
}

static ml_mproc *open_pool(size_t n) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  ml_mproc *pool = NULL;
  ml_error err = {0};
  opts.n_workers = n;
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) fail_msg("cannot open a pool: %s", err.message);
  return pool;
}

/* Whoever computes them, and however the matrix lies in memory. */
static void p_values_are_the_same_bits(void **state) {
  (void)state;
  ml_mproc *pools[] = {open_pool(1), open_pool(3)};
  ml_exec *execs[] = {NULL, &backwards, ml_mproc_exec(pools[0]), ml_mproc_exec(pools[1])};
  for (size_t t = 0; t < N_TARGETS; t++) {
    ml_matrix *plain = features(N_ROWS, N_COLUMNS, false, NULL);
    select_p_values want = compute(plain, &targets[t], ML_SELECT_MANN, NULL);
    for (size_t e = 0; e < sizeof execs / sizeof *execs; e++) {
      for (size_t by_column = 0; by_column < 2; by_column++) {
        ml_matrix *m = features(N_ROWS, N_COLUMNS, by_column, execs[e]);
        select_p_values p = compute(m, &targets[t], ML_SELECT_MANN, execs[e]);
        expect_same_table(&p, &want);
        select__release(&p);
        ml_matrix_free(m);
      }
      select_p_values p = compute(plain, &targets[t], ML_SELECT_MANN, execs[e]); /* lent */
      expect_same_table(&p, &want);
      select__release(&p);
    }
    select__release(&want);
    ml_matrix_free(plain);
  }
  assert_true(items_seen > 3);
  ml_mproc_close(pools[0]);
  ml_mproc_close(pools[1]);
}

/* Small and large matrices are taken apart differently. */
static void every_shape_gives_the_same_bits(void **state) {
  (void)state;
  static const size_t shapes[][2] = {{2, 1}, {3, 17}, {7, 16}, {9, 33}, {70001, 3}, {70001, 19}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    size_t n = shapes[s][0];
    uint32_t *class_of = calloc(n, sizeof *class_of);
    for (size_t i = 0; i < n; i++) class_of[i] = i % 2;
    const ml_target target = {.name = (char *)"y",
                              .problem = ML_CLASSIFICATION,
                              .n = n,
                              .classes = class_of,
                              .n_classes = 2};
    ml_matrix *rows = features(n, shapes[s][1], false, NULL);
    ml_matrix *columns = features(n, shapes[s][1], true, &backwards);
    select_p_values a = compute(rows, &target, ML_SELECT_MANN, NULL);
    select_p_values b = compute(columns, &target, ML_SELECT_MANN, &backwards);
    expect_same_table(&a, &b);
    for (size_t j = 0; j < a.n_columns; j++)
      expect_same("of the other class", a.p[j], a.p[a.n_columns + j]);
    select__release(&a);
    select__release(&b);
    ml_matrix_free(rows);
    ml_matrix_free(columns);
    free(class_of);
  }
}

static void no_column_is_no_p_value(void **state) {
  (void)state;
  ml_matrix *m = features(N_ROWS, 0, false, NULL);
  select_p_values p = compute(m, &targets[TWO], ML_SELECT_MANN, NULL);
  assert_int_equal(p.n_columns, 0);
  assert_int_equal(p.n_passes, 2);
  select__release(&p);
  ml_matrix_free(m);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void expect_missing(ml_matrix *m, const size_t *columns, size_t n, const char *message) {
  ml_error err = {0};
  select_p_values p;
  for (size_t k = 0; k < n; k++) {
    size_t i = k * 13 % N_ROWS, j = columns[k];
    m->values[m->by_column ? j * m->n_rows + i : i * m->n_columns + j] = NAN;
  }
  assert_int_equal(select__compute(m, &targets[TWO], ML_SELECT_MANN, NULL, NULL, &p, &err),
                   ML_ERR_PARSE);
  assert_string_equal(err.message, message);
}

static void missing_values_are_told_by_their_columns(void **state) {
  (void)state;
  static const size_t columns[] = {4, 0, 52, 17};
  for (size_t by_column = 0; by_column < 2; by_column++) {
    ml_matrix *m = features(N_ROWS, N_COLUMNS, by_column, NULL);
    expect_missing(m, columns, 1, "feature 'f4' has missing values; --impute median replaces them");
    expect_missing(
        m, columns, 3,
        "3 features have missing values: 'f0', 'f4', 'f52'; --impute median replaces them");
    expect_missing(
        m, columns, 4,
        "4 features have missing values: 'f0', 'f4', 'f17', ...; --impute median replaces them");
    ml_matrix_free(m);
  }
}

static void rows_of_the_target_are_those_of_the_features(void **state) {
  (void)state;
  ml_error err = {0};
  ml_selection *selection = NULL;
  ml_matrix *m = features(N_ROWS - 1, 3, false, NULL);
  assert_int_equal(ml_select(m, &targets[TWO], NULL, NULL, NULL, &selection, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "target 'y' has 60 rows, and the features have 59");
  assert_null(selection);
  ml_matrix_free(m);
}

static void expect_usage(const ml_matrix *m, const ml_target *target, ml_select_opts opts,
                         const char *message) {
  ml_selection *selection = NULL;
  ml_error err = {0};
  assert_int_equal(ml_select(m, target, &opts, NULL, NULL, &selection, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, message);
  assert_null(selection);
}

static void what_is_made_by_hand_is_checked(void **state) {
  (void)state;
  ml_matrix *m = features(4, 3, false, NULL);
  uint32_t class_of[] = {0, 1, 2, 1};
  double numbers[] = {1, 2, INFINITY, 3};
  ml_target target = {.name = (char *)"y", .n = 4, .problem = ML_CLASSIFICATION};
  expect_usage(m, &target, (ml_select_opts){0}, "target 'y' has no two classes");
  target.classes = class_of;
  target.n_classes = 1;
  expect_usage(m, &target, (ml_select_opts){0}, "target 'y' has no two classes");
  target.n_classes = 2;
  expect_usage(m, &target, (ml_select_opts){0}, "target 'y' has class 2 in row 3, of 2");
  expect_usage(m, &target, (ml_select_opts){.test = (ml_select_test)9}, "there is no test 9");
  expect_usage(m, &target, (ml_select_opts){.method = (ml_fdr_method)9}, "there is no method 9");
  target = (ml_target){.name = (char *)"y", .n = 4, .problem = ML_REGRESSION};
  expect_usage(m, &target, (ml_select_opts){0}, "target 'y' has no numbers");
  target.values = numbers;
  expect_usage(m, &target, (ml_select_opts){0}, "target 'y' is not finite in row 3");
  ml_matrix_free(m);
}

static void features_need_no_names(void **state) {
  (void)state;
  double numbers[] = {1, 2, NAN, 3, 5, 4}, y[] = {1.5, 2, 3};
  const ml_matrix m = {.n_rows = 3, .n_columns = 2, .values = numbers, .by_column = true};
  const ml_target target = {.name = (char *)"y", .n = 3, .problem = ML_REGRESSION, .values = y};
  ml_selection *selection = NULL;
  ml_error err = {0};
  assert_int_equal(ml_select(&m, &target, NULL, NULL, NULL, &selection, &err), ML_ERR_PARSE);
  assert_string_equal(err.message,
                      "feature column 1 has missing values; --impute median replaces them");
  numbers[2] = 0;
  assert_int_equal(ml_select(&m, &target, NULL, &backwards, NULL, &selection, &err), ML_OK);
  ml_selection_free(selection);
}

typedef struct patience {
  size_t left;
  double done, total;
} patience;

static bool is_out(void *ctx) {
  patience *p = ctx;
  return p->left == 0 || --p->left == 0;
}

static void see_progress(void *ctx, const char *step, double done, double total) {
  patience *p = ctx;
  assert_string_equal(step, "select");
  assert_true(done > p->done && done <= total);
  p->done = done;
  p->total = total;
}

static void it_can_be_cancelled_at_any_time(void **state) {
  (void)state;
  for (size_t by_column = 0; by_column < 2; by_column++) {
    ml_matrix *m = features(N_ROWS, N_COLUMNS, by_column, NULL);
    ml_status status = ML_ERR_CANCELLED;
    size_t k = 0;
    for (; status == ML_ERR_CANCELLED; k++) {
      ml_error err = {0};
      patience p = {.left = k};
      const ml_watch watch = {is_out, see_progress, &p};
      select_p_values out;
      status = select__compute(m, &targets[REAL], ML_SELECT_MANN, NULL, &watch, &out, &err);
      if (status == ML_OK) {
        assert_true(p.done == p.total && p.total >= 4);
        select__release(&out);
      }
    }
    assert_int_equal(status, ML_OK);
    assert_true(k > N_COLUMNS); /* it was asked about each column */
    ml_matrix_free(m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(p_values_are_those_of_the_tests),
      cmocka_unit_test(p_values_are_the_same_bits),
      cmocka_unit_test(every_shape_gives_the_same_bits),
      cmocka_unit_test(no_column_is_no_p_value),
      cmocka_unit_test(missing_values_are_told_by_their_columns),
      cmocka_unit_test(rows_of_the_target_are_those_of_the_features),
      cmocka_unit_test(what_is_made_by_hand_is_checked),
      cmocka_unit_test(features_need_no_names),
      cmocka_unit_test(it_can_be_cancelled_at_any_time),
  };
  return cmocka_run_group_tests_name("select", tests, make_targets, NULL);
}
