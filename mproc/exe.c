/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the worker program is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mproc_internal.h"

/* A worker that was named is taken or refused: looking elsewhere would hide the mistake. */
static ml_status take(const char *exe, const char *named_by, char path[PATH_MAX], ml_error *err) {
  if (access(exe, X_OK) != 0)
    return ml_error_set(err, ML_ERR_WORKER, "cannot start workers: '%s' (%s): %s", exe, named_by,
                        strerror(errno));
  if ((size_t)snprintf(path, PATH_MAX, "%s", exe) >= PATH_MAX)
    return ml_error_set(err, ML_ERR_WORKER, "cannot start workers: path of %s is too long",
                        named_by);
  return ML_OK;
}

/* The running program is mltool: the link leads to it even after the file was replaced. */
static bool is_mltool(void) {
  char target[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", target, sizeof target - 1);
  if (n <= 0) return false;
  target[n] = 0;
  const char *slash = strrchr(target, '/');
  const char *name = slash ? slash + 1 : target;
  return strcmp(name, "mltool") == 0 || strcmp(name, "mltool (deleted)") == 0;
}

static bool on_path(char path[PATH_MAX]) {
  const char *folders = getenv("PATH");
  for (const char *at = folders; at && *at;) {
    size_t n = strcspn(at, ":");
    int length = snprintf(path, PATH_MAX, "%.*s/mltool", (int)n, at);
    if (n > 0 && n < PATH_MAX && length < PATH_MAX && access(path, X_OK) == 0) return true;
    at += n + (at[n] == ':');
  }
  return false;
}

ml_status exe__find(const char *wanted, char path[PATH_MAX], ml_error *err) {
  const char *named = getenv("MLTOOL");
  if (wanted) return take(wanted, "worker_exe", path, err);
  if (named && *named) return take(named, "from MLTOOL", path, err);
  if (is_mltool()) {
    strcpy(path, "/proc/self/exe");
    return ML_OK;
  }
  if (access(ML_WORKER_PATH, X_OK) == 0) {
    snprintf(path, PATH_MAX, "%s", ML_WORKER_PATH);
    return ML_OK;
  }
  if (on_path(path)) return ML_OK;
  return ml_error_set(err, ML_ERR_WORKER,
                      "cannot find mltool to start workers: MLTOOL is not set, this program is not "
                      "mltool, there is no '%s', and none on PATH",
                      ML_WORKER_PATH);
}
