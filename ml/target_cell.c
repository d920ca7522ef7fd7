/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cells of a target say, by pandas' rules of reading a CSV file, and how it prints them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/number.h>

#include "target_internal.h"

/* A sign and digits. @return false when it is no integer */
static bool read_integer(const char *text, size_t n, target_cell *cell) {
  cell->is_negative = n > 0 && *text == '-';
  if (n > 0 && (*text == '-' || *text == '+')) text++, n--;
  if (n == 0) return false;
  bool is_huge = false;
  uint64_t magnitude = 0;
  for (size_t i = 0; i < n; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    is_huge |= __builtin_mul_overflow(magnitude, 10, &magnitude) ||
               __builtin_add_overflow(magnitude, (uint64_t)(text[i] - '0'), &magnitude);
  }
  cell->is_negative = cell->is_negative && (magnitude > 0 || is_huge);
  const uint64_t most = (uint64_t)INT64_MAX + cell->is_negative;
  cell->magnitude = magnitude;
  cell->kind = !is_huge && magnitude <= most  ? TARGET_INTEGER
               : is_huge || cell->is_negative ? TARGET_HUGE
                                              : TARGET_UNSIGNED;
  return true;
}

/* Blanks around a number are none of it; around a word they are. */
static bool has_blanks(const char *text, size_t n) {
  size_t n_trimmed = csv__trim(&text, n);
  return n_trimmed < n;
}

/* Minus zero is zero, which it equals. */
target_cell target__read_cell(const char *text) {
  static const target_kind kinds[] = {[CSV_NUMBER] = TARGET_REAL,
                                      [CSV_MISSING] = TARGET_MISSING,
                                      [CSV_INFINITE] = TARGET_INFINITE,
                                      [CSV_TOO_LARGE] = TARGET_INFINITE,
                                      [CSV_NO_NUMBER] = TARGET_TEXT};
  target_cell cell = {0};
  size_t n = strlen(text);
  if (!has_blanks(text, n) && csv__boolean(text, n, &cell.value))
    return cell.kind = TARGET_BOOLEAN, cell;
  n = csv__trim(&text, n);
  bool is_integer = read_integer(text, n, &cell);
  csv_number_kind kind = csv__number(text, n, &cell.value);
  if (!is_integer) cell.kind = kinds[kind];
  if (cell.value == 0) cell.value = 0;
  return cell;
}

/* Integers beyond 63 bits are unsigned, which are real to tsfresh; with a negative one among them,
 * or beyond 64 bits, no type of pandas has them. */
target_form target__form(const size_t counts[TARGET_N_KINDS], bool has_negative) {
  const target_form texts = {ML_TARGET_TEXT, false};
  size_t n_integers = counts[TARGET_INTEGER] + counts[TARGET_UNSIGNED] + counts[TARGET_HUGE];
  size_t n_reals = counts[TARGET_REAL] + counts[TARGET_INFINITE];
  if (counts[TARGET_TEXT] > 0) return texts;
  if (counts[TARGET_BOOLEAN] > 0)
    return n_integers + n_reals > 0 ? texts : (target_form){ML_TARGET_BOOLEAN, false};
  if (n_reals > 0) return (target_form){ML_TARGET_REAL, false};
  if (counts[TARGET_HUGE] > 0 || (counts[TARGET_UNSIGNED] > 0 && has_negative)) return texts;
  return (target_form){counts[TARGET_UNSIGNED] > 0 ? ML_TARGET_REAL : ML_TARGET_INTEGER, true};
}

const char *target__label(target_form form, const char *text, const target_cell *cell,
                          char buf[TARGET_LABEL_MAX]) {
  if (form.type == ML_TARGET_TEXT) return text;
  if (form.type == ML_TARGET_BOOLEAN) return cell->value != 0 ? "True" : "False";
  if (form.is_whole)
    snprintf(buf, TARGET_LABEL_MAX, "%s%" PRIu64, cell->is_negative ? "-" : "", cell->magnitude);
  else
    ml_number_repr(cell->value, buf);
  return buf;
}
