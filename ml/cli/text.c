/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words into lines. */
#include "cli.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A launcher of MPI gives its processes a pseudo-terminal for standard output, wherever that goes.
 */
bool cli__is_terminal(int fd) {
  return isatty(fd) == 1 && ml_mpi_launched().size == 0;
}

size_t cli__terminal_width(int fd) {
  struct winsize size;
  return cli__is_terminal(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void cli__pad(ml_buf *out, size_t n) {
  ml_buf_printf(out, "%*s", (int)n, "");
}

size_t cli__text_width(const char *text, size_t n) {
  size_t width = 0;
  for (size_t i = 0; i < n; i++) width += ((unsigned char)text[i] & 0xC0) != 0x80;
  return width;
}

void cli__wrap(ml_buf *out, const char *text, size_t at, size_t indent, size_t width) {
  size_t column = at;
  bool is_first = true;
  for (const char *word = text + strspn(text, " \n"); *word;) {
    size_t n = strcspn(word, " \n"), shown = cli__text_width(word, n);
    if (!is_first && column + 1 + shown >= width) {
      ml_buf_puts(out, "\n");
      column = 0;
    } else if (!is_first) {
      ml_buf_puts(out, " ");
      column++;
    }
    if (column < indent) {
      cli__pad(out, indent - column);
      column = indent;
    }
    ml_buf_put(out, word, n);
    column += shown;
    is_first = false;
    word += n;
    if (strncmp(word, "\n\n", 2) == 0) {
      ml_buf_puts(out, "\n\n");
      column = 0;
      is_first = true;
    }
    word += strspn(word, " \n");
  }
  ml_buf_puts(out, "\n");
}
