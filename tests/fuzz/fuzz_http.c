/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests from any bytes, whole and as they come in. */
#include <stdlib.h>
#include <string.h>

#include "../../mproc/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) abort();
}

static bool is_same(const http_request *a, const http_request *b) {
  return a->method == b->method && a->is_local == b->is_local && strcmp(a->path, b->path) == 0;
}

/* A verdict that was reached holds whatever follows. */
static void check_prefix(const char *bytes, size_t n, http_verdict all, const http_request *whole) {
  http_request r;
  http_verdict v = http__parse(bytes, n, &r);
  check(v == HTTP_PARTIAL || v == all);
  if (v == HTTP_WHOLE) check(is_same(&r, whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *bytes = (const char *)data;
  http_request r;
  http_verdict all = http__parse(bytes, size, &r);
  check(memchr(r.path, 0, sizeof r.path));
  if (all == HTTP_WHOLE) check(r.path[0] == '/');
  if (size >= HTTP_HEAD_MAX) check(all != HTTP_PARTIAL);
  for (size_t n = 0; n < size && n < 256; n++) check_prefix(bytes, n, all, &r);
  check_prefix(bytes, size / 2, all, &r);
  return 0;
}
