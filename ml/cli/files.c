/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a command, looked at before the long work. */
#include "cli.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli__is_stdio(const char *path) {
  return strcmp(path, "-") == 0;
}

static bool stat_stream(const char *path, int stdio_fd, struct stat *st) {
  return (cli__is_stdio(path) ? fstat(stdio_fd, st) : stat(path, st)) == 0;
}

static bool is_same_name(const char *a, const char *b) {
  return b && !cli__is_stdio(a) && strcmp(a, b) == 0;
}

static bool is_file(const struct stat *out, const char *path) {
  struct stat st;
  return path && stat_stream(path, STDIN_FILENO, &st) && S_ISREG(st.st_mode) &&
         st.st_dev == out->st_dev && st.st_ino == out->st_ino;
}

ml_status cli__check_output(const char *output, const cli_file *files, size_t n, ml_error *err) {
  struct stat out;
  bool is_there = stat_stream(output, STDOUT_FILENO, &out);
  for (size_t i = 0; i < n; i++)
    if (is_there ? is_file(&out, files[i].path) : is_same_name(output, files[i].path))
      return ml_error_set(
          err, ML_ERR_USAGE, "the output is the %s: %s", files[i].what,
          cli__is_stdio(output) ? "standard output goes to the file that is read" : output);
  /* Opening a pipe for a try would end its reader. */
  if (cli__is_stdio(output) || (is_there && !S_ISREG(out.st_mode) && !S_ISDIR(out.st_mode)))
    return ML_OK;
  ml_output *probe = NULL;
  ml_status status = ml_output_open(output, &probe, err);
  ml_output_abort(probe);
  return status;
}
