/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The texts of statuses, and errors with a place. */
#include <ml/status.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name, *text;
  int exit_code;
} statuses[] = {
#define STATUS_ROW(constant, name, exit_code, text) {name, text, exit_code},
    ML_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

const char *ml_status_name(ml_status status) {
  return statuses[status].name;
}

const char *ml_status_text(ml_status status) {
  return statuses[status].text;
}

int ml_status_exit_code(ml_status status) {
  return statuses[status].exit_code;
}

static void set_source(ml_error *err, const char *source) {
  size_t n = source ? strlen(source) : 0;
  if (n < sizeof err->source) {
    memcpy(err->source, source ? source : "", n + 1);
    return;
  }
  size_t keep = sizeof err->source - 4;
  memcpy(err->source, "...", 3);
  memcpy(err->source + 3, source + n - keep, keep + 1);
}

static void one_line(char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < ' ' || *text == 127) *text = '?';
}

ML_PRINTF(6, 0)
static ml_status fill(ml_error *err, ml_status status, const char *source, size_t line,
                      size_t column, const char *format, va_list args) {
  if (!err) return status;
  err->status = status;
  err->line = line;
  err->column = column;
  set_source(err, source);
  vsnprintf(err->message, sizeof err->message, format, args);
  one_line(err->message);
  one_line(err->source);
  return status;
}

ml_status ml_error_set(ml_error *err, ml_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fill(err, status, NULL, 0, 0, format, args);
  va_end(args);
  return status;
}

ml_status ml_error_at(ml_error *err, ml_status status, const char *source, size_t line,
                      size_t column, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fill(err, status, source, line, column, format, args);
  va_end(args);
  return status;
}

void ml_error_about(ml_error *err, const char *source) {
  if (!err || !source || err->status == ML_OK || err->source[0]) return;
  set_source(err, source);
  one_line(err->source);
}

ml_status ml_error_memory(ml_error *err) {
  return ml_error_set(err, ML_ERR_MEMORY, "out of memory");
}

int ml_error_format(const ml_error *err, char *buf, size_t size) {
  const char *colon = err->source[0] ? ": " : "";
  if (err->line == 0) return snprintf(buf, size, "%s%s%s", err->source, colon, err->message);
  const char *source = err->source[0] ? err->source : "input";
  if (err->column == 0) return snprintf(buf, size, "%s:%zu: %s", source, err->line, err->message);
  return snprintf(buf, size, "%s:%zu:%zu: %s", source, err->line, err->column, err->message);
}
