/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that are letters, digits and underscores alone. */
#include <ml/matrix.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/buffer.h>
#include <ml/labels.h>

static bool is_safe_byte(char b) {
  return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_';
}

static bool is_safe(const char *name) {
  while (is_safe_byte(*name)) name++;
  return !*name;
}

/* The name with a number behind it, from 2 on, that no other has. */
static uint32_t put_free(labels *taken, ml_buf *name) {
  size_t n = name->n, n_before = taken->n;
  uint32_t code = LABELS_FULL;
  if (!name->failed) code = labels__put(taken, name->data, name->n);
  for (size_t k = 2; code != LABELS_FULL && code < n_before; k++) {
    name->n = n;
    ml_buf_printf(name, "_%zu", k);
    code = name->failed ? LABELS_FULL : labels__put(taken, name->data, name->n);
  }
  return code;
}

static bool make_safe(labels *taken, const char *name, char **out) {
  ml_buf safe = {0};
  ml_buf_puts(&safe, *name ? name : "_");
  for (size_t i = 0; i < safe.n; i++)
    if (!is_safe_byte(safe.data[i])) safe.data[i] = '_';
  bool done = put_free(taken, &safe) != LABELS_FULL;
  if (done) *out = strndup(safe.data, safe.n);
  ml_buf_release(&safe);
  return done && *out;
}

static bool fill(const char *const *names, size_t n, labels *taken, char **out) {
  for (size_t i = 0; i < n; i++)
    if (*names[i] && is_safe(names[i]) &&
        labels__put(taken, names[i], strlen(names[i])) == LABELS_FULL)
      return false;
  for (size_t i = 0; i < n; i++) {
    if (!*names[i] || !is_safe(names[i])) {
      if (!make_safe(taken, names[i], &out[i])) return false;
    } else if (!(out[i] = strdup(names[i]))) {
      return false;
    }
  }
  return true;
}

ml_status ml_safe_names(const char *const *names, size_t n, char ***out, ml_error *err) {
  labels taken = {0};
  char **safe = calloc(n + 1, sizeof *safe);
  bool done = safe && fill(names, n, &taken, safe);
  labels__release(&taken);
  if (done) {
    *out = safe;
    return ML_OK;
  }
  ml_safe_names_free(safe, n);
  return ml_error_memory(err);
}

void ml_safe_names_free(char **names, size_t n) {
  for (size_t i = 0; names && i < n; i++) free(names[i]);
  free(names);
}
