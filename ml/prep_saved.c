/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Under way. */
#include <math.h>
#include <ml/saved.h>
#include <stdlib.h>
#include <string.h>
#include "prep_internal.h"
void ml_prepared_uses(const ml_prepared *p, bool *used) {
  memset(used, 0, p->n_features * sizeof *used);
  for (size_t j = 0; j < p->n; j++) used[p->columns[j].feature] = true;
}
ml_status ml_prepared_save(const ml_prepared *p, const size_t *place, ml_arena *arena,
                           ml_value *out, ml_error *err) {
  static const char *const top[] = {"columns"}, *const cn[] = {"feature", "name", "texts", "ops"},
                           *const on[] = {"kind", "a", "b", "c", "label"};
  ml_value *v = ml_value_new_dict(arena, top, 1, out), *cols;
  if (!v || !(cols = ml_value_new_list(arena, p->n, v))) return ml_error_memory(err);
  for (size_t j = 0; j < p->n; j++) {
    const prep_column *c = &p->columns[j];
    ml_value *d = ml_value_new_dict(arena, cn, 4, &cols[j]), *ops;
    d[0] = ml_value_int((int64_t)place[c->feature]);
    d[1] = ml_value_string(c->name);
    d[2] = ml_value_bool(c->has_texts);
    ops = ml_value_new_list(arena, c->n_ops, &d[3]);
    for (size_t k = 0; k < c->n_ops; k++) {
      ml_value *o = ml_value_new_dict(arena, on, 5, &ops[k]);
      o[0] = ml_value_int(c->ops[k].kind);
      o[1] = ml_value_real(c->ops[k].a);
      o[2] = ml_value_real(c->ops[k].b);
      o[3] = ml_value_real(c->ops[k].c);
      o[4] = c->ops[k].label ? ml_value_string(c->ops[k].label) : ml_value_null();
    }
  }
  ml_value copy;
  if (!ml_value_copy(out, arena, &copy)) return ml_error_memory(err);
  *out = copy;
  return ML_OK;
}
ml_status ml_prepared_load(const ml_value *saved, size_t n_features, const bool *is_text,
                           ml_prepared **out, ml_error *err) {
  const ml_value *cols = ml_value_find(saved, "columns");
  (void)is_text;
  if (!cols) return ml_error_set(err, ML_ERR_PARSE, "no columns");
  ml_prepared *p = calloc(1, sizeof *p);
  p->n_features = n_features;
  for (size_t j = 0; j < cols->as.l.n; j++) {
    const ml_value *d = &cols->as.l.values[j], *ops = ml_value_find(d, "ops");
    prep_column *c = prep__add(p, (size_t)ml_value_find(d, "feature")->as.i,
                               ml_value_find(d, "name")->as.s.text, NULL);
    c->has_texts = ml_value_find(d, "texts")->as.b;
    for (size_t k = 0; k < ops->as.l.n; k++) {
      const ml_value *o = ops->as.l.values[k].as.l.values;
      prep_op op = {.kind = (prep_op_kind)o[0].as.i};
      ml_value_as_real(&o[1], &op.a);
      ml_value_as_real(&o[2], &op.b);
      ml_value_as_real(&o[3], &op.c);
      if (o[4].type == ML_TYPE_STRING) op.label = (char *)o[4].as.s.text;
      prep__add_op(c, op);
    }
  }
  *out = p;
  return ML_OK;
}
