/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much each column counts: the model is asked once, when it is fitted, and the file keeps it.
 */
#include <math.h>
#include <string.h>

#include <ml/utf8.h>

#include "load.h"

static bool is_importance(double x) {
  return isfinite(x) && x >= 0;
}

/* Nothing else depends on it: what is no importance is as if the model did not say it. */
ml_status importance__ask(ml_pipeline *p, const ml_view *view, ml_error *err) {
  const ml_model *model = p->model;
  const size_t n = view->n_columns;
  const char *is = model->importance_is;
  ml_error why = {0};
  if (!model->importance || !is || !utf8__is_text(is, strlen(is))) return ML_OK;
  double *values = pipeline__alloc(p, n, sizeof *values);
  if (!values) return ml_error_memory(err);
  const ml_status status = model->importance(p->fitted, view, values, &why);
  if (status == ML_ERR_MEMORY) return ml_error_memory(err);
  size_t j = 0;
  while (status == ML_OK && j < n && is_importance(values[j])) j++;
  if (status != ML_OK || j < n) return ML_OK;
  p->importance = values;
  p->importance_is = is;
  return ML_OK;
}

ml_status importance__make(ml_pipeline *p, ml_value *out, ml_error *err) {
  static const char *const names[] = {"is", "values"};
  if (!p->importance) return ML_OK;
  const size_t n = pipeline__n_columns(p);
  ml_value *members = ml_value_new_dict(p->arena, names, 2, out), *values;
  if (!members || !(values = ml_value_new_list(p->arena, n, &members[1])))
    return ml_error_memory(err);
  members[0] = ml_value_string(p->importance_is);
  for (size_t j = 0; j < n; j++) values[j] = ml_value_real(p->importance[j]);
  return ML_OK;
}

ml_status importance__load(const member_of *about, ml_pipeline *p) {
  static const char *const names[] = {"is", "values", NULL};
  const size_t n = pipeline__n_columns(p);
  member_of m;
  const ml_value *list;
  const char *is;
  if (member__is_null(about, "importance")) return ML_OK;
  ml_status status = member__object(about, "importance", names, &m);
  if (status == ML_OK) status = member__text(&m, "is", false, &is);
  if (status == ML_OK) status = member__list(&m, "values", n, &list);
  if (status != ML_OK) return status;
  double *values = pipeline__alloc(p, n, sizeof *values);
  char *copy = pipeline__text(p, is);
  if (!values || !copy) return ml_error_memory(about->err);
  for (size_t j = 0; j < n; j++) {
    const ml_value *v = &list->as.l.values[j];
    if (v->type == ML_TYPE_BOOL || !ml_value_as_real(v, &values[j]) || !is_importance(values[j]))
      return member__fail(&m, "values", "entry %zu is no finite number from 0 on", j + 1);
  }
  p->importance = values;
  p->importance_is = copy;
  return ML_OK;
}
