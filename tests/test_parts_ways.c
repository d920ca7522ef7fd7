/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading in parts: streams, what goes wrong in each way of reading, and where it is said to be. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ml/parts_internal.h>

#include "support.h"

static const char *write_text(const char *name, const char *text) {
  static char paths[4][512];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, 512, "%s/%s", temp_dir(), name);
  FILE *f = fopen(path, "wb");
  assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
  fclose(f);
  return path;
}

/* As test_parts has them: so small that a few rows make a part. */
static const parts_tuning tight = {
    .set = 1500, .seen = 1 << 20, .n_shelves = 4, .block = 64, .text = 1 << 20};

static void put_set(const ml_series_set *set, ml_buf *out) {
  if (ml_series_n_ids(set) == 0) return; /* no window, or of another shard */
  for (size_t i = 0; i < ml_series_n_ids(set); i++) {
    ml_buf_printf(out, "%s:", ml_series_id(set, i));
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      const ml_series s = ml_series_at(set, i, k);
      for (size_t p = 0; p < s.n; p++) ml_buf_printf(out, " %g", s.x[p]);
    }
    ml_buf_puts(out, ";");
  }
  ml_buf_puts(out, "|");
}

/* "id: values;id: values;|..." with a bar behind each part, or the error. */
static ml_status read_parts(const char *const *paths, size_t n, const ml_parts_opts *opts,
                            const parts_tuning *tuning, ml_buf *out, ml_error *err) {
  ml_parts *parts = NULL;
  ml_status status = parts__open(paths, n, opts, tuning, &parts, err);
  ml_buf_clear(out);
  while (status == ML_OK) {
    ml_series_set *set = NULL;
    status = ml_parts_next(parts, &set, err);
    if (status != ML_OK || !set) break;
    put_set(set, out);
    ml_series_free(set);
  }
  ml_parts_close(parts);
  if (status != ML_OK) {
    char line[ML_ERROR_MESSAGE_MAX + 256];
    ml_error shown = *err;
    const char *slash = strrchr(err->source, '/');
    if (slash) memmove(shown.source, slash + 1, strlen(slash));
    ml_error_format(&shown, line, sizeof line);
    ml_buf_clear(out);
    ml_buf_puts(out, line);
  }
  ml_buf_put(out, "", 1);
  return status;
}

static void expect_parts(const char *const *paths, size_t n, const ml_parts_opts *opts,
                         const parts_tuning *tuning, ml_status want_status, const char *want) {
  ml_error err = {0};
  ml_buf out = {0};
  const ml_status status = read_parts(paths, n, opts, tuning, &out, &err);
  assert_string_equal(out.data, want);
  assert_int_equal(status, want_status);
  ml_buf_release(&out);
}

/* ---- streams ---- */

typedef struct pipe_ends {
  int from, to;
  char path[64];
} pipe_ends;

static pipe_ends open_pipe(void) {
  int ends[2];
  pipe_ends p;
  assert_int_equal(pipe(ends), 0);
  p.from = ends[0];
  p.to = ends[1];
  snprintf(p.path, sizeof p.path, "/proc/self/fd/%d", p.from);
  return p;
}

static void put(const pipe_ends *p, const char *text) {
  assert_int_equal(write(p->to, text, strlen(text)), strlen(text));
}

static void expect_next(ml_parts *parts, const char *want) {
  ml_error err = {0};
  ml_buf out = {0};
  ml_series_set *set = NULL;
  if (ml_parts_next(parts, &set, &err) != ML_OK) fail_msg("%s", err.message);
  if (set) put_set(set, &out);
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, want);
  ml_buf_release(&out);
  ml_series_free(set);
}

/* Every id comes as soon as the next one has begun; it would wait for ever if it did not. */
static void drip(void **state) {
  const ml_parts_opts opts = {.is_stream = true};
  ml_error err = {0};
  ml_parts *parts;
  pipe_ends p = open_pipe();
  const char *path = p.path;
  (void)state;
  alarm(20);
  put(&p, "id,value\n1,5\n");
  assert_int_equal(ml_parts_open(&path, 1, &opts, &parts, &err), ML_OK);
  put(&p, "1,6\n2,7\n");
  expect_next(parts, "1: 5 6;|");
  assert_true(ml_parts_waits_for(parts) >= 0);
  put(&p, "2,8\n10,1\n9,1\n");
  assert_int_equal(ml_parts_waits_for(parts), -1);
  expect_next(parts, "2: 7 8;10: 1;|");
  put(&p, "9,2\n\"9\",3");
  close(p.to);
  expect_next(parts, "9: 1 2 3;|");
  expect_next(parts, "");
  expect_next(parts, "");
  ml_parts_close(parts);
  close(p.from);
  alarm(0);
}

/* 1 and 1.0 are one id as long as all ids are numbers; that does not depend on where parts end. */
static void stream_of_texts(void **state) {
  const ml_parts_opts opts = {.is_stream = true};
  const char *path = write_text("a.csv", "id,value\n1,1\n1.0,2\n3,3\nx,4\n5,5\n5.0,6\n");
  const parts_tuning tunings[] = {{.set = UINT64_MAX, .seen = 1 << 20, .text = 1 << 20},
                                  {.set = UINT64_MAX, .seen = 1 << 20, .text = 1}};
  (void)state;
  expect_parts(&path, 1, &opts, &tunings[0], ML_OK, "1: 1 2;3: 3;|5: 5;5.0: 6;x: 4;|");
  expect_parts(&path, 1, &opts, &tunings[1], ML_OK, "1: 1 2;|3: 3;|x: 4;|5: 5;5.0: 6;|");
}

/* What is forgotten is so in generations: of the last ids none is. */
static void much_seen(void **state) {
  parts_seen *seen = parts__seen_new(100000);
  (void)state;
  for (uint64_t i = 0; i < 100000; i++) {
    const uint64_t hash = (i + 1) * 0x9e3779b97f4a7c15U;
    assert_int_equal(parts__seen_lately(seen, hash), PARTS_NEW);
    assert_int_equal(parts__seen_add(seen, hash), PARTS_AGAIN);
  }
  parts__seen_free(seen);
}

/* ---- what goes wrong ---- */

typedef enum way { CONTIGUOUS, SCATTERED, STREAM, WHOLE, WAYS } way;

/* Two files with ids that follow one another or not, one cell of which is broken. */
static void malformed_cell(void **state) {
  (void)state;
  for (way w = CONTIGUOUS; w < WAYS; w++)
    for (unsigned bad = 0; bad < 120; bad += 17) {
      ml_buf text[2] = {{0}, {0}};
      for (unsigned i = 0; i < 120; i++) {
        ml_buf *to = &text[i / 70];
        if (to->n == 0) ml_buf_puts(to, "id,time,a,b\n");
        if (i % 10 == 3) ml_buf_puts(to, "\n");
        ml_buf_printf(to, "\"x%u\ny\",%u,1,", w == SCATTERED ? i % 13 : i / 10, i);
        ml_buf_puts(to, i == bad ? "oops\n" : "2\n");
      }
      for (size_t f = 0; f < 2; f++) ml_buf_put(&text[f], "", 1);
      const char *paths[] = {write_text("a.csv", text[0].data), write_text("b.csv", text[1].data)};
      const unsigned here = bad < 70 ? bad : bad - 70;
      const unsigned line = 1 + 2 * here + (here + 6) / 10 + 2; /* the second of the record */
      char want[100];
      snprintf(want, sizeof want, "%c.csv:%u:%u: expected a number, found \"oops\"; --id b",
               bad < 70 ? 'a' : 'b', line,
               bad < 10    ? 8U
               : bad < 100 ? 9U
                           : 10U);
      const ml_parts_opts opts = {.is_stream = w == STREAM};
      parts_tuning tuning = tight;
      if (w == WHOLE) tuning.set = UINT64_MAX;
      ml_error err = {0};
      ml_buf out = {0};
      assert_int_equal(read_parts(paths, 2, &opts, &tuning, &out, &err), ML_ERR_PARSE);
      *strstr(out.data, "; --") = 0;
      *strstr(want, "; --") = 0;
      assert_string_equal(out.data, want);
      ml_buf_release(&out);
      for (size_t f = 0; f < 2; f++) ml_buf_release(&text[f]);
    }
}

typedef struct fault {
  const char *name;
  way way;
  const char *a, *b; /* files; b may be NULL */
  ml_series_opts series;
  ml_status status;
  const char *want;
} fault;

#define ROWS_OF(id)  id ",1\n" id ",2\n" id ",3\n" id ",4\n"
#define MANY(id)     ROWS_OF(id) ROWS_OF(id) ROWS_OF(id) ROWS_OF(id) ROWS_OF(id) ROWS_OF(id)
#define TOO_MANY(id) MANY(id) MANY(id) MANY(id)

static const ml_window window = {.rows = 100};

static const fault faults[] = {
    {"a record that is too long, contiguous",
     CONTIGUOUS,
     "id,a\n1,1\n1,1,1\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:3:5: expected 2 fields, found 3"},
    {"a record that is too short, stream",
     STREAM,
     "id,a\n1,1\n2\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:3:2: expected 2 fields, found 1"},
    {"a quote that is open",
     CONTIGUOUS,
     "id,a\n1,1\n2,\"3\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:3:3: a quote is opened here and not closed"},
    {"a quote that is open, stream",
     STREAM,
     "id,a\n1,1\n2,\"3\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:3:3: a quote is opened here and not closed"},
    {"an id that comes back",
     STREAM,
     "id,a\n1,1\n2,1\n",
     "id,a\n3,1\n1.0,1\n",
     {0},
     ML_ERR_PARSE,
     "b.csv:3: id \"1.0\" comes back after other ids: rows of an id have to follow one another "
     "when they are read as they come"},
    {"columns of another name", CONTIGUOUS, "id,a\n1,1\n", "id,b\n1,1\n", {0}, ML_ERR_PARSE, NULL},
    {"more columns", WHOLE, "id,a\n1,1\n", "id,a,b\n1,1,1\n", {0}, ML_ERR_PARSE, NULL},
    {"an id that is too large, contiguous",
     CONTIGUOUS,
     "id,a\n0,1\n" TOO_MANY("7"),
     NULL,
     {0},
     ML_ERR_MEMORY,
     "a.csv:3: id \"7\" has 72 rows, which take 0.0 MiB, and may take 0.0 MiB of the "
     "memory limit"},
    {"an id that is too large, scattered",
     SCATTERED,
     "id,a\n" TOO_MANY("7") "8,1\n" TOO_MANY("7") "9,1\n7,1\n",
     NULL,
     {0},
     ML_ERR_MEMORY,
     NULL},
    {"a single series that is too large",
     CONTIGUOUS,
     "time,a\n" TOO_MANY("7"),
     NULL,
     {.id = ""},
     ML_ERR_MEMORY,
     "a.csv: a single series of 72 rows takes 0.0 MiB, and may take 0.0 MiB of the memory "
     "limit"},
    {"an id that is too large, stream",
     STREAM,
     "id,a\n" TOO_MANY("7"),
     NULL,
     {0},
     ML_ERR_MEMORY,
     NULL},
    {"no rows", CONTIGUOUS, "id,a\n", "id,a\n\n", {0}, ML_ERR_PARSE, "a.csv: no rows"},
    {"no rows, stream", STREAM, "id,a\n", "id,a\n\n", {0}, ML_OK, ""},
    {"an empty file",
     CONTIGUOUS,
     "id,a\n1,1\n",
     "",
     {0},
     ML_ERR_PARSE,
     "b.csv: no header: the file is empty"},
    {"no window",
     CONTIGUOUS,
     "id,a\n" MANY("1") MANY("2"),
     MANY("3"),
     {.window = &window},
     ML_ERR_PARSE,
     NULL},
    {"no window, stream",
     STREAM,
     "id,a\n" MANY("1") MANY("2"),
     NULL,
     {.window = &window},
     ML_ERR_PARSE,
     "a.csv: no window: the longest series has 24 rows, and a window at least 100"},
    {"no window in any part",
     CONTIGUOUS,
     "id,a\n" MANY("1") "2,1\n3,1\n4,1\n5,1\n6,1\n",
     NULL,
     {.window = &window},
     ML_ERR_PARSE,
     "a.csv: no window: the longest series has 24 rows, and a window at least 100"},
    {"two targets of an id",
     SCATTERED,
     "id,a,target\n1,1,x\n2,1,y\n",
     "id,a,target\n2,1,y\n1,1,z\n",
     {.target = "target"},
     ML_ERR_PARSE,
     "b.csv:3: the target \"target\" of id 1 is \"z\" here, and \"x\" before; there must be one "
     "value for each id"},
    {"a date behind numbers",
     CONTIGUOUS,
     "id,time,a\n1,1,1\n2,2020-01-01,1\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:3:3: expected a number, as in the first row, found \"2020-01-01\""},
    {"a number behind dates",
     SCATTERED,
     "id,time,a\n1,2020-01-01,1\n2,2020-01-01,1\n1,5,1\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:4:3: expected a date, as in the first row, found \"5\""},
    {"JSON lines, contiguous",
     CONTIGUOUS,
     "{\"id\":1,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":2,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":2,\"t\":\"a\\nb\",\"a\":\"x\"}\n",
     NULL,
     {.exclude = "t"},
     ML_ERR_PARSE,
     "a.csv:3: \"a\": expected a number, found \"x\"; --exclude a leaves the column out"},
    {"JSON lines, scattered",
     SCATTERED,
     "{\"id\":0,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":1,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":2,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":3,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":0,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":1,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":2,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":3,\"t\":\"a\\nb\",\"a\":1}\n",
     "{\"id\":1,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":2,\"t\":\"a\\nb\",\"a\":\"x\"}\n",
     {.exclude = "t"},
     ML_ERR_PARSE,
     "b.csv:2: \"a\": expected a number, found \"x\"; --exclude a leaves the column out"},
    {"JSON lines, stream",
     STREAM,
     "{\"id\":1,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":2,\"t\":\"a\\nb\",\"a\":1}\n",
     "{\"id\":3,\"t\":\"a\\nb\",\"a\":1}\n"
     "{\"id\":4,\"t\":\"a\\nb\",\"a\":\"x\"}\n",
     {.exclude = "t"},
     ML_ERR_PARSE,
     "b.csv:2: \"a\": expected a number, found \"x\"; --exclude a leaves the column out"},
    {"a number behind dates, stream",
     STREAM,
     "id,time,a\n1,2020-01-01,1\n2,5,1\n",
     NULL,
     {0},
     ML_ERR_PARSE,
     "a.csv:3:3: expected a date, as in the first row, found \"5\""},
};

static void check_fault(void **state) {
  const fault *f = *state;
  const ml_parts_opts opts = {.series = f->series, .is_stream = f->way == STREAM};
  const char *paths[] = {write_text("a.csv", f->a), f->b ? write_text("b.csv", f->b) : NULL};
  parts_tuning tuning = tight;
  ml_error err = {0};
  ml_buf out = {0};
  if (f->way == WHOLE) tuning.set = UINT64_MAX;
  if (f->way == SCATTERED && f->status == ML_ERR_PARSE) tuning.set = 300;
  if (f->series.window) tuning.set = 6000;
  const ml_status status = read_parts(paths, f->b ? 2 : 1, &opts, &tuning, &out, &err);
  if (f->want) assert_string_equal(out.data, f->want);
  if (status != f->status) fail_msg("%s", out.data);
  ml_buf_release(&out);
}

/* ---- temporary files ---- */

static void put_scattered(ml_buf *text) {
  ml_buf_puts(text, "id,a\n");
  for (unsigned i = 0; i < 2000; i++) ml_buf_printf(text, "%u,%u\n", i % 400, i);
  ml_buf_put(text, "", 1);
}

/* In a process of its own, whose files cannot be larger. @return what it says */
static void read_with_small_files(const char *path, char said[600]) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit limit = {4096, 4096};
    const ml_parts_opts opts = {0};
    ml_error err = {0};
    ml_buf out = {0};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    read_parts(&path, 1, &opts, &tight, &out, &err);
    const ssize_t n = write(ends[1], out.data, out.n);
    ml_buf_release(&out);
    _exit(n < 0 || err.status != ML_ERR_IO);
  }
  int status;
  close(ends[1]);
  const ssize_t n = read(ends[0], said, 599);
  said[n > 0 ? n : 0] = 0;
  close(ends[0]);
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
}

static void no_room(void **state) {
  char said[600], want[700];
  ml_buf text = {0};
  (void)state;
  put_scattered(&text);
  assert_int_equal(setenv("TMPDIR", temp_dir(), 1), 0);
  read_with_small_files(write_text("a.csv", text.data), said);
  snprintf(want, sizeof want,
           "cannot write a temporary file in %s: File too large; TMPDIR names another folder",
           temp_dir());
  assert_string_equal(said, want);
  unsetenv("TMPDIR");
  ml_buf_release(&text);
}

static void no_folder(void **state) {
  const ml_parts_opts opts = {0};
  ml_buf text = {0};
  (void)state;
  put_scattered(&text);
  const char *path = write_text("a.csv", text.data);
  assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
  expect_parts(&path, 1, &opts, &tight, ML_ERR_IO,
               "cannot make a temporary file in /nonexistent: No such file or directory");
  unsetenv("TMPDIR");
  ml_buf_release(&text);
}

/* A pipe can be read once, and is looked at first: so it is copied. */
static void from_a_pipe(void **state) {
  const ml_parts_opts opts = {0};
  pipe_ends p = open_pipe();
  const char *path = p.path;
  ml_error err = {0};
  ml_buf text = {0}, piped = {0}, plain = {0};
  (void)state;
  put_scattered(&text);
  text.data[text.n - 1] = 0;
  put(&p, text.data);
  close(p.to);
  assert_int_equal(read_parts(&path, 1, &opts, &tight, &piped, &err), ML_OK);
  path = write_text("a.csv", text.data);
  assert_int_equal(read_parts(&path, 1, &opts, &tight, &plain, &err), ML_OK);
  /* shelves are chosen by a seed of each run: ids are as many, parts are others */
  size_t n[2] = {0};
  for (size_t i = 0; i < piped.n; i++) n[0] += piped.data[i] == ';';
  for (size_t i = 0; i < plain.n; i++) n[1] += plain.data[i] == ';';
  assert_int_equal(n[0], 400);
  assert_int_equal(n[1], 400);
  close(p.from);
  ml_buf_release(&text);
  ml_buf_release(&piped);
  ml_buf_release(&plain);
}

/* What was looked at is not what is read. */
static void cut_file(void **state) {
  const ml_parts_opts opts = {0};
  ml_error err = {0};
  ml_parts *parts;
  ml_series_set *set;
  (void)state;
  const char *path = write_text("a.csv", "id,a\n" MANY("1") MANY("2") MANY("3"));
  assert_int_equal(parts__open(&path, 1, &opts, &tight, &parts, &err), ML_OK);
  assert_int_equal(truncate(path, 50), 0);
  ml_status status = ML_OK;
  for (int i = 0; i < 3 && status == ML_OK; i++) {
    set = NULL;
    status = ml_parts_next(parts, &set, &err);
    if (status == ML_OK) ml_series_free(set);
  }
  /* the small file was in the window already, or is found to be cut */
  assert_true(status == ML_OK || status == ML_ERR_IO);
  ml_parts_close(parts);
}

static void too_small(void **state) {
  const ml_parts_opts opts = {.memory = 1 << 20};
  const char *path = write_text("a.csv", "id,a\n1,1\n");
  ml_error err = {0};
  ml_parts *parts;
  (void)state;
  assert_int_equal(ml_parts_open(&path, 1, &opts, &parts, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "reading needs 8 MiB of memory at least");
}

int main(void) {
  enum { FAULTS = sizeof faults / sizeof *faults };
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(drip),        cmocka_unit_test(stream_of_texts),
      cmocka_unit_test(much_seen),   cmocka_unit_test(malformed_cell),
      cmocka_unit_test(no_room),     cmocka_unit_test(no_folder),
      cmocka_unit_test(from_a_pipe), cmocka_unit_test(cut_file),
      cmocka_unit_test(too_small),
  };
  struct CMUnitTest of_faults[FAULTS];
  for (size_t i = 0; i < FAULTS; i++)
    of_faults[i] = (struct CMUnitTest){.name = faults[i].name,
                                       .test_func = check_fault,
                                       .initial_state = (void *)(uintptr_t)&faults[i]};
  return cmocka_run_group_tests(tests, NULL, NULL) +
         cmocka_run_group_tests_name("faults", of_faults, NULL, NULL);
}
