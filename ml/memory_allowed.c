/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory a program may take here: what the machine has left, and what its cgroups allow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/parts_internal.h>

/* The number behind a word at the start of a line, or alone in the file; SIZE_MAX: there is none,
 * or it says "max". */
static uint64_t read_number(const char *path, const char *word) {
  char line[256];
  uint64_t value = UINT64_MAX;
  FILE *f = fopen(path, "re");
  if (!f) return value;
  while (value == UINT64_MAX && fgets(line, sizeof line, f)) {
    const size_t n = strlen(word);
    unsigned long long number;
    if (strncmp(line, word, n) == 0 && sscanf(line + n, " %llu", &number) == 1) value = number;
  }
  fclose(f);
  return value;
}

static uint64_t available(const char *root) {
  char path[4096];
  snprintf(path, sizeof path, "%s/proc/meminfo", root);
  const uint64_t kib = read_number(path, "MemAvailable:");
  return kib < UINT64_MAX / 1024 ? kib * 1024 : UINT64_MAX;
}

/* Where a hierarchy of cgroups has its limit, and what counts against it. */
typedef struct hierarchy {
  const char *mount, *limit, *used, *cache;
} hierarchy;

static const hierarchy unified = {"/sys/fs/cgroup", "memory.max", "memory.current",
                                  "inactive_file "};
static const hierarchy legacy = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                 "memory.usage_in_bytes", "total_inactive_file "};

static uint64_t read_file(const char *root, const hierarchy *h, const char *group, const char *name,
                          const char *word) {
  char path[8192];
  snprintf(path, sizeof path, "%s%s%s/%s", root, h->mount, group, name);
  return read_number(path, word);
}

/* What one cgroup has left: cached files that nobody uses can be dropped. */
static uint64_t left_in(const char *root, const hierarchy *h, const char *group) {
  const uint64_t limit = read_file(root, h, group, h->limit, "");
  uint64_t used = read_file(root, h, group, h->used, "");
  const uint64_t cache = read_file(root, h, group, "memory.stat", h->cache);
  if (limit == UINT64_MAX || used == UINT64_MAX) return limit;
  if (cache != UINT64_MAX) used -= cache < used ? cache : used;
  return used < limit ? limit - used : 0;
}

/* The least of a cgroup and those above it. */
static uint64_t left_above(const char *root, const hierarchy *h, char *group) {
  uint64_t least = UINT64_MAX;
  for (;;) {
    const uint64_t left = left_in(root, h, group);
    if (left < least) least = left;
    char *slash = strrchr(group, '/');
    if (!slash) return least;
    *slash = 0;
  }
}

/* A line is "0::/group" in the unified hierarchy, or "4:memory,...:/group". */
static uint64_t left_by_line(const char *root, char *line) {
  char *controllers = strchr(line, ':');
  char *group = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!group) return UINT64_MAX;
  *group++ = 0;
  group[strcspn(group, "\n")] = 0;
  if (strcmp(group, "/") == 0) *group = 0;
  if (!controllers[1]) return left_above(root, &unified, group);
  for (char *rest = controllers + 1, *name; (name = strsep(&rest, ","));)
    if (strcmp(name, "memory") == 0) return left_above(root, &legacy, group);
  return UINT64_MAX;
}

uint64_t parts__memory_allowed(const char *root) {
  char line[4096], path[4096];
  uint64_t least = available(root);
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *f = fopen(path, "re");
  while (f && fgets(line, sizeof line, f)) {
    const uint64_t left = left_by_line(root, line);
    if (left < least) least = left;
  }
  if (f) fclose(f);
  if (least == UINT64_MAX) return 0;
  return least / 2;
}

uint64_t ml_memory_allowed(void) {
  return parts__memory_allowed("");
}
