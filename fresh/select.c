/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection: the p-values of all columns, over any executor, and what is made of them. */
#include "select.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/fresh.h>

/* An item is a few milliseconds of work, and each worker gets several, so that the last one to end
 * keeps nobody waiting for long. */
enum { ITEM_VALUES = 1 << 16, ITEMS_PER_WORKER = 8 };

typedef struct selecting {
  const ml_matrix *features;
  size_t item_columns, n_items;
  select_request request;
  ml_block *blocks[SELECT_N_BLOCKS];
  ml_block *lent; /* the values, when the block of the matrix is not for this executor */
  select_p_values p;
} selecting;

void select__release(select_p_values *p) {
  free(p->type);
  free(p->test);
  free(p->p);
  *p = (select_p_values){0};
}

/* ---- missing values -------------------------------------------------------------------------- */

/* A matrix that was not read may have no names. */
static const char *name_of(const ml_matrix *m, size_t j) {
  return m->columns && m->columns[j] ? m->columns[j] : "";
}

static ml_status refuse(const ml_matrix *m, const bool *is_missing, ml_error *err) {
  enum { NAMED = 3 };
  size_t n = 0;
  ml_buf names = {0};
  for (size_t j = 0; j < m->n_columns; j++) {
    if (!is_missing[j] || ++n > NAMED) continue;
    if (n > 1) ml_buf_puts(&names, ", ");
    if (*name_of(m, j))
      ml_buf_printf(&names, "'%s'", name_of(m, j));
    else
      ml_buf_printf(&names, "column %zu", j + 1);
  }
  if (n == 0) return ML_OK;
  ml_buf_put(&names, "", 1);
  ml_status status = ML_ERR_PARSE;
  if (names.failed)
    status = ml_error_memory(err);
  else if (n == 1)
    ml_error_set(err, status, "feature %s has missing values; --impute median replaces them",
                 names.data);
  else
    ml_error_set(err, status,
                 "%zu features have missing values: %s%s; --impute median replaces them", n,
                 names.data, n > NAMED ? ", ..." : "");
  ml_buf_release(&names);
  return status;
}

/* All at once, in the order in which values lie in memory, and before anything is computed. */
static ml_status check_values(const ml_matrix *m, const ml_watch *watch, ml_error *err) {
  enum { VALUES = 1 << 20 }; /* between two looks at the watch */
  size_t n_lines = m->by_column ? m->n_columns : m->n_rows;
  size_t n = m->by_column ? m->n_rows : m->n_columns, step = 1 + VALUES / (n + 1);
  bool *is_missing = calloc(m->n_columns + 1, sizeof *is_missing);
  if (!is_missing) return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t i = 0; i < n_lines; i++) {
    const double *x = m->values + i * n;
    bool has = false;
    for (size_t j = 0; j < n; j++) has |= x[j] != x[j];
    if (has && m->by_column) is_missing[i] = true;
    for (size_t j = 0; has && !m->by_column && j < n; j++) is_missing[j] |= x[j] != x[j];
    if (i % step == 0 && ml_watch_cancelled(watch)) {
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
      break;
    }
  }
  if (status == ML_OK) status = refuse(m, is_missing, err);
  free(is_missing);
  return status;
}

/* ---- the job --------------------------------------------------------------------------------- */

static select_item item_at(const selecting *s, size_t i) {
  size_t first = i * s->item_columns, left = s->features->n_columns - first;
  return (select_item){first, left < s->item_columns ? left : s->item_columns};
}

static void split(selecting *s, size_t n_workers) {
  const ml_matrix *m = s->features;
  size_t n = ITEM_VALUES / m->n_rows, most = m->n_columns / (ITEMS_PER_WORKER * n_workers);
  if (n > most) n = most;
  size_t unit = m->by_column ? 1 : select__tile(m->n_rows, m->n_columns);
  s->item_columns = (n / unit + (n < unit)) * unit;
  s->n_items = (m->n_columns + s->item_columns - 1) / s->item_columns;
}

static ml_status put_item(void *ctx, size_t i, ml_buf *in, ml_error *err) {
  const select_item item = item_at(ctx, i);
  (void)err;
  ml_buf_put(in, &item, sizeof item);
  return ML_OK;
}

static ml_status take_item(void *ctx, size_t i, const void *out, size_t n_out, ml_error *err) {
  selecting *s = ctx;
  const select_item item = item_at(s, i);
  size_t n_passes = s->p.n_passes, n_columns = s->p.n_columns;
  const char *at = out;
  bool is_sane = n_out == item.n * (sizeof(uint64_t) + n_passes * sizeof(double));
  for (size_t j = item.first; is_sane && j < item.first + item.n; j++) {
    uint64_t type;
    memcpy(&type, at, sizeof type);
    at += sizeof type;
    if (!(is_sane = type <= ML_FEATURE_REAL)) break;
    s->p.type[j] = (ml_feature_type)type;
    s->p.test[j] = select__test_name((ml_select_test)s->request.test, s->request.n_classes == 0,
                                     (ml_feature_type)type);
    for (size_t k = 0; k < n_passes; k++, at += sizeof(double))
      memcpy(&s->p.p[k * n_columns + j], at, sizeof(double));
  }
  return is_sane ? ML_OK : ml_error_set(err, ML_ERR_WORKER, "malformed p-values of a worker");
}

static void describe_item(void *ctx, size_t i, char *buf, size_t size) {
  const selecting *s = ctx;
  const select_item item = item_at(s, i);
  const char *first = name_of(s->features, item.first);
  if (item.n == 1)
    snprintf(buf, size, "feature '%s'", first);
  else
    snprintf(buf, size, "features '%s' to '%s'", first,
             name_of(s->features, item.first + item.n - 1));
}

/* The block of the matrix itself, where workers can map it. */
static ml_status find_values(selecting *s, const ml_exec *exec, ml_error *err) {
  const ml_matrix *m = s->features;
  size_t size = m->n_rows * m->n_columns * sizeof *m->values;
  bool is_there = m->block && m->block->data == (void *)m->values && m->block->size >= size;
  s->blocks[SELECT_VALUES] = m->block;
  if (is_there && (!exec || !exec->shares_memory || m->block->fd >= 0)) return ML_OK;
  ml_status status = ml_block_lend(exec, m->values, size, &s->lent, err);
  s->blocks[SELECT_VALUES] = s->lent;
  return status;
}

static ml_status rank_target(selecting *s, const ml_target *target, const ml_exec *exec,
                             ml_error *err) {
  ranks_target ranks;
  void *spare = malloc(ranks__n_spare(target->n) + 1);
  if (!spare) return ml_error_memory(err);
  ml_status status =
      ml_block_new(exec, 2 * target->n * sizeof(uint32_t), &s->blocks[SELECT_TARGET], err);
  if (status == ML_OK) {
    uint32_t *order = s->blocks[SELECT_TARGET]->data;
    ranks__order(target->values, target->n, order, spare);
    ranks__target(target->values, order, target->n, order + target->n, &ranks);
    s->request.ties = ranks.ties;
  }
  free(spare);
  return status;
}

static ml_status make_blocks(selecting *s, const ml_target *target, const ml_exec *exec,
                             ml_error *err) {
  ml_status status = find_values(s, exec, err);
  if (status != ML_OK) return status;
  if (s->request.n_classes == 0) return rank_target(s, target, exec, err);
  return ml_block_lend(exec, target->classes, target->n * sizeof *target->classes,
                       &s->blocks[SELECT_TARGET], err);
}

static ml_status make_table(selecting *s, ml_error *err) {
  select_p_values *p = &s->p;
  p->problem = s->request.n_classes ? ML_CLASSIFICATION : ML_REGRESSION;
  p->n_columns = s->features->n_columns;
  p->n_passes = select__n_passes(s->request.n_classes);
  p->type = calloc(p->n_columns + 1, sizeof *p->type);
  p->test = calloc(p->n_columns + 1, sizeof *p->test);
  p->p = calloc(p->n_columns + 1, p->n_passes * sizeof *p->p);
  return p->type && p->test && p->p ? ML_OK : ml_error_memory(err);
}

static ml_status run(selecting *s, ml_exec *exec, const ml_watch *watch, ml_error *err) {
  split(s, ml_exec_n_workers(exec));
  const ml_job job = {.module = ml_fresh_module(),
                      .task = "select",
                      .args = &s->request,
                      .n_args = sizeof s->request,
                      .inputs = s->blocks,
                      .n_inputs = SELECT_N_BLOCKS,
                      .n_items = s->n_items,
                      .put = put_item,
                      .take = take_item,
                      .describe = describe_item,
                      .ctx = s,
                      .step = "select",
                      .watch = watch};
  return ml_exec_run(exec, &job, err);
}

/* A target may be made by hand. */
static ml_status check_target(const ml_target *t, bool is_real, ml_error *err) {
  if (is_real ? !t->values : !t->classes || t->n_classes < 2)
    return ml_error_set(err, ML_ERR_USAGE, "target '%s' has no %s", t->name,
                        is_real ? "numbers" : "two classes");
  for (size_t i = 0; i < t->n; i++) {
    if (is_real && !isfinite(t->values[i]))
      return ml_error_set(err, ML_ERR_USAGE, "target '%s' is not finite in row %zu", t->name,
                          i + 1);
    if (!is_real && t->classes[i] >= t->n_classes)
      return ml_error_set(err, ML_ERR_USAGE, "target '%s' has class %u in row %zu, of %zu", t->name,
                          t->classes[i], i + 1, t->n_classes);
  }
  return ML_OK;
}

ml_status select__compute(const ml_matrix *features, const ml_target *target, ml_select_test test,
                          ml_exec *exec, const ml_watch *watch, select_p_values *out,
                          ml_error *err) {
  const bool is_real = select__is_real(test, target);
  if (features->n_rows != target->n)
    return ml_error_set(err, ML_ERR_USAGE, "target '%s' has %zu rows, and the features have %zu",
                        target->name, target->n, features->n_rows);
  if (target->n > RANKS_MAX_ROWS)
    return ml_error_set(err, ML_ERR_USAGE, "%zu rows are more than %u", target->n, RANKS_MAX_ROWS);
  selecting s = {.features = features,
                 .request = {.n_rows = features->n_rows,
                             .n_columns = features->n_columns,
                             .by_column = features->by_column,
                             .test = test,
                             .n_classes = is_real ? 0 : target->n_classes}};
  ml_status status = check_target(target, is_real, err);
  if (status == ML_OK) status = check_values(features, watch, err);
  if (status == ML_OK) status = make_table(&s, err);
  if (status == ML_OK && features->n_columns > 0) {
    status = make_blocks(&s, target, exec, err);
    if (status == ML_OK) status = run(&s, exec, watch, err);
  }
  if (status == ML_OK)
    *out = s.p;
  else
    select__release(&s.p);
  ml_block_free(s.lent);
  ml_block_free(s.blocks[SELECT_TARGET]);
  return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

ml_status ml_select(const ml_matrix *features, const ml_target *target, const ml_select_opts *opts,
                    ml_exec *exec, const ml_watch *watch, ml_selection **out, ml_error *err) {
  const ml_select_opts defaults = {0};
  if (!opts) opts = &defaults;
  select_p_values p;
  ml_status status = select__check(opts, target, err);
  if (status == ML_OK) status = select__compute(features, target, opts->test, exec, watch, &p, err);
  if (status != ML_OK) return status;
  status = select__decide(&p, target, features, opts, watch, out, err);
  select__release(&p);
  return status;
}
