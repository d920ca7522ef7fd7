/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where CSV bytes come from: files, pipes, compressed data, and windows that end anywhere. */
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { WINDOW = 1 << 20 };

/* Read two columns, a label and a number, into lines "label|number", or "!line:column: message". */
static void read_pairs(ml_csv *csv, ml_buf *out) {
  static const ml_csv_want want[] = {{.column = 0, .type = ML_LABEL},
                                     {.column = 1, .type = ML_NUMBER, .finite = true}};
  ml_table *table;
  ml_error err = {0};
  if (ml_csv_read(csv, want, 2, &table, &err) != ML_OK) {
    ml_buf_printf(out, "!%zu:%zu: %s", err.line, err.column, err.message);
    return;
  }
  const ml_column *c = table->columns;
  for (size_t i = 0; i < table->n_rows; i++)
    ml_buf_printf(out, "%s|%g\n", c[0].labels[c[0].label[i]], c[1].number[i]);
  ml_table_free(table);
}

static char *finish(ml_buf *out) {
  ml_buf_put(out, "", 1);
  assert_false(out->failed);
  return out->data;
}

/* free() the result */
static char *pairs_of_bytes(const void *bytes, size_t n) {
  ml_buf out = {0};
  ml_csv *csv = NULL;
  ml_error err = {0};
  if (ml_csv_open_bytes(bytes, n, "b", NULL, &csv, &err) == ML_OK)
    read_pairs(csv, &out);
  else
    ml_buf_printf(&out, "!%zu:%zu: %s", err.line, err.column, err.message);
  ml_csv_close(csv);
  return finish(&out);
}

static void expect_pairs(const void *bytes, size_t n, const char *want) {
  char *got = pairs_of_bytes(bytes, n);
  assert_string_equal(got, want);
  free(got);
}

/* ---- the end of a window ---- */

/* Records that have everything in them, and what they say. */
static const char tricky[] =
    "abc,1.25\r\n\"q\"\"uo\nte\",-2e1\r\n\n  \n\"\", 7 \rabc,3\r\n\r\nx,4\n";
static const char tricky_pairs[] = "abc|1.25\nq\"uo\nte|-20\n|7\nabc|3\nx|4\n";

static const char broken[] = "\"a\r\n\",1\r\n\"b\n\",oops\n";

/* A first record of filler, so long that the window ends `into` bytes into the tail. */
static char *pad(const char *tail, size_t into, size_t *n) {
  size_t n_tail = strlen(tail), filler = WINDOW - into - strlen("a,b\n,0\n");
  char *text = malloc(WINDOW + n_tail);
  assert_non_null(text);
  memcpy(text, "a,b\n", 4);
  memset(text + 4, 'f', filler);
  memcpy(text + 4 + filler, ",0\n", 3);
  memcpy(text + WINDOW - into, tail, n_tail);
  *n = WINDOW - into + n_tail;
  return text;
}

static void a_window_may_end_anywhere(void **state) {
  (void)state;
  for (size_t into = 0; into <= strlen(tricky); into++) {
    size_t n;
    char *text = pad(tricky, into, &n), *got = pairs_of_bytes(text, n);
    char *rest = strstr(got, "|0\n");
    if (!rest) fail_msg("window ends at %zu: %s", into, got);
    assert_string_equal(rest + 3, tricky_pairs);
    free(text);
    free(got);
  }
}

static void lines_are_counted_over_windows(void **state) {
  (void)state;
  for (size_t into = 0; into <= strlen(broken); into++) {
    size_t n;
    char *text = pad(broken, into, &n), *got = pairs_of_bytes(text, n);
    assert_string_equal(got, "!6:3: expected a number, found \"oops\"");
    free(text);
    free(got);
  }
}

static void a_long_record_is_read(void **state) {
  (void)state;
  size_t n = 5 * (size_t)WINDOW;
  char *text = malloc(n + 16), *got;
  memcpy(text, "a,b\n\"", 5);
  memset(text + 5, '\n', n);
  memcpy(text + 5 + n, "\",7\nz,y\n", 8);
  got = pairs_of_bytes(text, n + 13);
  char want[80];
  snprintf(want, sizeof want, "!%zu:3: expected a number, found \"y\"", n + 3);
  assert_string_equal(got, want);
  free(got);
  free(text);
}

static void a_record_without_end_is_refused(void **state) {
  (void)state;
  size_t n = 17 * (size_t)WINDOW;
  char *text = malloc(n), *got;
  memset(text, 'x', n);
  memcpy(text, "a,b\ny,1\nz,\"", 11);
  got = pairs_of_bytes(text, n);
  assert_string_equal(got, "!3:3: a quote is opened here and not closed");
  free(got);
  text[10] = 'x';
  got = pairs_of_bytes(text, n);
  assert_string_equal(got, "!3:1: a record longer than 16 MiB starts here");
  free(got);
  free(text);
}

/* ---- compressed ---- */

static const char plain[] = "a,b\nx,1\ny,2\n";
static const char plain_pairs[] = "x|1\ny|2\n";

static size_t gzip(const void *bytes, size_t n, unsigned char *to, size_t size) {
  z_stream z = {0};
  assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = (unsigned char *)(uintptr_t)bytes;
  z.avail_in = (unsigned)n;
  z.next_out = to;
  z.avail_out = (unsigned)size;
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  deflateEnd(&z);
  return z.total_out;
}

static size_t zstd(const void *bytes, size_t n, unsigned char *to, size_t size) {
  size_t packed = ZSTD_compress(to, size, bytes, n, 3);
  assert_false(ZSTD_isError(packed));
  return packed;
}

typedef size_t pack_fn(const void *bytes, size_t n, unsigned char *to, size_t size);
static pack_fn *const packers[] = {gzip, zstd};

static void compressed_data_is_unpacked(void **state) {
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    unsigned char packed[256];
    size_t n = packers[k](plain, strlen(plain), packed, sizeof packed);
    expect_pairs(packed, n, plain_pairs);
    /* Two members or frames, cut inside a record, and an empty one between. */
    n = packers[k](plain, 6, packed, sizeof packed);
    n += packers[k]("", 0, packed + n, sizeof packed - n);
    n += packers[k](plain + 6, strlen(plain) - 6, packed + n, sizeof packed - n);
    expect_pairs(packed, n, plain_pairs);
  }
}

static void compressed_data_that_is_cut_is_refused(void **state) {
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    unsigned char packed[256];
    size_t n = packers[k](plain, strlen(plain), packed, sizeof packed);
    for (size_t cut = 4; cut < n; cut++) {
      char *got = pairs_of_bytes(packed, cut);
      if (got[0] != '!') fail_msg("cut to %zu of %zu bytes: %s", cut, n, got);
      free(got);
    }
  }
}

static void broken_compressed_data_is_refused(void **state) {
  (void)state;
  unsigned char packed[256];
  size_t n = gzip(plain, strlen(plain), packed, sizeof packed);
  memset(packed + n, 0, 8);
  expect_pairs(packed, n + 8, plain_pairs); /* padding */
  packed[n] = 'x';
  expect_pairs(packed, n + 1, "!0:0: other bytes follow the gzip data");
  packed[n - 8] ^= 1;
  expect_pairs(packed, n, "!0:0: broken gzip data: incorrect data check");
  n = zstd(plain, strlen(plain), packed, sizeof packed);
  packed[n] = 'x';
  char *got = pairs_of_bytes(packed, n + 1);
  assert_int_equal(got[0], '!');
  free(got);
}

/* More than the buffers of every layer hold. */
static void large_compressed_data_is_unpacked(void **state) {
  (void)state;
  ml_buf text = {0};
  uint64_t seed = 1;
  ml_buf_puts(&text, "a,b\n");
  for (int i = 0; i < 200000; i++)
    ml_buf_printf(&text, "%d,%llu\n", i % 10, (unsigned long long)(next_random(&seed) >> 40));
  char *want = pairs_of_bytes(text.data, text.n);
  unsigned char *packed = malloc(text.n + 1000);
  for (size_t k = 0; k < 2; k++) {
    size_t n = packers[k](text.data, text.n, packed, text.n + 1000);
    assert_true(n > 600000); /* more than is read at a time */
    expect_pairs(packed, n, want);
  }
  free(packed);
  free(want);
  ml_buf_release(&text);
}

/* ---- files and pipes ---- */

static const char *write_text(const char *name, const char *text, size_t n) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
  return path;
}

static void a_file_is_read(void **state) {
  (void)state;
  ml_csv *csv;
  ml_buf out = {0};
  assert_int_equal(ml_csv_open(write_text("a.csv", plain, strlen(plain)), NULL, &csv, NULL), ML_OK);
  read_pairs(csv, &out);
  ml_csv_close(csv);
  assert_string_equal(finish(&out), plain_pairs);
  ml_buf_release(&out);
}

static void what_cannot_be_read_is_an_io_error(void **state) {
  (void)state;
  ml_csv *csv;
  ml_error err = {0};
  assert_int_equal(ml_csv_open("/nowhere/a.csv", NULL, &csv, &err), ML_ERR_IO);
  assert_string_equal(err.message, "cannot open: No such file or directory");
  assert_string_equal(err.source, "/nowhere/a.csv");
  assert_int_equal(ml_csv_open(temp_dir(), NULL, &csv, &err), ML_ERR_IO);
  assert_string_equal(err.message, "cannot read: Is a directory");
}

static void a_file_that_shrinks_is_an_error(void **state) {
  (void)state;
  size_t n = 4 * (size_t)WINDOW;
  char *text = malloc(n);
  memcpy(text, "a,b\n", 4);
  for (size_t i = 4; i + 4 <= n; i += 4) memcpy(text + i, "x,1\n", 4);
  const char *path = write_text("shrinks.csv", text, n);
  ml_csv *csv;
  ml_buf out = {0};
  assert_int_equal(ml_csv_open(path, NULL, &csv, NULL), ML_OK);
  assert_int_equal(truncate(path, 2 * WINDOW), 0);
  read_pairs(csv, &out);
  ml_csv_close(csv);
  assert_string_equal(finish(&out), "!0:0: the file was cut short while it was read");
  ml_buf_release(&out);
  free(text);
}

static void ignore(int signal_number) {
  (void)signal_number;
}

/* Standard input is a pipe whose writer is slow, while signals interrupt the reader. */
static void standard_input_is_read_through_signals(void **state) {
  (void)state;
  int ends[2], saved = dup(STDIN_FILENO);
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    for (const char *p = plain; *p; p++) {
      usleep(2000);
      if (write(ends[1], p, 1) != 1) _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  struct sigaction action = {.sa_handler = ignore}, before;
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {0};
  sigaction(SIGALRM, &action, &before);
  setitimer(ITIMER_REAL, &often, NULL);
  ml_csv *csv = NULL;
  ml_buf out = {0};
  ml_status status = ml_csv_open("-", NULL, &csv, NULL);
  if (status == ML_OK) read_pairs(csv, &out);
  setitimer(ITIMER_REAL, &never, NULL);
  sigaction(SIGALRM, &before, NULL);
  ml_csv_close(csv);
  dup2(saved, STDIN_FILENO);
  close(saved);
  waitpid(child, NULL, 0);
  assert_int_equal(status, ML_OK);
  assert_string_equal(finish(&out), plain_pairs);
  ml_buf_release(&out);
}

/* ---- the watch ---- */

typedef struct watched {
  int calls_left;
  double done, total;
} watched;

static bool run_out(void *ctx) {
  watched *w = ctx;
  return w->calls_left-- <= 0;
}

static void note(void *ctx, const char *step, double done, double total) {
  watched *w = ctx;
  assert_string_equal(step, "read");
  assert_true(done >= w->done);
  w->done = done;
  w->total = total;
}

static ml_status read_watched(watched *w, const char *text, size_t n) {
  ml_watch watch = {.cancelled = run_out, .progress = note, .ctx = w};
  ml_series_opts opts = {.watch = &watch};
  ml_series_set *set = NULL;
  ml_status status = ml_series_parse(text, n, "t", &opts, &set, NULL);
  ml_series_free(set);
  return status;
}

static void the_watch_sees_progress_and_can_stop(void **state) {
  (void)state;
  size_t n = 3 * (size_t)WINDOW + 14;
  char *text = malloc(n);
  memcpy(text, "id,value,time\n", 14);
  for (size_t i = 14, k = 0; i + 16 <= n; i += 16, k++) {
    char row[17];
    snprintf(row, sizeof row, "%d,1,%011d\n", (int)(k & 1), (int)k);
    memcpy(text + i, row, 16);
  }
  watched w = {.calls_left = 1000};
  assert_int_equal(read_watched(&w, text, n), ML_OK);
  assert_true(w.done == (double)n && w.total == (double)n);
  int needed = 1000 - w.calls_left;
  assert_true(needed >= 4);
  for (int calls = 0; calls < needed; calls++) {
    w = (watched){.calls_left = calls};
    assert_int_equal(read_watched(&w, text, n), ML_ERR_CANCELLED);
  }
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_window_may_end_anywhere),
      cmocka_unit_test(lines_are_counted_over_windows),
      cmocka_unit_test(a_long_record_is_read),
      cmocka_unit_test(a_record_without_end_is_refused),
      cmocka_unit_test(compressed_data_is_unpacked),
      cmocka_unit_test(compressed_data_that_is_cut_is_refused),
      cmocka_unit_test(broken_compressed_data_is_refused),
      cmocka_unit_test(large_compressed_data_is_unpacked),
      cmocka_unit_test(a_file_is_read),
      cmocka_unit_test(what_cannot_be_read_is_an_io_error),
      cmocka_unit_test(a_file_that_shrinks_is_an_error),
      cmocka_unit_test(standard_input_is_read_through_signals),
      cmocka_unit_test(the_watch_sees_progress_and_can_stop),
  };
  return cmocka_run_group_tests_name("csv source", tests, NULL, NULL);
}
