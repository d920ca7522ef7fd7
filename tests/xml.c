/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures as XML. */
#include "xml.h"

#include <stdio.h>
#include <string.h>

#include <ml/utf8.h>

#include "support.h"

void expect_xml(const char *what, const char *text) {
  char open[64][24];
  size_t depth = 0, roots = 0;
  assert_true(utf8__is_text(text, strlen(text)));
  for (const char *s = text; *s;) {
    if ((unsigned char)*s < ' ' && *s != '\n') fail_msg("%s: control character", what);
    if (*s == '&') {
      size_t n = strcspn(s, ";"), letters = strspn(s + 1, "#0123456789abcdefghijklmnopqrstuvwxyz");
      if (n != letters + 1 || letters == 0) fail_msg("%s: %.20s", what, s);
    }
    if (*s != '<') {
      s++;
      continue;
    }
    bool is_end = s[1] == '/';
    const char *name = s + 1 + is_end;
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    if (n == 0 || n > 20) fail_msg("%s: %.20s", what, s);
    for (s = name + n; *s == ' ' && !is_end;) {
      size_t key = strspn(s + 1, "abcdefghijklmnopqrstuvwxyzB0123456789-");
      if (strncmp(s + 1 + key, "=\"", 2) != 0) fail_msg("%s: %.40s", what, s);
      s += key + 3;
      s += strcspn(s, "\"<");
      if (*s++ != '"') fail_msg("%s: < in an attribute", what);
    }
    bool is_empty = *s == '/';
    s += is_empty;
    if (*s++ != '>') fail_msg("%s: %.40s", what, name);
    if (is_end) {
      if (depth == 0 || strlen(open[depth - 1]) != n || strncmp(open[--depth], name, n) != 0)
        fail_msg("%s: </%.*s>", what, (int)n, name);
    } else if (!is_empty) {
      roots += depth == 0;
      assert_true(depth < 64);
      snprintf(open[depth++], 24, "%.*s", (int)n, name);
    }
  }
  assert_int_equal(depth, 0);
  assert_int_equal(roots, 1);
}
