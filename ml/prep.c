/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preprocessing: the steps that are asked for, as text, and whether a dataset fits them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/nearest.h>

#include "prep_internal.h"

static ml_status fail_name(const char *name, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  ml_nearest nearest = ml_nearest_to(name);
  ml_buf tail = {0};
  for (size_t i = 0; prep__kind(i); i++)
    ml_nearest_try(&nearest, prep__kind(i)->name, strlen(prep__kind(i)->name));
  if (nearest.name)
    ml_buf_printf(&tail, "did you mean %s?", nearest.name);
  else
    for (size_t i = 0; prep__kind(i); i++)
      ml_buf_printf(&tail, "%s%s", i ? ", " : "there are ", prep__kind(i)->name);
  ml_status status =
      tail.failed ? ml_error_memory(err)
                  : ml_error_set(err, ML_ERR_USAGE, "no step \"%s\" (%.*s)",
                                 csv__quote(name, strlen(name), shown), (int)tail.n, tail.data);
  ml_buf_release(&tail);
  return status;
}

static bool ends_in_colon(const char *name) {
  return name[strlen(name) - 1] == ':';
}

/* @param text  which is cut in two at its "=" @param[out] argument  NULL: none. @return NULL: it is
 * no step */
static const prep_kind *find_kind(char *text, char **argument) {
  const prep_kind *kind;
  for (size_t i = 0; (kind = prep__kind(i)); i++) {
    *argument = text + strlen(kind->name);
    if (ends_in_colon(kind->name) && strncmp(text, kind->name, strlen(kind->name)) == 0)
      return kind;
  }
  *argument = strchr(text, '=');
  if (*argument) *(*argument)++ = 0;
  for (size_t i = 0; (kind = prep__kind(i)); i++)
    if (strcmp(kind->name, text) == 0) return kind;
  return NULL;
}

/* One step. @param text  which is changed */
static ml_status parse_step(char *text, prep_step *step, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  char *argument;
  const prep_kind *kind = find_kind(text, &argument);
  if (!kind) return fail_name(text, err);
  *step = (prep_step){.kind = kind};
  if (!argument && (!kind->argument || kind->may_lack)) return ML_OK;
  if (!kind->argument)
    return ml_error_set(err, ML_ERR_USAGE, "step \"%s\" has no argument, but \"%s\" is given",
                        kind->name, csv__quote(argument, strlen(argument), shown));
  if (!argument || !*argument)
    return ml_error_set(err, ML_ERR_USAGE, "step \"%s\" lacks its argument: %s%s%s", kind->name,
                        kind->name, ends_in_colon(kind->name) ? "" : "=", kind->argument);
  return kind->parse(argument, step, err);
}

static ml_status parse_all(const ml_csv *list, ml_prep *prep, ml_error *err) {
  const size_t n = ml_csv_n_columns(list);
  ml_buf text = {0}, arguments = {0};
  prep->steps = calloc(n, sizeof *prep->steps);
  for (size_t i = 0; i < n; i++) {
    const char *step = ml_csv_column(list, i);
    ml_buf_puts(&text, i ? "," : "");
    ml_buf_csv_cell(&text, step);
    ml_buf_put(&arguments, step, strlen(step) + 1);
  }
  ml_buf_put(&text, "", 1);
  prep->text = text.data;
  prep->arguments = arguments.data;
  if (!prep->steps || text.failed || arguments.failed) return ml_error_memory(err);
  ml_status status = ML_OK;
  for (char *step = arguments.data; prep->n < n && status == ML_OK; prep->n++) {
    char *next = step + strlen(step) + 1;
    status = parse_step(step, &prep->steps[prep->n], err);
    step = next;
  }
  return status;
}

ml_status ml_prep_parse(const char *text, ml_prep **out, ml_error *err) {
  assert(text && out);
  ml_csv *list = NULL;
  ml_status status = ML_OK;
  const bool has_any = text[strspn(text, " \t")] != 0;
  ml_prep *prep = calloc(1, sizeof *prep);
  if (!prep) return ml_error_memory(err);
  if (has_any) status = csv__open_list(text, "the preprocessing", &list, err);
  if (status == ML_OK && has_any) status = parse_all(list, prep, err);
  if (status == ML_OK && !has_any && !(prep->text = strdup(""))) status = ml_error_memory(err);
  ml_csv_close(list);
  if (status == ML_OK)
    *out = prep;
  else
    ml_prep_free(prep);
  return status;
}

void ml_prep_free(ml_prep *prep) {
  if (!prep) return;
  free(prep->steps);
  free(prep->text);
  free(prep->arguments);
  free(prep);
}

const char *ml_prep_text(const ml_prep *prep) {
  return prep->text;
}

bool ml_prep_has(const ml_prep *prep, const char *step, const char *column) {
  for (size_t i = 0; prep && i < prep->n; i++) {
    const prep_step *s = &prep->steps[i];
    if (strcmp(s->kind->name, step) != 0) continue;
    if (!column || !s->column || strcmp(s->column, column) == 0) return true;
  }
  return false;
}

bool ml_prep_rules(const ml_prep *prep, ml_select_opts *out) {
  for (size_t i = 0; prep && i < prep->n; i++) {
    if (strcmp(prep->steps[i].kind->name, "select") != 0) continue;
    *out = prep->steps[i].select;
    return true;
  }
  return false;
}

/* Texts of which none is a number say why a column has texts; else the first does. */
static const char *telling_label(const ml_levels *levels) {
  double unused;
  for (size_t k = 0; k < levels->n; k++)
    if (csv__number(levels->labels[k], strlen(levels->labels[k]), &unused) == CSV_NO_NUMBER)
      return levels->labels[k];
  return levels->n ? levels->labels[0] : "";
}

static ml_status fail_texts(const ml_dataset *data, size_t j, ml_error *err) {
  char name[CSV_QUOTE_MAX], label[CSV_QUOTE_MAX], number[PREP_NUMBER_MAX];
  const char *text = telling_label(&data->categories[j]), *feature = prep__name(data, j, number);
  csv__quote(feature, strlen(feature), name);
  return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                     "feature \"%s\" has texts, such as \"%s\"; the step one-hot makes numbers of "
                     "them, --exclude leaves the column out",
                     name, csv__quote(text, strlen(text), label));
}

ml_status ml_prep_check(const ml_prep *prep, const ml_dataset *data, ml_error *err) {
  ml_status status = ML_OK;
  bool *has_texts = calloc(data->n_features + 1, sizeof *has_texts);
  prep_shape shape = {.has_texts = has_texts, .n_numeric = data->n_features, .is_exact = true};
  if (!has_texts) return ml_error_memory(err);
  for (size_t j = 0; data->categories && j < data->n_features; j++) {
    has_texts[j] = data->categories[j].n > 0;
    shape.n_numeric -= has_texts[j];
  }
  for (size_t i = 0; i < prep->n && status == ML_OK; i++)
    if (prep->steps[i].kind->check)
      status = prep->steps[i].kind->check(&prep->steps[i], data, &shape, err);
  for (size_t j = 0; j < data->n_features && status == ML_OK; j++)
    if (has_texts[j]) status = fail_texts(data, j, err);
  free(has_texts);
  return status;
}
