/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ml/number.h>
#include <stdio.h>
size_t ml_number_format(double value, char *buf) {
  return (size_t)snprintf(buf, 32, "%.17g", value);
}
size_t ml_number_repr(double value, char *buf) {
  return (size_t)snprintf(buf, 32, "%.17g", value);
}
