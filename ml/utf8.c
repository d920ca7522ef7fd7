/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is UTF-8 and what is not. */
#include <ml/utf8.h>

size_t utf8__length(const unsigned char *s) {
  size_t n = s[0] < 0x80   ? 1
             : s[0] < 0xC2 ? 0
             : s[0] < 0xE0 ? 2
             : s[0] < 0xF0 ? 3
             : s[0] < 0xF5 ? 4
                           : 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  if (n == 3 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] >= 0xA0))) return 0;
  if (n == 4 && ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] >= 0x90))) return 0;
  return n;
}

bool utf8__is_text(const char *text, size_t n) {
  const unsigned char *s = (const unsigned char *)text, *end = s + n;
  while (s < end) {
    size_t length = utf8__length(s);
    if (length == 0 || *s == 0) return false;
    s += length;
  }
  return true;
}
