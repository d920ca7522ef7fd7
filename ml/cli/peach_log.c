/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of peach: a line for each item that is over, which a later run can go on from. */
#include "peach.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char header[] =
    "item\tfunction\tstarted\tseconds\tworker\tpid\tattempts\tstatus\tdigest\tvalue\n";

enum { ITEM, FUNCTION, STARTED, SECONDS, WORKER, PID, ATTEMPTS, STATUS, DIGEST, VALUE, N_FIELDS };

#define IN_FLIGHT_MAX                                                         \
  ((uint64_t)1 << 24) /* an item is this far beyond the finished ones at most \
                       */

/* What the log has of an item, the last time that it was over. */
typedef struct record {
  bool is_known, is_done, is_other; /* is_other: of another function */
  uint64_t digest;
  off_t at; /* of its value in the file, n bytes */
  size_t n;
} record;

struct peach_log {
  char *path;
  const char *function;
  int fd;
  record *records;
  size_t n, capacity, n_done;
  ml_buf line;
};

/* ---- reading ------------------------------------------------------------------------------- */

static ml_status malformed(const peach_log *log, size_t line, ml_error *err) {
  return ml_error_at(err, ML_ERR_PARSE, log->path, line, 0, "not a line of a job log");
}

static ml_status room_for(peach_log *log, size_t item, ml_error *err) {
  if (item < log->capacity) return ML_OK;
  size_t capacity = log->capacity ? 2 * log->capacity : 256;
  if (capacity <= item) capacity = item + 1;
  record *wider = reallocarray(log->records, capacity, sizeof *wider);
  if (!wider) return ml_error_memory(err);
  memset(wider + log->capacity, 0, (capacity - log->capacity) * sizeof *wider);
  log->records = wider;
  log->capacity = capacity;
  return ML_OK;
}

static bool read_number(const char *text, int base, uint64_t *out) {
  char *end;
  errno = 0;
  *out = strtoull(text, &end, base);
  return text[0] != '-' && end != text && !*end && errno == 0;
}

/* Cut the line at its tabs; the value is JSON and has none. */
static bool split(char *line, char *fields[N_FIELDS]) {
  for (size_t i = 0; i < N_FIELDS; i++) {
    if (!line) return false;
    fields[i] = line;
    line = strchr(line, '\t');
    if (line) *line++ = 0;
  }
  return !line;
}

/* @param at  of the line in the file */
static ml_status read_record(peach_log *log, char *line, off_t at, size_t line_number,
                             ml_error *err) {
  char *fields[N_FIELDS];
  uint64_t item, digest;
  if (!split(line, fields) || !read_number(fields[ITEM], 10, &item) ||
      item > line_number + IN_FLIGHT_MAX || !read_number(fields[DIGEST], 16, &digest))
    return malformed(log, line_number, err);
  ml_status status = room_for(log, (size_t)item, err);
  if (status != ML_OK) return status;
  record *r = &log->records[item];
  log->n_done -= r->is_done;
  *r = (record){.is_known = true,
                .is_done = strcmp(fields[STATUS], ml_status_name(ML_OK)) == 0,
                .is_other = strcmp(fields[FUNCTION], log->function) != 0,
                .digest = digest,
                .at = at + (fields[VALUE] - line),
                .n = strlen(fields[VALUE])};
  log->n_done += r->is_done;
  if (log->n <= item) log->n = (size_t)item + 1;
  return ML_OK;
}

/* Read what there is. @param[out] end  of the last line that is whole: a killed run may have torn
 * the one after it */
static ml_status read_lines(peach_log *log, FILE *file, off_t *end, ml_error *err) {
  char *line = NULL;
  size_t capacity = 0, number = 0;
  ssize_t n;
  ml_status status = ML_OK;
  *end = 0;
  while (status == ML_OK && (n = getline(&line, &capacity, file)) > 0) {
    bool is_whole = line[n - 1] == '\n';
    number++;
    if (number == 1 && strncmp(line, header, is_whole ? sizeof header : (size_t)n) != 0) {
      status =
          ml_error_at(err, ML_ERR_PARSE, log->path, 0, 0, "this is no job log of mltool peach");
    } else if (!is_whole) {
      break;
    } else if (number > 1) {
      line[n - 1] = 0;
      status = strlen(line) == (size_t)n - 1 ? read_record(log, line, *end, number, err)
                                             : malformed(log, number, err);
    }
    *end += n;
  }
  if (status == ML_OK && ferror(file))
    status = ml_error_at(err, ML_ERR_IO, log->path, 0, 0, "cannot read: %s", strerror(errno));
  free(line);
  return status;
}

static ml_status read_log(peach_log *log, off_t *end, ml_error *err) {
  int fd = dup(log->fd);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
  if (!file) {
    if (fd >= 0) close(fd);
    return ml_error_at(err, ML_ERR_IO, log->path, 0, 0, "cannot read: %s", strerror(errno));
  }
  ml_status status = read_lines(log, file, end, err);
  fclose(file);
  return status;
}

/* ---- writing ------------------------------------------------------------------------------- */

static ml_status write_all(peach_log *log, const char *bytes, size_t n, ml_error *err) {
  while (n > 0) {
    ssize_t done = write(log->fd, bytes, n);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0)
      return ml_error_at(err, ML_ERR_IO, log->path, 0, 0, "cannot write: %s", strerror(errno));
    bytes += done;
    n -= (size_t)done;
  }
  return ML_OK;
}

/* "2026-11-22T20:26:20.123Z" */
static void put_time(ml_buf *out, double seconds) {
  char text[32] = "";
  time_t t = (time_t)seconds;
  struct tm utc;
  if (gmtime_r(&t, &utc)) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  ml_buf_printf(out, "%s.%03dZ", text, (int)((seconds - (double)t) * 1000));
}

ml_status peach__log_write(peach_log *log, size_t item, uint64_t digest, const ml_report *report,
                           const ml_buf *value, ml_error *err) {
  ml_buf *line = &log->line;
  ml_status status = report->failure ? report->failure->error.status : ML_OK;
  ml_buf_clear(line);
  ml_buf_printf(line, "%zu\t%s\t", item, log->function);
  put_time(line, report->started);
  ml_buf_printf(line, "\t%.6f\t%zu\t%ld\t%u\t%s\t%016" PRIx64 "\t", report->seconds, report->worker,
                report->pid, report->attempts, ml_status_name(status), digest);
  ml_buf_put(line, value->data, value->n);
  ml_buf_puts(line, "\n");
  if (line->failed || value->failed) return ml_error_memory(err);
  return write_all(log, line->data, line->n, err);
}

/* ---- the life of a log --------------------------------------------------------------------- */

static ml_status start_file(peach_log *log, bool is_resumed, ml_error *err) {
  struct stat st;
  off_t end = 0;
  if (fstat(log->fd, &st) != 0 || !S_ISREG(st.st_mode))
    return is_resumed ? ml_error_at(err, ML_ERR_USAGE, log->path, 0, 0, "--resume needs a file")
                      : write_all(log, header, sizeof header - 1, err);
  if (flock(log->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return ml_error_at(err, ML_ERR_USAGE, log->path, 0, 0, "another run writes this log");
  if (st.st_size > 0 && !is_resumed)
    return ml_error_set(err, ML_ERR_USAGE,
                        "there is a file %s already: go on from it with --resume, or remove it",
                        log->path);
  ml_status status = read_log(log, &end, err);
  if (status == ML_OK && st.st_size > end && ftruncate(log->fd, end) != 0)
    status = ml_error_at(err, ML_ERR_IO, log->path, 0, 0, "cannot write: %s", strerror(errno));
  if (status == ML_OK && end == 0) status = write_all(log, header, sizeof header - 1, err);
  return status;
}

ml_status peach__log_open(const char *path, bool is_resumed, const char *function, peach_log **out,
                          ml_error *err) {
  peach_log *log = calloc(1, sizeof *log);
  if (!log) return ml_error_memory(err);
  log->function = function;
  log->path = strdup(path);
  log->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  ml_status status = ML_OK;
  if (!log->path) status = ml_error_memory(err);
  if (status == ML_OK && log->fd < 0)
    status = ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot write: %s", strerror(errno));
  if (status == ML_OK) status = start_file(log, is_resumed, err);
  if (status == ML_OK) {
    *out = log;
  } else {
    peach__log_close(log);
  }
  return status;
}

/* FNV-1a: it tells apart what people change by mistake. */
static uint64_t hash(uint64_t h, const void *bytes, size_t n) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < n; i++) h = (h ^ at[i]) * UINT64_C(0x100000001b3);
  return h;
}

ml_status peach__log_digest(peach_log *log, const ml_value *v, uint64_t seed, uint64_t *out,
                            ml_error *err) {
  ml_buf_clear(&log->line);
  ml_status status = ml_value_encode(v, NULL, 0, &log->line, err);
  if (status != ML_OK) return status;
  if (log->line.failed) return ml_error_memory(err);
  *out = hash(hash(UINT64_C(0xcbf29ce484222325), &seed, sizeof seed), log->line.data, log->line.n);
  return ML_OK;
}

ml_status peach__log_find(const peach_log *log, size_t item, uint64_t digest, bool *is_done,
                          ml_error *err) {
  *is_done = false;
  if (item >= log->n || !log->records[item].is_known) return ML_OK;
  const record *r = &log->records[item];
  if (r->is_other || r->digest != digest)
    return ml_error_set(err, ML_ERR_USAGE,
                        "item %zu has another %s than in %s: --resume goes on with the same call",
                        item, r->is_other ? "function" : "argument (or --seed)", log->path);
  *is_done = r->is_done;
  return ML_OK;
}

ml_status peach__log_result(const peach_log *log, size_t item, ml_buf *out, ml_error *err) {
  const record *r = &log->records[item];
  char *to = ml_buf_reserve(out, r->n);
  if (!to) return ml_error_memory(err);
  for (size_t n = 0; n < r->n;) {
    ssize_t got = pread(log->fd, to + n, r->n - n, r->at + (off_t)n);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return ml_error_at(err, ML_ERR_IO, log->path, 0, 0, "cannot read: %s",
                         got ? strerror(errno) : "the file was cut short");
    n += (size_t)got;
  }
  out->n += r->n;
  return ML_OK;
}

size_t peach__log_n_done(const peach_log *log) {
  return log->n_done;
}

void peach__log_close(peach_log *log) {
  if (!log) return;
  if (log->fd >= 0) close(log->fd);
  free(log->path);
  free(log->records);
  ml_buf_release(&log->line);
  free(log);
}
