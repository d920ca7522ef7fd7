/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and columns of JSON, which jansson knows of mistakes in the grammar alone. */
#include "json_place.h"

#include <jansson.h>
#include <string.h>

/* Every function stops at the end, whatever the text. */
typedef struct cursor {
  const char *at, *end;
} cursor;

static void skip_blanks(cursor *c) {
  while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at) c->at++;
}

static bool is_at(const cursor *c, char wanted) {
  return c->at < c->end && *c->at == wanted;
}

static void skip_mark(cursor *c, char mark) {
  skip_blanks(c);
  if (is_at(c, mark)) c->at++;
  skip_blanks(c);
}

static void skip_string(cursor *c) {
  for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
    if (*c->at == '\\' && c->at + 1 < c->end) c->at++;
  if (c->at < c->end) c->at++;
}

/* To the comma or bracket behind a value. */
static void skip_value(cursor *c) {
  size_t depth = 0;
  while (c->at < c->end) {
    char b = *c->at;
    if (depth == 0 && (b == ',' || b == ']' || b == '}')) return;
    if (b == '"') {
      skip_string(c);
      continue;
    }
    if (b == '{' || b == '[') depth++;
    if (b == '}' || b == ']') depth--;
    c->at++;
  }
}

/* A key is compared as it is read, with its escapes undone. */
static bool is_key(const char *quoted, size_t n, const char *key) {
  json_t *read = json_loadb(quoted, n, JSON_DECODE_ANY, NULL);
  bool is_same = json_is_string(read) && strcmp(json_string_value(read), key) == 0;
  json_decref(read);
  return is_same;
}

/* From the bracket of an object to a key or its value. */
static bool enter_object(cursor *c, const char *key, bool of_key) {
  skip_mark(c, '{');
  while (is_at(c, '"')) {
    const char *quoted = c->at;
    skip_string(c);
    bool found = is_key(quoted, (size_t)(c->at - quoted), key);
    if (found && of_key) c->at = quoted;
    if (found && of_key) return true;
    skip_mark(c, ':');
    if (found) return true;
    skip_value(c);
    skip_mark(c, ',');
  }
  return false;
}

static bool enter_list(cursor *c, size_t index) {
  skip_mark(c, '[');
  for (size_t i = 0; i < index && c->at < c->end; i++) {
    skip_value(c);
    skip_mark(c, ',');
  }
  return c->at < c->end;
}

void fresh__json_place(const char *text, size_t n, const fresh_step *steps, size_t n_steps,
                       bool of_key, size_t *line, size_t *column) {
  cursor c = {text, text + n};
  skip_blanks(&c);
  for (size_t i = 0; i < n_steps; i++) {
    bool found = steps[i].key ? enter_object(&c, steps[i].key, of_key && i + 1 == n_steps)
                              : enter_list(&c, steps[i].index);
    if (!found) return;
  }
  const char *start = text;
  *line = 1;
  for (const char *b = text; b < c.at; b++) {
    if (*b != '\n') continue;
    ++*line;
    start = b + 1;
  }
  *column = (size_t)(c.at - start) + 1;
}
