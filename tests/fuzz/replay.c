/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target over the files of a folder, where libFuzzer is not there. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int replay(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "rb");
  if (!f) {
    fprintf(stderr, "cannot open %s\n", path);
    return 1;
  }
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  /* Exactly as large as the file: a sanitizer sees one byte too many being read. */
  uint8_t *bytes = malloc(size > 0 ? (size_t)size : 1);
  size_t n = bytes && size > 0 ? fread(bytes, 1, (size_t)size, f) : 0;
  fclose(f);
  if (!bytes || size < 0 || n != (size_t)size) {
    fprintf(stderr, "cannot read %s\n", path);
    free(bytes);
    return 1;
  }
  LLVMFuzzerTestOneInput(bytes, n);
  free(bytes);
  return 0;
}

int main(int argc, char **argv) {
  DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
  if (!dir) {
    fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  int failed = 0, n = 0;
  for (struct dirent *entry; (entry = readdir(dir)); n++) {
    if (entry->d_name[0] == '.') continue;
    failed |= replay(argv[1], entry->d_name);
  }
  closedir(dir);
  printf("%d inputs\n", n - 2);
  return failed || n <= 2;
}
