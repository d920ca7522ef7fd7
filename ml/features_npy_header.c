/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header of a .npy file: a Python dictionary, as numpy.lib.format describes it. */
#include <string.h>

#include "features_internal.h"

typedef struct scanner {
  const char *p, *end;
} scanner;

typedef enum npy_key { KEY_DESCR, KEY_ORDER, KEY_SHAPE, N_KEYS } npy_key;

static void skip_blanks(scanner *s) {
  while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t')) s->p++;
}

/* Blanks, then this text. @return whether it is there; then behind it */
static bool take(scanner *s, const char *text) {
  size_t n = strlen(text);
  skip_blanks(s);
  if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0) return false;
  s->p += n;
  return true;
}

/* A text in quotes, without escapes. */
static bool take_string(scanner *s, const char **text, size_t *n) {
  skip_blanks(s);
  if (s->p == s->end || (*s->p != '\'' && *s->p != '"')) return false;
  const char *stop = memchr(s->p + 1, *s->p, (size_t)(s->end - s->p - 1));
  if (!stop) return false;
  *text = s->p + 1;
  *n = (size_t)(stop - *text);
  s->p = stop + 1;
  return true;
}

static bool take_size(scanner *s, size_t *size) {
  skip_blanks(s);
  const char *from = s->p;
  *size = 0;
  for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
    if (__builtin_mul_overflow(*size, 10, size) ||
        __builtin_add_overflow(*size, (size_t)(*s->p - '0'), size))
      return false;
  return s->p > from;
}

static bool take_descr(scanner *s, npy_header *header) {
  const char *text;
  size_t n;
  (void)header;
  return take_string(s, &text, &n) && n == 3 && memcmp(text, "<f8", 3) == 0;
}

static bool take_order(scanner *s, npy_header *header) {
  header->by_column = take(s, "True");
  return header->by_column || take(s, "False");
}

static bool take_shape(scanner *s, npy_header *header) {
  if (!take(s, "(") || !take_size(s, &header->n_rows) || !take(s, ",") ||
      !take_size(s, &header->n_columns))
    return false;
  (void)take(s, ",");
  return take(s, ")");
}

static const struct {
  const char *name;
  bool (*take)(scanner *s, npy_header *header);
  const char *wrong;
} keys[N_KEYS] = {
    [KEY_DESCR] = {"descr", take_descr, "the values are not 64-bit floats (\"<f8\")"},
    [KEY_ORDER] = {"fortran_order", take_order, "the header's \"fortran_order\" is broken"},
    [KEY_SHAPE] = {"shape", take_shape, "the shape is not that of rows and columns"},
};

static size_t find_key(const char *name, size_t n) {
  size_t k = 0;
  while (k < N_KEYS && (strlen(keys[k].name) != n || memcmp(keys[k].name, name, n) != 0)) k++;
  return k;
}

/* @return what is wrong; NULL: nothing */
static const char *read_dict(scanner *s, npy_header *header) {
  static const char broken[] = "the header is broken";
  bool seen[N_KEYS] = {false};
  if (!take(s, "{")) return broken;
  while (!take(s, "}")) {
    const char *name;
    size_t n;
    if (!take_string(s, &name, &n) || !take(s, ":")) return broken;
    size_t k = find_key(name, n);
    if (k == N_KEYS || seen[k]) return broken;
    if (!keys[k].take(s, header)) return keys[k].wrong;
    seen[k] = true;
    if (take(s, ",")) continue;
    if (!take(s, "}")) return broken;
    break;
  }
  skip_blanks(s);
  for (size_t k = 0; k < N_KEYS; k++)
    if (!seen[k]) return broken;
  return s->p == s->end ? NULL : broken;
}

static uint32_t little_endian(const char *bytes, size_t n) {
  uint32_t value = 0;
  for (size_t i = n; i-- > 0;) value = value << 8 | (unsigned char)bytes[i];
  return value;
}

static ml_status fail(const char *source, const char *what, ml_error *err) {
  return ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "%s", what);
}

/* Do the values fill the rest of the file? */
static ml_status check_size(const npy_header *header, uint64_t file_size, const char *source,
                            ml_error *err) {
  uint64_t size;
  if (__builtin_mul_overflow((uint64_t)header->n_rows, header->n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof(double), &size) ||
      __builtin_add_overflow(size, header->n_bytes, &size) || size > file_size)
    return ml_error_at(err, ML_ERR_PARSE, source, 0, 0,
                       "the file ends too early for %zu x %zu values", header->n_rows,
                       header->n_columns);
  if (size == file_size) return ML_OK;
  return ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "more bytes follow the %zu x %zu values",
                     header->n_rows, header->n_columns);
}

ml_status features__npy_header(const char *bytes, size_t n, uint64_t file_size, const char *source,
                               npy_header *header, ml_error *err) {
  enum { MAGIC = 6, VERSION = 8 };
  *header = (npy_header){0};
  if (n < VERSION || memcmp(bytes, "\x93NUMPY", MAGIC) != 0)
    return fail(source, "not a .npy file", err);
  const int version = (unsigned char)bytes[MAGIC];
  if ((version != 1 && version != 2) || bytes[MAGIC + 1] != 0)
    return fail(source, "a version of .npy that is not read; NumPy writes 1.0 and 2.0", err);
  const size_t n_length = version == 1 ? 2 : 4, start = VERSION + n_length;
  if (n < start) return fail(source, "the header ends too early", err);
  const size_t length = little_endian(bytes + VERSION, n_length);
  if (length > NPY_HEADER_MAX - start) return fail(source, "the header is too long", err);
  if (length > n - start) return fail(source, "the header ends too early", err);
  header->n_bytes = start + length;
  scanner s = {bytes + start, bytes + start + length};
  const char *wrong = read_dict(&s, header);
  return wrong ? fail(source, wrong, err) : check_size(header, file_size, source, err);
}
