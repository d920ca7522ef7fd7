/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options: from text to a field. */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_int(const char *text, long lo, long hi, long *value) {
  char *end;
  if (!isdigit((unsigned char)text[text[0] == '-'])) return false;
  errno = 0;
  long v = strtol(text, &end, 10);
  if (errno || *end || v < lo || v > hi) return false;
  *value = v;
  return true;
}

static ml_status set_int(const cli_opt *opt, const char *typed, const char *value, void *field,
                         ml_error *err) {
  cli_int *number = field;
  if (!parse_int(value, (long)opt->lo, (long)opt->hi, &number->value))
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '%s' takes a whole number from %.0f to %.0f, not '%s'", typed,
                        opt->lo, opt->hi, value);
  number->given = typed != NULL;
  return ML_OK;
}

static ml_status set_workers(const cli_opt *opt, const char *typed, const char *value, void *field,
                             ml_error *err) {
  cli_int *number = field;
  long most = (long)opt->hi, n;
  if (strcmp(value, "auto") == 0) {
    size_t n_cpus = ml_mproc_n_cpus();
    n = n_cpus < (size_t)most ? (long)n_cpus : most;
  } else if (!parse_int(value, -most, most, &n)) {
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '%s' takes a number of workers from 0 to %ld, or auto, not '%s'",
                        typed, most, value);
  }
  *number = (cli_int){labs(n), typed != NULL}; /* kdb+ writes processes with a minus */
  return ML_OK;
}

static ml_status set_real(const cli_opt *opt, const char *typed, const char *value, void *field,
                          ml_error *err) {
  const char *end = value + strlen(value);
  double v;
  bool is_taken = ml_number_parse(value, end, &v) == end;
  is_taken = is_taken && (opt->above_lo ? v > opt->lo : v >= opt->lo) &&
             (opt->below_hi ? v < opt->hi : v <= opt->hi);
  if (!is_taken && opt->above_lo)
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '%s' takes a number above %g and %s %g, not '%s'", typed, opt->lo,
                        opt->below_hi ? "below" : "at most", opt->hi, value);
  if (!is_taken)
    return ml_error_set(err, ML_ERR_USAGE, "option '%s' takes a number from %g to %g, not '%s'",
                        typed, opt->lo, opt->hi, value);
  *(double *)field = v;
  return ML_OK;
}

/* Index of a word in "one|two|three", or -1. */
static int find_choice(const char *choices, const char *word) {
  size_t n = strlen(word);
  int index = 0;
  for (const char *at = choices; *at; index++) {
    size_t length = strcspn(at, "|");
    if (length == n && memcmp(at, word, n) == 0) return index;
    at += length + (at[length] == '|');
  }
  return -1;
}

static ml_status set_choice(const cli_opt *opt, const char *typed, const char *value, void *field,
                            ml_error *err) {
  int choice = find_choice(opt->choices, value);
  if (choice < 0)
    return ml_error_set(err, ML_ERR_USAGE, "option '%s' takes one of %s, not '%s'", typed,
                        opt->choices, value);
  *(int *)field = choice;
  return ML_OK;
}

/* What may be part of a number or of a quoted cell cannot separate cells. */
static ml_status set_char(const cli_opt *opt, const char *typed, const char *value, void *field,
                          ml_error *err) {
  (void)opt;
  char c = value[0];
  if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0) {
    c = '\t';
  } else if (strlen(value) != 1 ||
             (c != '\t' && (!ispunct((unsigned char)c) || strchr("\"+-.", c)))) {
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '%s' takes one punctuation mark other than \" + - . or the word "
                        "tab, not '%s'",
                        typed, value);
  }
  *(char *)field = c;
  return ML_OK;
}

static ml_status set_size(const cli_opt *opt, const char *typed, const char *value, void *field,
                          ml_error *err) {
  static const char units[] = "KMGT";
  char *end;
  errno = 0;
  unsigned long long n = isdigit((unsigned char)value[0]) ? strtoull(value, &end, 10) : 0;
  bool is_good = isdigit((unsigned char)value[0]) && errno == 0;
  const char *unit = is_good && *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
  unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
  if (is_good && *end) is_good = unit && !end[1];
  if (!is_good || n > SIZE_MAX >> shift)
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '%s' takes a number of bytes, such as 800M or 2G, not '%s'", typed,
                        value);
  size_t size = (size_t)n << shift;
  if ((double)size < opt->lo) /* 512 was meant to be 512M */
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '%s' takes at least %.0fM, as a number of bytes such as 800M or "
                        "2G, not '%s'",
                        typed, opt->lo / (1 << 20), value);
  *(size_t *)field = size;
  return ML_OK;
}

static ml_status set_list(const cli_opt *opt, const char *typed, const char *value, void *field,
                          ml_error *err) {
  (void)typed;
  cli_list *list = field;
  struct cli_listed *items = reallocarray(list->items, list->n + 1, sizeof *items);
  if (!items) return ml_error_memory(err);
  items[list->n++] = (struct cli_listed){opt, value};
  list->items = items;
  return ML_OK;
}

static ml_status set_flag(const cli_opt *opt, const char *typed, const char *value, void *field,
                          ml_error *err) {
  (void)opt, (void)typed, (void)value, (void)err;
  *(bool *)field = true;
  return ML_OK;
}

static ml_status set_text(const cli_opt *opt, const char *typed, const char *value, void *field,
                          ml_error *err) {
  (void)opt, (void)typed, (void)err;
  *(const char **)field = value;
  return ML_OK;
}

ml_status cli__set(const cli_opt *opt, const char *typed, const char *value, void *group,
                   ml_error *err) {
  static ml_status (*const setters[])(const cli_opt *, const char *, const char *, void *,
                                      ml_error *) = {
      [CLI_FLAG] = set_flag,       [CLI_TEXT] = set_text,     [CLI_INT] = set_int,
      [CLI_REAL] = set_real,       [CLI_CHOICE] = set_choice, [CLI_CHAR] = set_char,
      [CLI_WORKERS] = set_workers, [CLI_SIZE] = set_size,     [CLI_LIST] = set_list};
  if (opt->given && typed) *(bool *)((char *)group + opt->given) = true;
  return setters[opt->kind](opt, typed, value, (char *)group + opt->offset, err);
}
