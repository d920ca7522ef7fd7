/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SVG pictures are put together from. */
#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FONTS  "system-ui,-apple-system,'Segoe UI','Helvetica Neue',Arial,sans-serif"
#define DOTS   "\xe2\x80\xa6"
#define TINY_P 1e-300

/* ---- places -------------------------------------------------------------------------------- */

void picture__begin(ml_buf *out, const char *name, double top, double width, double height) {
  ml_buf_printf(
      out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"%s\" viewBox=\"0 %.0f %.0f %.0f\" "
      "width=\"%.0f\" height=\"%.0f\" font-family=\"" FONTS "\"",
      name, top, width, height, width, height);
}

void picture__at(ml_buf *out, double coordinate) {
  long tenths = lround(coordinate * 10);
  ml_buf_printf(out, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
  if (tenths % 10) ml_buf_printf(out, ".%ld", labs(tenths) % 10);
}

void picture__point(ml_buf *out, char letter, double x, double y) {
  if (letter) ml_buf_put(out, &letter, 1);
  picture__at(out, x);
  ml_buf_puts(out, ",");
  picture__at(out, y);
}

/* ---- texts --------------------------------------------------------------------------------- */

/* Bytes that are drawn as one sign. What is not UTF-8 is cut anywhere. */
static size_t sign_length(const char *s) {
  unsigned char lead = (unsigned char)*s;
  size_t n = 1, most = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  while (n < most && ((unsigned char)s[n] & 0xC0) == 0x80) n++;
  return n;
}

/* In thousandths of the size; those of a wide font (DejaVu Sans), so that others fit, too. */
static double sign_width(const char *s) {
  static const struct {
    const char *signs;
    double width;
  } classes[] = {{"ijl'|", 0.29},    {".,:; It", 0.40}, {"fr()[]-/\\!", 0.42},
                 {"_\"csz*?", 0.56}, {"mMW%@", 1.0},    {"wGOQD=+<>~#&", 0.84}};
  unsigned char lead = (unsigned char)*s;
  if (lead >= 0xE0) return 1.0; /* of Asia, and symbols */
  if (lead >= 0x80) return 0.66;
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (strchr(classes[i].signs, lead)) return classes[i].width;
  return lead >= 'A' && lead <= 'Z' ? 0.72 : 0.64;
}

double picture__width(const char *text, double size) {
  double width = 0;
  for (; *text; text += sign_length(text)) width += sign_width(text);
  return width * size;
}

/* Where the last signs of a text begin that fit. */
static const char *tail_that_fits(const char *text, double room, double size) {
  double width = picture__width(text, size);
  for (; width > room && *text; text += sign_length(text)) width -= sign_width(text) * size;
  return text;
}

void picture__name(ml_buf *out, const char *text, double room, double size) {
  if (picture__width(text, size) <= room) {
    ml_buf_xml_text(out, text);
    return;
  }
  ml_buf cut = {0};
  const char *head = text;
  double half = (room - size) / 2, width = 0;
  while (*head && (width += sign_width(head) * size) <= half) head += sign_length(head);
  ml_buf_put(&cut, text, (size_t)(head - text));
  ml_buf_puts(&cut, DOTS);
  ml_buf_puts(&cut, tail_that_fits(head, half, size));
  ml_buf_put(&cut, "", 1);
  if (cut.failed)
    out->failed = true;
  else
    ml_buf_xml_text(out, cut.data);
  ml_buf_release(&cut);
}

void picture__text(ml_buf *out, double x, double y, const char *how, const char *text) {
  ml_buf_puts(out, "<text x=\"");
  picture__at(out, x);
  ml_buf_puts(out, "\" y=\"");
  picture__at(out, y);
  ml_buf_printf(out, "\" %s>", how);
  ml_buf_xml_text(out, text);
  ml_buf_puts(out, "</text>\n");
}

/* "1.5e-06" becomes "1.5e-6". */
static void shorten_exponent(char *text) {
  char *e = strchr(text, 'e');
  if (!e) return;
  char *to = e + 1, *from = to;
  if (*from == '-') *to++ = *from;
  while (*from == '-' || *from == '+' || (*from == '0' && from[1])) from++;
  memmove(to, from, strlen(from) + 1);
}

void picture__p(ml_buf *out, double p) {
  char text[ML_NUMBER_MAX];
  if (isnan(p)) {
    ml_buf_puts(out, "\xe2\x80\x93");
  } else if (p < TINY_P) {
    ml_buf_puts(out, p > 0 ? "&lt; 1e-300" : "0");
  } else {
    snprintf(text, sizeof text, p < 1e-3 ? "%.2e" : "%.3g", p);
    shorten_exponent(text);
    ml_buf_puts(out, text);
  }
}

/* ---- axes ---------------------------------------------------------------------------------- */

double picture__share(double value, double lo, double hi) {
  double range = hi / 2 - lo / 2; /* halves, since a range may be larger than any number */
  return range > 0 ? (value / 2 - lo / 2) / range : 0.5;
}

static void put_label(double value, double largest, int exponent, char *label) {
  int digits = (int)floor(log10(largest)) - exponent + 1;
  if (value == 0)
    strcpy(label, "0");
  else if (largest < 1e6 && exponent >= -4)
    snprintf(label, ML_NUMBER_MAX, "%.*f", exponent < 0 ? -exponent : 0, value);
  else
    snprintf(label, ML_NUMBER_MAX, "%.*e", digits < 2 ? 0 : digits > 16 ? 15 : digits - 1, value);
  shorten_exponent(label);
}

void picture__ticks(double lo, double hi, size_t wanted, picture_ticks *out) {
  static const double rounds[] = {1, 2, 5, 10};
  out->n = 0;
  double rough = hi / (double)wanted - lo / (double)wanted;
  double largest = fmax(fabs(lo), fabs(hi));
  if (!(rough >= 1e-290 && rough > largest * 1e-13)) return; /* no digits are left between them */
  int exponent = (int)floor(log10(rough));
  double unit = pow(10, exponent), step = 10 * unit;
  for (size_t i = sizeof rounds / sizeof *rounds; i-- > 0;)
    if (rounds[i] * unit >= rough * (1 - 1e-9)) step = rounds[i] * unit;
  if (step >= 10 * unit) exponent++;
  double first = ceil(lo / step);
  for (size_t i = 0; i < PICTURE_TICKS && (first + (double)i) * step <= hi; i++) {
    out->at[out->n] = (first + (double)i) * step;
    put_label(out->at[out->n], largest, exponent, out->labels[out->n]);
    out->n++;
  }
}

void picture__log_ticks(double lo, double hi, size_t wanted, picture_ticks *out) {
  static const double each[] = {1, 2, 5};
  double decades = log10(hi) - log10(lo), first = floor(log10(lo) + 1e-9);
  size_t step = 1 + (size_t)(decades / (double)wanted), n_each = decades < 2 ? 3 : 1;
  out->n = 0;
  for (double e = first; e <= log10(hi) + 1e-9; e += (double)step)
    for (size_t i = 0; i < n_each && out->n < PICTURE_TICKS; i++) {
      double at = each[i] * pow(10, e);
      if (at < lo * (1 - 1e-9) || at > hi * (1 + 1e-9)) continue;
      out->at[out->n] = at;
      snprintf(out->labels[out->n], ML_NUMBER_MAX, "%g", at);
      shorten_exponent(out->labels[out->n++]);
    }
}

picture_pair picture__pair(double lo, double hi) {
  picture_pair pair;
  snprintf(pair.lo, sizeof pair.lo, "%.6g", lo);
  snprintf(pair.hi, sizeof pair.hi, "%.6g", hi);
  if (strcmp(pair.lo, pair.hi) == 0) {
    ml_number_format(lo, pair.lo);
    ml_number_format(hi, pair.hi);
  }
  return pair;
}

/* ---- orders -------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void picture__sort(double *values, size_t n) {
  qsort(values, n, sizeof *values, by_value);
}

double picture__quantile(const double *values, size_t n, double share) {
  double at = share * (double)(n - 1);
  size_t i = (size_t)at;
  double t = at - (double)i;
  return i + 1 < n ? values[i] * (1 - t) + values[i + 1] * t : values[n - 1];
}

picture_range picture__range(double *values, size_t n) {
  if (n == 0) return (picture_range){0, 0};
  picture__sort(values, n);
  double low = picture__quantile(values, n, 0.05), high = picture__quantile(values, n, 0.95);
  double reach = high > low ? 2 * (high - low) : INFINITY;
  return (picture_range){fmax(values[0], low - reach), fmin(values[n - 1], high + reach)};
}
