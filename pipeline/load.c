/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipelines from JSON: nothing of the file is trusted. */
#include "load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/input.h>

/* ---- where the recipe stands ------------------------------------------------------------------
 */

/* What follows a string that begins at p. Everything here is JSON: it has been read as such. */
static const char *after_string(const char *p) {
  for (p++; *p != '"'; p++) p += *p == '\\';
  return p + 1;
}

/* What follows a value that begins at p. */
static const char *after_value(const char *p) {
  size_t depth = 0;
  do {
    if (*p == '"') {
      p = after_string(p);
      continue;
    }
    depth += *p == '{' || *p == '[';
    depth -= *p == '}' || *p == ']';
    p++;
  } while (depth > 0 || !strchr(",}] \t\r\n", *p));
  return p;
}

static const char *after_blanks(const char *p) {
  return p + strspn(p, " \t\r\n");
}

/* The text of a member of the outermost object. @param text  ends with a NUL
 * @return false: there is none whose name is spelt so */
static bool find_text(const char *text, const char *name, const char **from, const char **to) {
  const size_t n = strlen(name);
  const char *p = strchr(text, '{');
  for (p = after_blanks(p + 1); *p == '"'; p = after_blanks(p + 1)) {
    const char *key = p + 1;
    p = after_string(p);
    const bool is_it = (size_t)(p - 1 - key) == n && memcmp(key, name, n) == 0;
    *from = after_blanks(after_blanks(p) + 1);
    *to = after_value(*from);
    if (is_it) return true;
    p = after_blanks(*to);
    if (*p != ',') break;
  }
  return false;
}

static void find_place(const char *text, const char *at, size_t *line, size_t *column) {
  *line = *column = 1;
  for (; text < at; text++) {
    *column = *text == '\n' ? 1 : *column + 1;
    *line += *text == '\n';
  }
}

static ml_status take_recipe_text(loading *l, size_t *line, size_t *column) {
  ml_pipeline *p = l->p;
  const ml_value *v = member__value(&l->root, "recipe");
  const char *from = NULL, *to = NULL;
  *line = *column = 0;
  if (v->type == ML_TYPE_STRING) {
    from = v->as.s.text;
    to = from + v->as.s.n;
  } else if (v->type != ML_TYPE_DICT) {
    return member__fail(&l->root, "recipe", "expected an object, or a string with one");
  } else if (find_text(l->text, "recipe", &from, &to)) {
    find_place(l->text, from, line, column);
  } else {
    return member__fail(&l->root, "recipe", "its name is spelt otherwise");
  }
  char *copy = pipeline__alloc(p, (size_t)(to - from) + 1, 1);
  if (!copy) return ml_error_memory(l->err);
  memcpy(copy, from, (size_t)(to - from));
  p->recipe = copy;
  p->n_recipe = (size_t)(to - from);
  return ML_OK;
}

static ml_status load_recipe(loading *l) {
  size_t line, column;
  if (!l->p->is_series) {
    if (member__is_null(&l->root, "recipe")) return ML_OK;
    return member__fail(&l->root, "recipe", "a table has none, and null stands for it");
  }
  ml_status status = take_recipe_text(l, &line, &column);
  return status == ML_OK ? recipe__read(l->p, l->source, line, column, l->err) : status;
}

/* ---- schema, about ----------------------------------------------------------------------------
 */

static ml_status check_schema(const loading *l, const ml_value *root) {
  const ml_value *v = ml_value_find(root, pipeline__sections[0]);
  int64_t schema;
  if (!v || !ml_value_as_int(v, &schema) || schema < 1)
    return ml_error_at(l->err, ML_ERR_PARSE, l->source, 0, 0,
                       "no model of mltool: it does not begin with {\"%s\": %d, ...}",
                       pipeline__sections[0], PIPELINE_SCHEMA);
  if (schema == PIPELINE_SCHEMA) return ML_OK;
  return ml_error_at(l->err, ML_ERR_PARSE, l->source, 0, 0,
                     "written by a newer mltool (schema %lld), and this one reads schema %d",
                     (long long)schema, PIPELINE_SCHEMA);
}

/* Who shows it relies on its types. */
static ml_status check_seed(const member_of *m) {
  const ml_value *v = member__value(m, "seed");
  int64_t seed;
  if (v->type == ML_TYPE_STRING || ml_value_as_int(v, &seed)) return ML_OK;
  return member__fail(m, "seed", "expected an integer, or a string with one");
}

static ml_status check_number(const member_of *m, const char *name) {
  double number;
  if (member__is_null(m, name) || ml_value_as_real(member__value(m, name), &number)) return ML_OK;
  return member__fail(m, name, "expected a number or null");
}

static ml_status check_metrics(const member_of *validation) {
  static const char *const names[] = {"name", "mean", "sd", "pooled", NULL};
  const ml_value *list;
  const char *text;
  ml_status status = member__list(validation, "metrics", SIZE_MAX, &list);
  for (size_t k = 0; status == ML_OK && k < list->as.l.n; k++) {
    member_of metric;
    status = member__open(&metric, validation->source, "about.validation.metrics",
                          &list->as.l.values[k], names, validation->err);
    if (status == ML_OK) status = member__text(&metric, "name", false, &text);
    for (size_t i = 1; i < 4 && status == ML_OK; i++) status = check_number(&metric, names[i]);
  }
  return status;
}

static ml_status check_validation(const member_of *about) {
  static const char *const names[] = {"cv",         "seed",    "folds", "repeats",
                                      "candidates", "metrics", NULL};
  member_of validation;
  const char *text;
  int64_t count;
  if (member__is_null(about, "validation")) return ML_OK;
  ml_status status = member__object(about, "validation", names, &validation);
  if (status == ML_OK) status = member__text(&validation, "cv", true, &text);
  if (status == ML_OK) status = check_seed(&validation);
  for (size_t i = 2; i < 5 && status == ML_OK; i++)
    status = member__int(&validation, names[i], 0, INT64_MAX, &count);
  return status == ML_OK ? check_metrics(&validation) : status;
}

static ml_status check_target(const member_of *data) {
  static const char *const names[] = {"min", "mean", "max", NULL};
  const ml_value *classes = member__value(data, "classes");
  member_of values;
  int64_t count;
  if (classes->type != ML_TYPE_NULL && classes->type != ML_TYPE_DICT)
    return member__fail(data, "classes", "expected an object or null");
  for (size_t k = 0; classes->type == ML_TYPE_DICT && k < classes->as.l.n; k++)
    if (!ml_value_as_int(&classes->as.l.values[k], &count) || count < 0)
      return member__fail(data, "classes", "'%.100s' is no number of rows", classes->as.l.names[k]);
  if (member__is_null(data, "values")) return ML_OK;
  ml_status status = member__object(data, "values", names, &values);
  for (size_t i = 0; i < 3 && status == ML_OK; i++) status = check_number(&values, names[i]);
  return status;
}

static ml_status check_data(const member_of *about) {
  static const char *const names[] = {"file",    "rows",   "features", "weighted",
                                      "classes", "values", NULL};
  member_of data;
  const char *text;
  int64_t count;
  ml_status status = member__object(about, "data", names, &data);
  if (status == ML_OK) status = member__text(&data, "file", true, &text);
  if (status == ML_OK) status = member__int(&data, "rows", 1, UINT32_MAX, &count);
  if (status == ML_OK) status = member__int(&data, "features", 1, INT64_MAX, &count);
  if (status == ML_OK && member__value(&data, "weighted")->type != ML_TYPE_BOOL)
    status = member__fail(&data, "weighted", "expected true or false");
  return status == ML_OK ? check_target(&data) : status;
}

static const char *const about_names[] = {"mltool", "data",       "importance",
                                          "seed",   "validation", NULL};

/* How many columns there are is known when the steps are. */
static ml_status load_importance(loading *l) {
  member_of about;
  ml_status status = member__object(&l->root, "about", about_names, &about);
  return status == ML_OK ? importance__load(&about, l->p) : status;
}

static ml_status load_about(loading *l) {
  member_of about;
  const char *text;
  ml_status status = member__object(&l->root, "about", about_names, &about);
  if (status == ML_OK) status = member__text(&about, "mltool", false, &text);
  if (status == ML_OK) status = check_data(&about);
  if (status == ML_OK) status = check_seed(&about);
  if (status == ML_OK) status = check_validation(&about);
  if (status == ML_OK && !ml_value_copy(about.dict, l->p->arena, &l->p->about))
    status = ml_error_memory(l->err);
  return status;
}

/* ---- input ------------------------------------------------------------------------------------
 */

static ml_status copy_text(loading *l, const member_of *m, const char *name, bool may_lack,
                           const char **out) {
  const char *text;
  ml_status status = member__text(m, name, may_lack, &text);
  if (status != ML_OK) return status;
  *out = text ? pipeline__text(l->p, text) : NULL;
  return text && !*out ? ml_error_memory(l->err) : ML_OK;
}

static ml_status load_window(loading *l, const member_of *input) {
  static const char *const names[] = {"rows", "span", "min_rows", "stride", "stride_span", NULL};
  member_of m;
  int64_t v[5];
  if (member__is_null(input, "window")) return ML_OK;
  ml_status status = member__object(input, "window", names, &m);
  for (size_t i = 0; i < 5 && status == ML_OK; i++)
    status = member__int(&m, names[i], 0, INT64_MAX, &v[i]);
  if (status != ML_OK) return status;
  l->p->window = (ml_window){.rows = (size_t)v[0],
                             .span = v[1],
                             .min_rows = (size_t)v[2],
                             .stride = (size_t)v[3],
                             .stride_span = v[4]};
  l->p->columns.window = &l->p->window;
  return ML_OK;
}

static ml_status load_missing(const member_of *m, const char *name, ml_missing *out) {
  size_t word = 0;
  ml_status status = member__word(m, name, pipeline__missing, &word);
  *out = (ml_missing)word;
  return status;
}

static ml_status load_series(loading *l) {
  static const char *const names[] = {"kind",    "id",       "sort",   "kind_column", "value",
                                      "missing", "infinite", "window", NULL};
  member_of m;
  ml_series_opts *o = &l->p->columns;
  ml_status status = member__object(&l->root, "input", names, &m);
  if (status == ML_OK) status = copy_text(l, &m, "id", false, &o->id);
  if (status == ML_OK) status = copy_text(l, &m, "sort", true, &o->sort);
  if (status == ML_OK) status = copy_text(l, &m, "kind_column", true, &o->kind);
  if (status == ML_OK) status = copy_text(l, &m, "value", true, &o->value);
  if (status == ML_OK && (o->kind != NULL) != (o->value != NULL))
    status = member__fail(&m, "value", "it goes together with 'kind_column'");
  if (status == ML_OK && o->kind && (!*o->kind || !*o->value))
    status = member__fail(&m, *o->kind ? "value" : "kind_column", "it has no name");
  if (status == ML_OK) status = load_missing(&m, "missing", &o->missing);
  if (status == ML_OK) status = load_missing(&m, "infinite", &o->infinite);
  return status == ML_OK ? load_window(l, &m) : status;
}

static ml_status load_input(loading *l) {
  static const char *const names[] = {"kind", "id", NULL};
  const ml_value *input = member__value(&l->root, "input"), *kind = ml_value_find(input, "kind");
  member_of m;
  if (kind && kind->type == ML_TYPE_STRING && strcmp(kind->as.s.text, "series") == 0) {
    l->p->is_series = true;
    return load_series(l);
  }
  ml_status status = member__object(&l->root, "input", names, &m);
  if (status == ML_OK && (kind->type != ML_TYPE_STRING || strcmp(kind->as.s.text, "table") != 0))
    status = member__fail(&m, "kind", "expected \"series\" or \"table\"");
  return status == ML_OK ? copy_text(l, &m, "id", true, &l->p->id) : status;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

/* Of the wide shape the recipe knows the columns. */
static ml_status list_kinds(loading *l) {
  return l->p->is_series && !input__is_long(l->p) ? input__list_kinds(l->p, l->err) : ML_OK;
}

static ml_status load(loading *l, const ml_value *root) {
  ml_status status = check_schema(l, root);
  if (status == ML_OK)
    status = member__open(&l->root, l->source, "", root, pipeline__sections, l->err);
  if (status == ML_OK) status = load_about(l);
  if (status == ML_OK) status = load_input(l);
  if (status == ML_OK) status = load__features(l);
  if (status == ML_OK) status = load_recipe(l);
  if (status == ML_OK) status = list_kinds(l);
  if (status == ML_OK) status = load__steps(l);
  if (status == ML_OK) status = load_importance(l);
  return status == ML_OK ? load__model(l) : status;
}

/* @param text  n bytes with a NUL behind them
 * @param trusted  as in loading */
static ml_status parse(const char *text, size_t n, const char *source, const char *trusted,
                       ml_pipeline **out, ml_error *err) {
  loading l = {.text = text, .source = source, .trusted = trusted, .err = err};
  ml_value root;
  ml_arena *arena = ml_arena_new();
  l.p = pipeline__new();
  ml_status status =
      arena && l.p ? ml_value_from_json(text, n, source, arena, &root, err) : ml_error_memory(err);
  if (status == ML_OK) status = load(&l, &root);
  ml_arena_free(arena);
  if (status == ML_OK)
    *out = l.p;
  else
    ml_pipeline_free(l.p);
  return status;
}

static ml_status fail_size(const char *source, ml_error *err) {
  return ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "larger than %zu MiB, which no model is",
                     PIPELINE_BYTES_MAX >> 20);
}

ml_status ml_pipeline_parse(const char *text, size_t n, const char *source, ml_pipeline **out,
                            ml_error *err) {
  assert((text || n == 0) && out);
  if (n > PIPELINE_BYTES_MAX) return fail_size(source, err);
  char *copy = malloc(n + 1);
  if (!copy) return ml_error_memory(err);
  if (n > 0) memcpy(copy, text, n);
  copy[n] = 0;
  ml_status status = parse(copy, n, source, NULL, out, err);
  free(copy);
  return status;
}

ml_status load__read(const char *path, ml_buf *text, ml_error *err) {
  enum { STEP = 1 << 16 };
  ml_input *input;
  size_t n = 1;
  ml_status status = ml_input_open(path, NULL, &input, err);
  if (status != ML_OK) return status;
  while (status == ML_OK && n > 0) {
    char *to = ml_buf_reserve(text, STEP);
    status = to ? ml_input_read(input, to, STEP - 1, &n, err) : ml_error_memory(err);
    if (status == ML_OK) text->n += n;
    if (status == ML_OK && text->n > PIPELINE_BYTES_MAX) status = fail_size(path, err);
  }
  ml_input_close(input);
  return status;
}

static ml_status load_file(const char *path, bool is_trusted, ml_pipeline **out, ml_error *err) {
  assert(path && out);
  ml_buf text = {0};
  ml_status status = load__read(path, &text, err);
  if (status == ML_OK) {
    text.data[text.n] = 0; /* there is room: less is read than was reserved */
    status = parse(text.data, text.n, path, is_trusted ? path : NULL, out, err);
  }
  ml_buf_release(&text);
  return status;
}

ml_status ml_pipeline_load(const char *path, ml_pipeline **out, ml_error *err) {
  return load_file(path, false, out, err);
}

ml_status ml_pipeline_load_trusted(const char *path, ml_pipeline **out, ml_error *err) {
  return load_file(path, true, out, err);
}
