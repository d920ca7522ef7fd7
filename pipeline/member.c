/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of objects in a file, each checked when it is taken. */
#include "member.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ml/labels.h>

ml_status member__fail(const member_of *m, const char *name, const char *format, ...) {
  char message[ML_ERROR_MESSAGE_MAX];
  const bool is_inner = m->where[0] && name[0];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return ml_error_at(m->err, ML_ERR_PARSE, m->source, 0, 0, "%s%s%.80s%s%s", m->where,
                     is_inner ? "." : "", name, m->where[0] || name[0] ? ": " : "", message);
}

static ml_status fail_type(const member_of *m, const char *name, const char *expected) {
  char found[64];
  return member__fail(m, name, "expected %s, found %s", expected,
                      ml_value_describe(member__value(m, name), found, sizeof found));
}

static bool is_among(const char *name, const char *const *names) {
  size_t i = 0;
  while (names[i] && strcmp(names[i], name) != 0) i++;
  return names[i] != NULL;
}

ml_status member__open(member_of *m, const char *source, const char *where, const ml_value *value,
                       const char *const *names, ml_error *err) {
  char found[64];
  *m = (member_of){.source = source, .dict = value, .err = err};
  snprintf(m->where, sizeof m->where, "%s", where);
  if (value->type != ML_TYPE_DICT)
    return member__fail(m, "", "expected an object, found %s",
                        ml_value_describe(value, found, sizeof found));
  for (size_t i = 0; names[i]; i++)
    if (!ml_value_find(value, names[i])) return member__fail(m, names[i], "it is missing");
  for (size_t i = 0; i < value->as.l.n; i++)
    if (!is_among(value->as.l.names[i], names))
      return member__fail(m, value->as.l.names[i], "nothing is known by this name");
  return ML_OK;
}

ml_status member__object(const member_of *m, const char *name, const char *const *names,
                         member_of *out) {
  char where[sizeof m->where];
  snprintf(where, sizeof where, "%.30s%s%.30s", m->where, m->where[0] ? "." : "", name);
  return member__open(out, m->source, where, member__value(m, name), names, m->err);
}

const ml_value *member__value(const member_of *m, const char *name) {
  return ml_value_find(m->dict, name);
}

bool member__is_null(const member_of *m, const char *name) {
  return member__value(m, name)->type == ML_TYPE_NULL;
}

ml_status member__text(const member_of *m, const char *name, bool may_lack, const char **out) {
  const ml_value *v = member__value(m, name);
  *out = v->type == ML_TYPE_STRING ? v->as.s.text : NULL;
  if (*out || (may_lack && v->type == ML_TYPE_NULL)) return ML_OK;
  return fail_type(m, name, may_lack ? "a string or null" : "a string");
}

ml_status member__int(const member_of *m, const char *name, int64_t lo, int64_t hi, int64_t *out) {
  if (!ml_value_as_int(member__value(m, name), out)) return fail_type(m, name, "an integer");
  if (*out >= lo && *out <= hi) return ML_OK;
  return member__fail(m, name, "%lld is out of range", (long long)*out);
}

ml_status member__word(const member_of *m, const char *name, const char *const *words,
                       size_t *out) {
  const char *text;
  ml_status status = member__text(m, name, false, &text);
  if (status != ML_OK) return status;
  for (*out = 0; words[*out]; ++*out)
    if (strcmp(words[*out], text) == 0) return ML_OK;
  return member__fail(m, name, "'%.60s' is none of its words", text);
}

ml_status member__list(const member_of *m, const char *name, size_t n, const ml_value **out) {
  *out = member__value(m, name);
  if ((*out)->type != ML_TYPE_LIST) return fail_type(m, name, "a list");
  if (n == SIZE_MAX || (*out)->as.l.n == n) return ML_OK;
  return member__fail(m, name, "expected %zu entries, found %zu", n, (*out)->as.l.n);
}

ml_status member__check_distinct(const member_of *m, const char *name, const char *const *texts,
                                 size_t n) {
  labels seen = {0};
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    const uint32_t code = labels__put(&seen, texts[i], strlen(texts[i]));
    if (code == LABELS_FULL)
      status = ml_error_memory(m->err);
    else if (code != i)
      status = member__fail(m, name, "'%.100s' is there twice", texts[i]);
  }
  labels__release(&seen);
  return status;
}

ml_status member__texts(const member_of *m, const char *name, ml_pipeline *p, size_t least,
                        const char ***out, size_t *n) {
  const ml_value *list;
  ml_status status = member__list(m, name, SIZE_MAX, &list);
  if (status != ML_OK) return status;
  *n = list->as.l.n;
  if (*n < least)
    return member__fail(m, name, "expected %zu entries at least, found %zu", least, *n);
  if (!(*out = pipeline__alloc(p, *n, sizeof **out))) return ml_error_memory(m->err);
  for (size_t i = 0; i < *n; i++) {
    const ml_value *v = &list->as.l.values[i];
    if (v->type != ML_TYPE_STRING) return member__fail(m, name, "entry %zu is no string", i + 1);
    if (!((*out)[i] = pipeline__text(p, v->as.s.text))) return ml_error_memory(m->err);
  }
  return member__check_distinct(m, name, *out, *n);
}
