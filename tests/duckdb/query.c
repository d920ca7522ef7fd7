/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of Parquet make files with: query [-m BYTES] LIBRARY SQL... runs the statements,
 * in so much memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/duckdb_internal.h>

static int fail(const ml_error *err) {
  fprintf(stderr, "query: %s\n", err->message);
  return 1;
}

int main(int argc, char **argv) {
  duck_session s = {0};
  ml_error err = {0};
  if (argc > 3 && strcmp(argv[1], "-m") == 0) {
    ml_duckdb_limit_memory(strtoull(argv[2], NULL, 10));
    argc -= 2;
    argv += 2;
  }
  if (argc < 2 || ml_duckdb_use(argv[1], &err) != ML_OK) return 2;
  if (duckdb__begin(&s, "this", &err) != ML_OK) return fail(&err);
  bool ok = true;
  for (int i = 2; i < argc && ok; i++) {
    duck_result result;
    ok = s.api->query(s.connection, argv[i], &result) == 0;
    if (!ok) (void)duckdb__fail(&err, ML_ERR_IO, NULL, s.api->result_error(&result));
    s.api->destroy_result(&result);
  }
  duckdb__end(&s);
  return ok ? 0 : fail(&err);
}
