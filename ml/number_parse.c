/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ml/number.h>
#include <stdlib.h>
#include <string.h>
const char *ml_number_parse(const char *text, const char *end, double *value) {
  char buf[512];
  size_t n = (size_t)(end - text) < 511 ? (size_t)(end - text) : 511;
  memcpy(buf, text, n);
  buf[n] = 0;
  char *stop;
  if (buf[0] == ' ' || strpbrk(buf, "xX")) return NULL;
  double v = strtod(buf, &stop);
  if (stop == buf) return NULL;
  *value = v;
  return text + (stop - buf);
}
