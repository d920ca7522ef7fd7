/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boosters from files: checked, and written anew for XGBoost. */
#include "booster_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>

static const ml_saved_range floats = {-FLT_MAX, FLT_MAX};

const char *booster_objective(size_t n_classes) {
  return n_classes == 0   ? "reg:squarederror"
         : n_classes == 2 ? "binary:logistic"
                          : "multi:softprob";
}

/* ---- numbers ----------------------------------------------------------------------------------
 */

/* XGBoost tells numbers from integers by their form, and reads this one exactly, whatever the
 * locale: at most 9 digits, of which one is before the point, and an exponent. */
static bool put_float(ml_buf *out, double value) {
  enum { MOST_DIGITS = 9 };
  char text[ML_NUMBER_MAX], digits[ML_NUMBER_MAX];
  int n = 0, exponent = -1;
  bool is_behind = false;
  ml_number_format(fabs(value), text);
  const char *at = text;
  for (; *at && *at != 'e'; at++) {
    if (*at == '.') {
      is_behind = true;
      continue;
    }
    if (n == 0 && *at == '0')
      exponent -= is_behind; /* zeros in front */
    else
      digits[n++] = *at, exponent += !is_behind;
  }
  if (*at == 'e') exponent += atoi(at + 1);
  while (n > 0 && digits[n - 1] == '0') n--;
  if (n == 0) digits[n++] = '0', exponent = 0;
  ml_buf_printf(out, "%s%c%s%.*sE%d", signbit(value) ? "-" : "", digits[0], n > 1 ? "." : "", n - 1,
                digits + 1, exponent);
  return n <= MOST_DIGITS;
}

/* A number that XGBoost has as a string. */
static double read_number(ml_loader *loader, const char *name) {
  const char *text = ml_loader_text(loader, name), *end = text ? text + strlen(text) : NULL;
  double value = 0;
  if (text && ml_number_parse(text, end, &value) == end && fabs(value) <= (double)FLT_MAX)
    return value;
  ml_loader_fail(loader, name, "is no number");
  return 0;
}

/* ---- a tree -----------------------------------------------------------------------------------
 */

typedef struct xgb_tree {
  size_t n;
  const int64_t *left, *right, *column, *default_left;
  const double *condition; /* of a leaf: its value */
} xgb_tree;

static xgb_tree read_tree(ml_loader *loader, const booster_shape *shape) {
  size_t n = ml_loader_length(loader, "left_children");
  int64_t last = n < INT32_MAX ? (int64_t)n - 1 : 0;
  xgb_tree t = {n,
                ml_loader_ints(loader, "left_children", n, -1, last),
                ml_loader_ints(loader, "right_children", n, -1, last),
                ml_loader_ints(loader, "split_indices", n, 0, INT32_MAX),
                ml_loader_ints(loader, "default_left", n, 0, 1),
                ml_loader_reals(loader, "split_conditions", n, floats)};
  ml_loader_ints(loader, "split_type", n, 0, 0); /* categories: we make none */
  if (n == 0) ml_loader_fail(loader, "left_children", "is empty");
  for (size_t i = 0; loader->status == ML_OK && i < n; i++) {
    if ((t.left[i] < 0) != (t.right[i] < 0))
      ml_loader_fail(loader, "right_children", "has one child in place %zu", i + 1);
    if (t.left[i] >= 0 && (uint64_t)t.column[i] >= shape->n_columns)
      ml_loader_fail(loader, "split_indices", "has %lld in place %zu of %zu features",
                     (long long)t.column[i], i + 1, shape->n_columns);
  }
  return t;
}

/* Nodes as they are found from the root, level by level: those that were deleted are left out. More
 * than there are: some are found twice. @return how many; 0: it failed */
static size_t walk(ml_loader *loader, const xgb_tree *t, size_t *order) {
  size_t n = 1;
  order[0] = 0;
  for (size_t i = 0; i < n; i++) {
    if (t->left[order[i]] < 0) continue;
    if (n + 2 > t->n) {
      ml_loader_fail(loader, "left_children", "is no tree: there is more than one way to a node");
      return 0;
    }
    order[n++] = (size_t)t->left[order[i]];
    order[n++] = (size_t)t->right[order[i]];
  }
  return n;
}

typedef enum field { LEFT, RIGHT, PARENT, COLUMN, DEFAULT_LEFT, CONDITION, ZERO, REAL_ZERO } field;

static const struct {
  const char *name;
  field field;
} fields[] = {
    {"base_weights", REAL_ZERO},
    {"default_left", DEFAULT_LEFT},
    {"left_children", LEFT},
    {"loss_changes", REAL_ZERO},
    {"parents", PARENT},
    {"right_children", RIGHT},
    {"split_conditions", CONDITION},
    {"split_indices", COLUMN},
    {"split_type", ZERO},
    {"sum_hessian", REAL_ZERO},
};

/* Parents of nodes: the k-th that is no leaf is that of the k-th pair. */
static size_t next_parent(const xgb_tree *t, const size_t *order, size_t at) {
  while (t->left[order[at]] < 0) at++;
  return at;
}

static bool put_field(const xgb_tree *t, const size_t *order, size_t n, field f, ml_buf *out) {
  size_t child = 1, parent = 0;
  bool ok = true;
  for (size_t i = 0; i < n; i++) {
    size_t node = order[i];
    bool is_leaf = t->left[node] < 0;
    if (i) ml_buf_puts(out, ",");
    if (f == LEFT || f == RIGHT)
      ml_buf_printf(out, "%lld", is_leaf ? -1LL : (long long)(child + (f == RIGHT)));
    else if (f == PARENT && i % 2 == 1)
      parent = next_parent(t, order, i == 1 ? 0 : parent + 1);
    if (f == PARENT)
      ml_buf_printf(out, "%zu", i ? parent : (size_t)INT32_MAX);
    else if (f == COLUMN)
      ml_buf_printf(out, "%lld", is_leaf ? 0LL : (long long)t->column[node]);
    else if (f == DEFAULT_LEFT)
      ml_buf_printf(out, "%d", (int)t->default_left[node]);
    else if (f == CONDITION)
      ok = put_float(out, t->condition[node]) && ok;
    else if (f == ZERO)
      ml_buf_puts(out, "0");
    else if (f == REAL_ZERO)
      ml_buf_puts(out, "0E0");
    child += is_leaf ? 0 : 2;
  }
  return ok;
}

static void put_tree(ml_loader *loader, const xgb_tree *t, size_t id, size_t n_columns,
                     ml_buf *out) {
  size_t *order = malloc((t->n + 2) * sizeof *order);
  if (!order) {
    ml_loader_no_memory(loader);
    return;
  }
  size_t n = walk(loader, t, order);
  ml_buf_printf(out,
                "%s{\"id\":%zu,\"categories\":[],\"categories_nodes\":[],\"categories_segments\":[]"
                ",\"categories_sizes\":[]",
                id ? "," : "", id);
  for (size_t f = 0; n && f < sizeof fields / sizeof *fields; f++) {
    ml_buf_printf(out, ",\"%s\":[", fields[f].name);
    if (!put_field(t, order, n, fields[f].field, out))
      ml_loader_fail(loader, fields[f].name, "has a number with more than 9 digits");
    ml_buf_puts(out, "]");
  }
  ml_buf_printf(out,
                ",\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"%zu\",\"num_nodes\":"
                "\"%zu\",\"size_leaf_vector\":\"0\"}}",
                n_columns, n);
  free(order);
}

/* ---- the booster ------------------------------------------------------------------------------
 */

/* Trees of all classes follow one another in each round. */
static void put_trees(ml_loader *model, const booster_shape *shape, ml_buf *out) {
  size_t n_groups = shape->n_classes > 2 ? shape->n_classes : 1, n = shape->n_rounds * n_groups;
  size_t n_there = ml_loader_length(model, "trees");
  if (n_there != n) ml_loader_fail(model, "trees", "has %zu trees, where %zu belong", n_there, n);
  const int64_t *groups = ml_loader_ints(model, "tree_info", n, 0, (int64_t)n_groups - 1);
  ml_buf_puts(out, "[");
  for (size_t i = 0; model->status == ML_OK && i < n; i++) {
    if ((size_t)groups[i] != i % n_groups)
      ml_loader_fail(model, "tree_info", "has %lld in place %zu, where %zu belongs",
                     (long long)groups[i], i + 1, i % n_groups);
    ml_loader one = ml_loader_nth(model, "trees", i);
    xgb_tree t = read_tree(&one, shape);
    if (one.status == ML_OK) put_tree(&one, &t, i, shape->n_columns, out);
  }
  ml_buf_puts(out, "],\"tree_info\":[");
  for (size_t i = 0; model->status == ML_OK && i < n; i++)
    ml_buf_printf(out, "%s%zu", i ? "," : "", i % n_groups);
  ml_buf_printf(out,
                "],\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":\"%zu\","
                "\"size_leaf_vector\":\"0\"}",
                n);
}

static void expect_text(ml_loader *loader, const char *name, const char *want) {
  const char *text = ml_loader_text(loader, name);
  if (text && strcmp(text, want) != 0)
    ml_loader_fail(loader, name, "is '%.40s', where '%s' belongs", text, want);
}

/* Behind the trees: what they are added to, and what becomes of the sum. */
static void put_end(ml_loader *learner, const booster_shape *shape, ml_buf *out) {
  size_t k = shape->n_classes;
  ml_loader param = ml_loader_within(learner, "learner_model_param");
  double base = read_number(&param, "base_score");
  if (k == 2 && !(base > 0 && base < 1))
    ml_loader_fail(&param, "base_score", "is no probability between 0 and 1");
  ml_buf_printf(out, ",\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"");
  if (!put_float(out, base))
    ml_loader_fail(&param, "base_score", "is a number with more than 9 digits");
  ml_buf_printf(out,
                "\",\"boost_from_average\":\"1\",\"num_class\":\"%zu\",\"num_feature\":\"%zu\","
                "\"num_target\":\"1\"},\"objective\":{\"name\":\"%s\",",
                k > 2 ? k : 0, shape->n_columns, booster_objective(k));
  if (k > 2)
    ml_buf_printf(out, "\"softmax_multiclass_param\":{\"num_class\":\"%zu\"}}", k);
  else
    ml_buf_puts(out, "\"reg_loss_param\":{\"scale_pos_weight\":\"1\"}}");
  ml_buf_puts(out, "},\"version\":[1,7,4]}"); /* of this form, which later ones read, too */
}

void booster_rewrite(ml_loader *loader, const booster_shape *shape, ml_buf *out) {
  ml_loader booster = ml_loader_within(loader, "booster");
  ml_loader learner = ml_loader_within(&booster, "learner");
  ml_loader objective = ml_loader_within(&learner, "objective");
  ml_loader gradient = ml_loader_within(&learner, "gradient_booster");
  ml_loader model = ml_loader_within(&gradient, "model");
  expect_text(&objective, "name", booster_objective(shape->n_classes));
  expect_text(&gradient, "name", "gbtree");
  ml_buf_puts(out,
              "{\"learner\":{\"attributes\":{},\"feature_names\":[],\"feature_types\":[],"
              "\"gradient_booster\":{\"model\":{\"trees\":");
  put_trees(&model, shape, out);
  ml_buf_puts(out, "}");
  put_end(&learner, shape, out);
  if (out->failed) ml_loader_no_memory(loader);
}
