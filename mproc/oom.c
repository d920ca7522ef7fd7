/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often the kernel has killed processes for want of memory, by the account of our cgroup. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "mproc_internal.h"

static bool read_count(const char *path, uint64_t *out) {
  char line[256];
  unsigned long long n;
  bool found = false;
  FILE *f = fopen(path, "re");
  if (!f) return false;
  while (!found && fgets(line, sizeof line, f)) found = sscanf(line, "oom_kill %llu", &n) == 1;
  fclose(f);
  if (found) *out = n;
  return found;
}

/* The file of a folder, or of the nearest one above it that has it: in a container the path may be
 * the host's. */
static bool count_in(const char *mount, const char *path, const char *name, uint64_t *out) {
  char folder[PATH_MAX], file[PATH_MAX];
  if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder) return false;
  for (size_t root = strlen(mount);;) {
    if (snprintf(file, sizeof file, "%s/%s", folder, name) < (int)sizeof file &&
        read_count(file, out))
      return true;
    char *slash = strrchr(folder, '/');
    if (!slash || (size_t)(slash - folder) < root) return false;
    *slash = 0;
  }
}

/* One line of /proc/self/cgroup: "0::/path" in v2, "9:memory:/path" in v1. */
uint64_t oom__kills(const char *mount, const char *membership) {
  uint64_t n = 0;
  char path[PATH_MAX], root[PATH_MAX];
  snprintf(root, sizeof root, "%s/memory", mount);
  for (const char *line = membership; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (sscanf(line, "0::%4095[^\n]", path) == 1 && count_in(mount, path, "memory.events", &n))
      return n;
    if (sscanf(line, "%*u:memory:%4095[^\n]", path) == 1 &&
        count_in(root, path, "memory.oom_control", &n))
      return n;
  }
  return 0;
}

uint64_t oom__kills_of_this_process(void) {
  char membership[8192];
  FILE *f = fopen("/proc/self/cgroup", "re");
  if (!f) return 0;
  membership[fread(membership, 1, sizeof membership - 1, f)] = 0;
  fclose(f);
  return oom__kills("/sys/fs/cgroup", membership);
}
