/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line from JSON, with the place of everything: the library reads the values, and a walk
 * over the text says where they stand. */
#include <string.h>

#include "config.h"

/* Never goes beyond the NUL behind the text, whatever the text is. */
typedef struct cursor {
  const char *at, *line_start;
  size_t line;
} cursor;

static void skip_blanks(cursor *c) {
  for (; *c->at && strchr(" \t\r\n", *c->at); c->at++)
    if (*c->at == '\n') {
      c->line++;
      c->line_start = c->at + 1;
    }
}

static config_place place_of(const cursor *c) {
  return (config_place){c->line, (size_t)(c->at - c->line_start) + 1};
}

static void skip_string(cursor *c) {
  for (c->at++; *c->at && *c->at != '"'; c->at++)
    if (*c->at == '\\' && c->at[1]) c->at++;
  if (*c->at) c->at++;
}

/* A bracket with all that is in it, a string, or a word. */
static void skip_value(cursor *c) {
  size_t depth = 0;
  do {
    skip_blanks(c);
    const char mark = *c->at;
    if (!mark) return;
    if (mark == '"') {
      skip_string(c);
    } else if (strchr("{}[],:", mark)) {
      depth += mark == '{' || mark == '[';
      depth -= depth > 0 && (mark == '}' || mark == ']');
      c->at++;
    } else {
      c->at += strcspn(c->at, " \t\r\n{}[],:\"");
    }
  } while (depth > 0);
}

static void skip_mark(cursor *c, char mark) {
  skip_blanks(c);
  if (*c->at == mark) c->at++;
}

/* ---- a key that is there twice -------------------------------------------------------------- */

enum { KEYS_MAX = 1024 };

typedef struct spelt {
  const char *key;
  size_t n;
  config_place place;
} spelt;

/* Where a key of the outermost object is spelt as one before. Strings are compared as they are
 * written; the library's own message serves where escapes make two of them one. */
static bool find_twice(const char *text, spelt *twice, config_place *first) {
  static const size_t max = KEYS_MAX;
  spelt keys[KEYS_MAX];
  size_t n = 0;
  cursor c = {text, text, 1};
  skip_mark(&c, '{');
  skip_blanks(&c);
  while (*c.at == '"' && n < max) {
    spelt *one = &keys[n];
    *one = (spelt){.key = c.at, .place = place_of(&c)};
    skip_string(&c);
    one->n = (size_t)(c.at - one->key);
    for (size_t i = 0; i < n; i++)
      if (keys[i].n == one->n && memcmp(keys[i].key, one->key, one->n) == 0) {
        *twice = *one;
        *first = keys[i].place;
        return true;
      }
    n++;
    skip_mark(&c, ':');
    skip_value(&c);
    skip_mark(&c, ',');
    skip_blanks(&c);
  }
  return false;
}

/* ---- values with their places ---------------------------------------------------------------- */

static config_type type_of(const ml_value *v) {
  switch (v->type) {
    case ML_TYPE_BOOL:
      return CONFIG_BOOL;
    case ML_TYPE_INT:
    case ML_TYPE_REAL:
      return CONFIG_NUMBER;
    case ML_TYPE_STRING:
      return CONFIG_STRING;
    case ML_TYPE_LIST:
      return CONFIG_LIST;
    case ML_TYPE_DICT:
      return CONFIG_OBJECT;
    default:
      return CONFIG_NULL;
  }
}

/* The value at the cursor, which the library has read as v. Numbers and words stay as they are
 * written: 1e2 is no whole number, here as on the command line. */
static bool take_value(cli_config *config, cursor *c, const ml_value *v, config_value *out) {
  skip_blanks(c);
  *out = (config_value){.type = type_of(v), .place = place_of(c)};
  const char *from = c->at;
  if (out->type == CONFIG_LIST) {
    skip_mark(c, '[');
    for (size_t i = 0; i < v->as.l.n; i++) {
      const ml_value *item = &v->as.l.values[i];
      config_value *to = config__add_item(config, out);
      if (!to) return false;
      skip_blanks(c);
      *to = (config_value){.type = type_of(item), .place = place_of(c)};
      if (to->type == CONFIG_STRING) to->text = item->as.s.text;
      skip_value(c);
      skip_mark(c, ',');
    }
    skip_mark(c, ']');
    return true;
  }
  skip_value(c);
  out->text = out->type == CONFIG_STRING ? v->as.s.text
                                         : config__copy(config, from, (size_t)(c->at - from));
  return out->text != NULL;
}

ml_status config__read_json(cli_config *config, const char *text, size_t n, ml_error *err) {
  ml_value root;
  spelt twice;
  config_place first;
  cursor c = {text, text, 1};
  ml_status status = ml_value_from_json(text, n, config->source, config->arena, &root, err);
  if (status == ML_ERR_PARSE && memchr(text, 0, n) == NULL && find_twice(text, &twice, &first))
    return config__fail(config, twice.place, err, "%.*s is given twice, first in line %zu",
                        (int)twice.n, twice.key, first.line);
  if (status != ML_OK) return status;
  skip_blanks(&c);
  if (root.type != ML_TYPE_DICT) return config__fail_root(config, place_of(&c), err);
  skip_mark(&c, '{');
  for (size_t i = 0; i < root.as.l.n; i++) {
    skip_blanks(&c);
    config_entry *entry = config__add(config, root.as.l.names[i], place_of(&c));
    if (!entry) return ml_error_memory(err);
    skip_string(&c);
    skip_mark(&c, ':');
    if (!take_value(config, &c, &root.as.l.values[i], &entry->value)) return ml_error_memory(err);
    skip_mark(&c, ',');
  }
  return ML_OK;
}
