/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The task: p-values of some columns, in whatever process. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/matrix_internal.h>

#include "select.h"

/* P-values that were computed for a few integers, which come again in other columns. */
typedef struct memo {
  uint64_t key[3]; /* of which the first is not 0 */
  double p;
} memo;

enum { N_MEMOS = 1 << 12 }; /* of which a key has one place */

typedef struct column {
  const double *x;
  ml_feature_type type;
  double high; /* the larger value of a binary one */
} column;

typedef struct select_state select_state;

typedef struct column_test {
  const char *name;
  ml_status (*run)(select_state *state, const column *c, double *p, ml_error *err);
} column_test;

struct select_state {
  select_request head;
  size_t n, n_passes;
  size_t n_tested; /* passes to compute: the two of two classes are the same */
  ml_test_rules rules;
  const column_test *tests[ML_FEATURE_REAL + 1];

  const uint32_t *class_of;
  uint64_t *n_of;   /* rows of each class */
  uint64_t *n_high; /* of these with the larger value */
  mann_law *laws;   /* for each size of a class */
  const mann_law **law_of;
  size_t n_laws;
  ranks_counts *counts;

  ranks_target target;
  uint32_t *order;
  void *spare;
  double *law_spare; /* for kolmogorov__p() */
  size_t n_law_spare;
  double *tile; /* columns of a row-major matrix; NULL for others */
  double *p;    /* n_passes */
  memo *memos;
};

static ml_status malformed(ml_error *err) {
  return ml_error_set(err, ML_ERR_PARSE, "malformed request for a selection");
}

static memo *memo_of(select_state *s, uint64_t a, uint64_t b, uint64_t c) {
  uint64_t hash = ((a * 31 + b) * 31 + c) * UINT64_C(0x9e3779b97f4a7c15);
  return &s->memos[hash >> 52];
}
_Static_assert(N_MEMOS == UINT64_C(1) << (64 - 52), "a hash is a place");

static bool knows(const memo *m, uint64_t a, uint64_t b, uint64_t c) {
  return m->key[0] == a && m->key[1] == b && m->key[2] == c;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static double fisher_p(select_state *s, uint64_t n_class, uint64_t n_high, uint64_t both) {
  memo *m = memo_of(s, n_class, n_high, both);
  if (!knows(m, n_class, n_high, both)) {
    double p = fisher__p(both, n_class - both, n_high - both, s->n - n_class - (n_high - both));
    *m = (memo){{n_class, n_high, both}, p};
  }
  return m->p;
}

static ml_status run_fisher(select_state *s, const column *c, double *p, ml_error *err) {
  (void)err;
  uint64_t n_high = 0;
  memset(s->n_high, 0, s->head.n_classes * sizeof *s->n_high);
  for (size_t i = 0; i < s->n; i++) {
    bool is_high = c->x[i] == c->high;
    s->n_high[s->class_of[i]] += is_high;
    n_high += is_high;
  }
  for (size_t k = 0; k < s->n_tested; k++) p[k] = fisher_p(s, s->n_of[k], n_high, s->n_high[k]);
  return ML_OK;
}

/* What all classes say of a real column. @return ties, as mann__p() */
static double rank(select_state *s, const column *c) {
  double ties;
  ranks__order(c->x, s->n, s->order, s->spare);
  ranks__classes(c->x, s->order, s->n, s->class_of, s->head.n_classes, s->counts, &ties);
  return ties;
}

static ml_status run_mann(select_state *s, const column *c, double *p, ml_error *err) {
  (void)err;
  bool is_exact;
  double ties = rank(s, c);
  for (size_t k = 0; k < s->n_tested; k++)
    p[k] = mann__p(s->law_of[k], s->counts[k].twice_u, ties, &is_exact);
  return ML_OK;
}

static ml_status kolmogorov_p(select_state *s, uint64_t n1, uint64_t gap, double *p,
                              ml_error *err) {
  uint64_t n2 = s->n - n1;
  memo *m = memo_of(s, n1, gap, UINT64_MAX);
  if (!knows(m, n1, gap, UINT64_MAX)) {
    bool is_exact;
    size_t n = kolmogorov__n_spare(n1, n2, s->rules);
    if (n > s->n_law_spare || !s->law_spare) {
      free(s->law_spare);
      s->n_law_spare = n;
      if (!(s->law_spare = calloc(n + 1, sizeof *s->law_spare))) return ml_error_memory(err);
    }
    *m = (memo){{n1, gap, UINT64_MAX},
                kolmogorov__p(n1, n2, gap, s->rules, s->law_spare, &is_exact)};
  }
  *p = m->p;
  return ML_OK;
}

static ml_status run_kolmogorov(select_state *s, const column *c, double *p, ml_error *err) {
  ml_status status = ML_OK;
  rank(s, c);
  for (size_t k = 0; k < s->n_tested && status == ML_OK; k++)
    status = kolmogorov_p(s, s->n_of[k], s->counts[k].gap, &p[k], err);
  return status;
}

/* The target of the rows with one value against that of the rows with the other. */
static ml_status run_kolmogorov_of_target(select_state *s, const column *c, double *p,
                                          ml_error *err) {
  const uint32_t *order = s->target.order, *rank = s->target.rank;
  uint64_t n1 = 0, c1 = 0, gap = 0;
  for (size_t i = 0; i < s->n; i++) n1 += c->x[i] == c->high;
  for (size_t i = 0; i < s->n; i++) {
    c1 += c->x[order[i]] == c->high;
    if (i + 1 < s->n && rank[i + 1] == rank[i]) continue;
    uint64_t a = (s->n - n1) * c1, b = n1 * (i + 1 - c1), distance = a > b ? a - b : b - a;
    if (distance > gap) gap = distance;
  }
  return kolmogorov_p(s, n1, gap, p, err);
}

static ml_status run_kendall(select_state *s, const column *c, double *p, ml_error *err) {
  (void)err;
  bool is_exact;
  kendall_counts counts;
  ranks__pairs(c->x, &s->target, &counts, s->spare);
  *p = kendall__p(&counts, s->rules, &is_exact);
  return ML_OK;
}

static const column_test fisher = {"fisher", run_fisher};
static const column_test mann_whitney = {"mann-whitney", run_mann};
static const column_test kolmogorov = {"kolmogorov-smirnov", run_kolmogorov};
static const column_test of_target = {"kolmogorov-smirnov", run_kolmogorov_of_target};
static const column_test kendall = {"kendall", run_kendall};

/* By what is selected by, by whether the target is real, and by the type of the feature. */
static const column_test *const column_tests[][2][ML_FEATURE_REAL + 1] = {
    [ML_SELECT_MANN] = {{NULL, &fisher, &mann_whitney}, {NULL, &of_target, &kendall}},
    [ML_SELECT_KS] = {{NULL, &fisher, &kolmogorov}, {NULL, &of_target, &kendall}},
    [ML_SELECT_KX] = {{NULL, &fisher, &kolmogorov}, {NULL, &of_target, &kendall}},
};

enum { N_TESTS = sizeof column_tests / sizeof *column_tests };

const char *select__test_name(ml_select_test test, bool is_real, ml_feature_type type) {
  const column_test *found = column_tests[test][is_real][type];
  return found ? found->name : "";
}

/* ---- the request ----------------------------------------------------------------------------- */

void select__close(void *closed) {
  select_state *s = closed;
  for (size_t i = 0; i < s->n_laws; i++) mann__release(&s->laws[i]);
  free(s->laws);
  free(s->law_of);
  free(s->n_of);
  free(s->n_high);
  free(s->counts);
  free(s->order);
  free(s->spare);
  free(s->law_spare);
  free(s->tile);
  free(s->p);
  free(s->memos);
  free(s);
}

static bool is_sane(const select_request *head, const ml_job_data *data) {
  size_t n_values, size;
  size_t width = head->n_classes ? sizeof(uint32_t) : 2 * sizeof(uint32_t);
  return head->n_rows >= 2 && head->n_rows <= RANKS_MAX_ROWS && head->n_columns > 0 &&
         head->test < N_TESTS && head->n_classes <= head->n_rows &&
         !__builtin_mul_overflow(head->n_rows, head->n_columns, &n_values) &&
         !__builtin_mul_overflow(n_values, sizeof(double), &size) &&
         data->inputs[SELECT_VALUES].size >= size &&
         data->inputs[SELECT_TARGET].size == head->n_rows * width;
}

/* Classes of the same size have one law: that of a small one may be a large table. */
static ml_status make_laws(select_state *s, ml_error *err) {
  size_t n_classes = s->head.n_classes;
  s->laws = calloc(n_classes, sizeof *s->laws);
  s->law_of = calloc(n_classes, sizeof *s->law_of);
  if (!s->laws || !s->law_of) return ml_error_memory(err);
  for (size_t k = 0; k < s->n_tested; k++) {
    size_t i = 0;
    while (i < s->n_laws && s->laws[i].n1 != s->n_of[k]) i++;
    if (i == s->n_laws) {
      ml_status status = mann__init(&s->laws[i], s->n_of[k], s->n - s->n_of[k], err);
      if (status != ML_OK) return status;
      s->n_laws++;
    }
    s->law_of[k] = &s->laws[i];
  }
  return ML_OK;
}

static ml_status read_classes(select_state *s, const uint32_t *class_of, ml_error *err) {
  size_t n_classes = s->head.n_classes;
  s->class_of = class_of;
  s->n_of = calloc(n_classes, sizeof *s->n_of);
  s->n_high = calloc(n_classes, sizeof *s->n_high);
  s->counts = calloc(n_classes, sizeof *s->counts);
  if (!s->n_of || !s->n_high || !s->counts) return ml_error_memory(err);
  for (size_t i = 0; i < s->n; i++) {
    if (class_of[i] >= n_classes) return malformed(err);
    s->n_of[class_of[i]]++;
  }
  for (size_t k = 0; k < n_classes; k++)
    if (s->n_of[k] == 0 || s->n_of[k] == s->n) return malformed(err);
  return s->tests[ML_FEATURE_REAL] == &mann_whitney ? make_laws(s, err) : ML_OK;
}

/* Each row is there once, and a rank is how many rows are smaller. @param seen  n */
static bool is_order(const uint32_t *order, const uint32_t *rank, size_t n, uint32_t *seen) {
  memset(seen, 0, n * sizeof *seen);
  for (size_t i = 0; i < n; i++) {
    if (order[i] >= n || seen[order[i]]++ > 0) return false;
    if (rank[i] != i && (i == 0 || rank[i] != rank[i - 1])) return false;
  }
  return true;
}

static ml_status read_order(select_state *s, const uint32_t *order, ml_error *err) {
  const uint32_t *rank = order + s->n;
  s->target = (ranks_target){.order = order, .rank = rank, .n = s->n, .ties = s->head.ties};
  return is_order(order, rank, s->n, s->order) ? ML_OK : malformed(err);
}

static ml_status read_request(select_state *s, const ml_job_data *data, ml_error *err) {
  if (data->n_inputs != SELECT_N_BLOCKS || data->args.size != sizeof s->head) return malformed(err);
  memcpy(&s->head, data->args.data, sizeof s->head);
  if (!is_sane(&s->head, data)) return malformed(err);
  bool is_real = s->head.n_classes == 0;
  s->n = s->head.n_rows;
  s->n_passes = select__n_passes(s->head.n_classes);
  s->n_tested = s->head.n_classes == 2 ? 1 : s->n_passes;
  s->rules = s->head.test == ML_SELECT_KX ? ML_RULES_KX : ML_RULES_TSFRESH;
  memcpy(s->tests, column_tests[s->head.test][is_real], sizeof s->tests);

  size_t n_tile = s->head.by_column ? 0 : select__tile(s->n, s->head.n_columns);
  s->order = calloc(s->n, sizeof *s->order);
  s->spare = malloc(ranks__n_spare(s->n) + 1);
  s->p = calloc(s->n_passes, sizeof *s->p);
  s->memos = calloc(N_MEMOS, sizeof *s->memos);
  if (n_tile && !(s->tile = calloc(n_tile * s->n, sizeof *s->tile))) return ml_error_memory(err);
  if (!s->order || !s->spare || !s->p || !s->memos) return ml_error_memory(err);
  const uint32_t *target = data->inputs[SELECT_TARGET].data;
  return is_real ? read_order(s, target, err) : read_classes(s, target, err);
}

ml_status select__open(const ml_job_data *data, void **out, ml_error *err) {
  select_state *state = calloc(1, sizeof *state);
  if (!state) return ml_error_memory(err);
  ml_status status = read_request(state, data, err);
  if (status == ML_OK)
    *out = state;
  else
    select__close(state);
  return status;
}

/* ---- columns --------------------------------------------------------------------------------- */

static bool has_nan(const double *x, size_t n) {
  bool has = false;
  for (size_t i = 0; i < n; i++) has |= x[i] != x[i];
  return has;
}

static column classify(const double *x, size_t n) {
  size_t i = 1;
  while (i < n && x[i] == x[0]) i++;
  if (i == n) return (column){x, ML_FEATURE_CONSTANT, x[0]};
  double a = x[0], b = x[i];
  while (i < n && (x[i] == a || x[i] == b)) i++;
  return (column){x, i == n ? ML_FEATURE_BINARY : ML_FEATURE_REAL, a > b ? a : b};
}

static ml_status test_column(select_state *s, const double *x, ml_buf *out, ml_error *err) {
  if (has_nan(x, s->n)) return malformed(err);
  const column c = classify(x, s->n);
  for (size_t k = 0; k < s->n_passes; k++) s->p[k] = NAN;
  if (s->tests[c.type]) {
    ml_status status = s->tests[c.type]->run(s, &c, s->p, err);
    if (status != ML_OK) return status;
    if (s->n_tested < s->n_passes) s->p[1] = s->p[0];
  }
  const uint64_t type = c.type;
  ml_buf_put(out, &type, sizeof type);
  ml_buf_put(out, s->p, s->n_passes * sizeof *s->p);
  return ML_OK;
}

ml_status select__run(void *ran, const ml_job_data *data, const ml_item *item, ml_buf *out,
                      ml_error *err) {
  select_state *s = ran;
  select_item range;
  if (item->n_in != sizeof range) return malformed(err);
  memcpy(&range, item->in, sizeof range);
  size_t n_columns = s->head.n_columns;
  if (range.first > n_columns || range.n > n_columns - range.first) return malformed(err);
  const double *values = data->inputs[SELECT_VALUES].data;
  size_t n_tile = s->head.by_column ? range.n : select__tile(s->n, n_columns);
  for (size_t from = 0; from < range.n; from += n_tile) {
    size_t first = range.first + from, n = range.n - from < n_tile ? range.n - from : n_tile;
    if (s->tile) matrix__columns(values + first, s->n, n_columns, NULL, n, s->tile, s->n);
    const double *x = s->tile ? s->tile : values + first * s->n;
    for (size_t j = 0; j < n; j++, x += s->n) {
      if (ml_item_cancelled(item->cancel)) return ML_OK; /* nobody wants the rest */
      ml_status status = test_column(s, x, out, err);
      if (status != ML_OK) return status;
    }
  }
  return ML_OK;
}
