/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPUs this process may use: its affinity, and the quotas of its cgroups. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mproc_internal.h"

#define CPUS_MAX 65536

static size_t affinity(void) {
  for (size_t n = 1024; n <= CPUS_MAX; n *= 2) {
    cpu_set_t *set = CPU_ALLOC(n);
    if (!set) return 1;
    int rc = sched_getaffinity(0, CPU_ALLOC_SIZE(n), set);
    size_t count = rc == 0 ? (size_t)CPU_COUNT_S(CPU_ALLOC_SIZE(n), set) : 0;
    CPU_FREE(set);
    if (rc == 0) return count > 0 ? count : 1;
    if (errno != EINVAL) return 1; /* EINVAL: the kernel knows more CPUs than fit */
  }
  return 1;
}

static bool read_line(const char *folder, const char *name, char *line, int size) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return false;
  FILE *f = fopen(path, "re");
  if (!f) return false;
  bool ok = fgets(line, size, f);
  fclose(f);
  return ok;
}

/* Part of a CPU counts as one: a worker more costs less than a CPU left idle. */
static size_t whole_cpus(double quota, double period) {
  if (!(quota > 0) || !(period > 0)) return 0;
  double cpus = ceil(quota / period);
  return cpus < CPUS_MAX ? (size_t)cpus : 0;
}

/* Limit that one folder sets, in the files of cgroup v2 or v1; 0: none. */
static size_t folder_limit(const char *folder) {
  char line[128], period[128];
  double quota, length;
  if (read_line(folder, "cpu.max", line, sizeof line))
    return sscanf(line, "%lf %lf", &quota, &length) == 2 ? whole_cpus(quota, length) : 0;
  if (read_line(folder, "cpu.cfs_quota_us", line, sizeof line) &&
      read_line(folder, "cpu.cfs_period_us", period, sizeof period))
    return whole_cpus(strtod(line, NULL), strtod(period, NULL));
  return 0;
}

static size_t lower(size_t a, size_t b) {
  return a == 0 || (b > 0 && b < a) ? b : a;
}

/* A parent's quota binds its children. In a container the path may be the host's, which is not
 * there: then the parents that are still count. */
static size_t path_limit(const char *mount, const char *path) {
  char folder[PATH_MAX];
  size_t limit = 0, root = strlen(mount);
  if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder) return 0;
  for (;;) {
    limit = lower(limit, folder_limit(folder));
    char *slash = strrchr(folder, '/');
    if (!slash || (size_t)(slash - folder) < root) return limit;
    *slash = 0;
  }
}

/* One line of /proc/self/cgroup: "0::/path" in v2, "4:cpu,cpuacct:/path" in v1. */
static size_t line_limit(const char *mount, const char *line) {
  char controllers[64] = "", path[PATH_MAX] = "", root[PATH_MAX];
  if (sscanf(line, "0::%4095[^\n]", path) == 1) {
    snprintf(root, sizeof root, "%s/unified", mount); /* beside v1, systemd puts it there */
    return lower(path_limit(mount, path), path_limit(root, path));
  }
  if (sscanf(line, "%*u:%63[^:]:%4095[^\n]", controllers, path) != 2) return 0;
  char list[80];
  snprintf(list, sizeof list, ",%s,", controllers);
  if (!strstr(list, ",cpu,")) return 0;
  if (snprintf(root, sizeof root, "%s/%s", mount, controllers) >= (int)sizeof root) return 0;
  size_t limit = path_limit(root, path);
  snprintf(root, sizeof root, "%s/cpu", mount);
  return lower(limit, path_limit(root, path));
}

size_t cpus__quota(const char *mount, const char *membership) {
  size_t limit = 0;
  for (const char *line = membership; *line;) {
    limit = lower(limit, line_limit(mount, line));
    line += strcspn(line, "\n");
    line += *line == '\n';
  }
  return limit;
}

size_t ml_mproc_n_cpus(void) {
  char membership[8192] = "";
  FILE *f = fopen("/proc/self/cgroup", "re");
  if (f) {
    membership[fread(membership, 1, sizeof membership - 1, f)] = 0;
    fclose(f);
  }
  return lower(affinity(), cpus__quota("/sys/fs/cgroup", membership));
}
