/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of DuckDB's vectors as text: exact, and as the reader of CSV takes them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/duckdb_internal.h>
#include <ml/iso8601.h>
#include <ml/number.h>

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

typedef bool put_cell(const duck_column *c, size_t i, ml_buf *out); /* false: it cannot be said */

struct duck_column {
  put_cell *put, *put_integer; /* of a decimal, which is an integer of some size */
  const char *name;            /* the result's */
  unsigned scale;
  const void *data;
  const uint64_t *validity; /* NULL: all are valid */
};

/* ---- numbers ---- */

/* At least CELL_MAX bytes are free where these write. */
enum { CELL_MAX = 64 };

static char *put_digits(char *to, uint128 value, unsigned scale) {
  char digits[48], *p = digits + sizeof digits, *end = p;
  unsigned n = 0;
  do {
    if (n == scale && scale > 0) *--p = '.';
    *--p = (char)('0' + (int)(value % 10));
    value /= 10;
    n++;
  } while (value > 0 || n <= scale);
  memcpy(to, p, (size_t)(end - p));
  return to + (end - p);
}

static unsigned count_digits(uint64_t value) {
  for (unsigned n = 1;; n += 4, value /= 10000) {
    if (value < 10) return n;
    if (value < 100) return n + 1;
    if (value < 1000) return n + 2;
    if (value < 10000) return n + 3;
  }
}

/* The last n digits. */
static char *put_last(char *to, uint64_t value, unsigned n) {
  for (unsigned i = n; i-- > 0; value /= 10) to[i] = (char)('0' + value % 10);
  return to + n;
}

static char *put_small(char *to, uint64_t value) {
  return put_last(to, value, count_digits(value));
}

/* With a point before the last `scale` digits, of which there are six at most. */
static char *put_decimal(char *to, uint64_t value, unsigned scale) {
  static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
  to = put_small(to, value / powers[scale]);
  *to++ = '.';
  return put_last(to, value % powers[scale], scale);
}

static void end_at(ml_buf *out, const char *to) {
  out->n = (size_t)(to - out->data);
}

static bool put_signed(const duck_column *c, int64_t value, ml_buf *out) {
  char *to = out->data + out->n;
  if (value < 0) *to++ = '-';
  const uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  end_at(out, c->scale ? put_digits(to, magnitude, c->scale) : put_small(to, magnitude));
  return true;
}

#define SIGNED(type)                                                    \
  static bool put_##type(const duck_column *c, size_t i, ml_buf *out) { \
    return put_signed(c, ((const type *)c->data)[i], out);              \
  }
#define UNSIGNED(type)                                                      \
  static bool put_##type(const duck_column *c, size_t i, ml_buf *out) {     \
    end_at(out, put_small(out->data + out->n, ((const type *)c->data)[i])); \
    return true;                                                            \
  }
#define REAL(type)                                                                      \
  static bool put_##type(const duck_column *c, size_t i, ml_buf *out) {                 \
    out->n += ml_number_format((double)((const type *)c->data)[i], out->data + out->n); \
    return true;                                                                        \
  }
SIGNED(int8_t)
SIGNED(int16_t)
SIGNED(int32_t)
SIGNED(int64_t)
UNSIGNED(uint8_t)
UNSIGNED(uint16_t)
UNSIGNED(uint32_t)
UNSIGNED(uint64_t)
REAL(float)

/* Most doubles were decimals of a few digits once. Up to 15 digits stand for one double only, so
 * those that read back are the ones that ml_number_format() finds, with more work. @return false:
 * they are not */
static bool put_short_decimal(double value, ml_buf *out) {
  enum { DECIMALS = 6 };
  const double magnitude = fabs(value), scaled = magnitude * 1e6;
  if (!(scaled >= 1 && scaled < 1e15)) return false;
  uint64_t whole = (uint64_t)(scaled + 0.5);
  if ((double)whole / 1e6 != magnitude) return false;
  unsigned scale = DECIMALS;
  for (; scale > 0 && whole % 10 == 0; scale--) whole /= 10;
  char *to = out->data + out->n;
  if (value < 0) *to++ = '-';
  end_at(out, scale ? put_decimal(to, whole, scale) : put_small(to, whole));
  return true;
}

static bool put_double(const duck_column *c, size_t i, ml_buf *out) {
  const double value = ((const double *)c->data)[i];
  if (!put_short_decimal(value, out)) out->n += ml_number_format(value, out->data + out->n);
  return true;
}

static bool put_hugeint(const duck_column *c, size_t i, ml_buf *out) {
  int128 value;
  memcpy(&value, (const char *)c->data + i * sizeof value, sizeof value);
  char *to = out->data + out->n;
  if (value < 0) *to++ = '-';
  end_at(out, put_digits(to, value < 0 ? 0 - (uint128)value : (uint128)value, c->scale));
  return true;
}

static bool put_uhugeint(const duck_column *c, size_t i, ml_buf *out) {
  uint128 value;
  memcpy(&value, (const char *)c->data + i * sizeof value, sizeof value);
  end_at(out, put_digits(out->data + out->n, value, 0));
  return true;
}

static bool put_boolean(const duck_column *c, size_t i, ml_buf *out) {
  ml_buf_puts(out, ((const bool *)c->data)[i] ? "true" : "false");
  return true;
}

/* ---- times ---- */

static bool put_time(int64_t count, int64_t ns, ml_buf *out) {
  if (__builtin_mul_overflow(count, ns, &count)) return false;
  iso8601__format(count, out->data + out->n);
  out->n += strlen(out->data + out->n);
  return true;
}

#define TIME(name, type, ns)                                            \
  static bool put_##name(const duck_column *c, size_t i, ml_buf *out) { \
    return put_time(((const type *)c->data)[i], ns, out);               \
  }
TIME(days, int32_t, 86400000000000)
TIME(seconds, int64_t, 1000000000)
TIME(milliseconds, int64_t, 1000000)
TIME(microseconds, int64_t, 1000)
TIME(nanoseconds, int64_t, 1)

/* ---- texts ---- */

static bool put_text(const duck_column *c, size_t i, ml_buf *out) {
  const duck_string *s = &((const duck_string *)c->data)[i];
  csv__put_made(out, s->near.n <= sizeof s->near.text ? s->near.text : s->far.text, s->near.n);
  return true;
}

/* ---- columns ---- */

static const struct {
  const char *name;
  put_cell *put; /* NULL: no cell is made of it */
} types[DUCK_N_TYPES] = {
    [DUCK_BOOLEAN] = {"BOOLEAN", put_boolean},
    [DUCK_TINYINT] = {"TINYINT", put_int8_t},
    [DUCK_SMALLINT] = {"SMALLINT", put_int16_t},
    [DUCK_INTEGER] = {"INTEGER", put_int32_t},
    [DUCK_BIGINT] = {"BIGINT", put_int64_t},
    [DUCK_UTINYINT] = {"UTINYINT", put_uint8_t},
    [DUCK_USMALLINT] = {"USMALLINT", put_uint16_t},
    [DUCK_UINTEGER] = {"UINTEGER", put_uint32_t},
    [DUCK_UBIGINT] = {"UBIGINT", put_uint64_t},
    [DUCK_FLOAT] = {"FLOAT", put_float},
    [DUCK_DOUBLE] = {"DOUBLE", put_double},
    [DUCK_TIMESTAMP] = {"TIMESTAMP", put_microseconds},
    [DUCK_DATE] = {"DATE", put_days},
    [DUCK_TIME] = {"TIME", NULL},
    [DUCK_INTERVAL] = {"INTERVAL", NULL},
    [DUCK_HUGEINT] = {"HUGEINT", put_hugeint},
    [DUCK_VARCHAR] = {"VARCHAR", put_text},
    [DUCK_BLOB] = {"BLOB", NULL},
    [DUCK_TIMESTAMP_S] = {"TIMESTAMP_S", put_seconds},
    [DUCK_TIMESTAMP_MS] = {"TIMESTAMP_MS", put_milliseconds},
    [DUCK_TIMESTAMP_NS] = {"TIMESTAMP_NS", put_nanoseconds},
    [DUCK_ENUM] = {"ENUM", NULL},
    [DUCK_LIST] = {"LIST", NULL},
    [DUCK_STRUCT] = {"STRUCT", NULL},
    [DUCK_MAP] = {"MAP", NULL},
    [DUCK_UUID] = {"UUID", NULL},
    [DUCK_UNION] = {"UNION", NULL},
    [DUCK_BIT] = {"BIT", NULL},
    [DUCK_TIME_TZ] = {"TIME WITH TIME ZONE", NULL},
    [DUCK_TIMESTAMP_TZ] = {"TIMESTAMP WITH TIME ZONE", put_microseconds},
    [DUCK_UHUGEINT] = {"UHUGEINT", put_uhugeint},
    [DUCK_ARRAY] = {"ARRAY", NULL},
};

static int decimal_of(const duck_api *api, duck_result *result, size_t j, unsigned *scale) {
  duck_handle *type = api->column_logical_type(result, j);
  *scale = api->decimal_scale(type);
  const int internal = api->decimal_internal_type(type);
  api->destroy_logical_type(&type);
  return internal;
}

ml_status duckdb__plan(const duck_api *api, duck_result *result, const char *name, size_t n,
                       duck_column **out, ml_error *err) {
  duck_column *columns = calloc(n ? n : 1, sizeof *columns);
  if (!columns) return ml_error_memory(err);
  for (size_t j = 0; j < n; j++) {
    int type = api->column_type(result, j);
    duck_column *c = &columns[j];
    c->name = api->column_name(result, j);
    if (type == DUCK_DECIMAL) type = decimal_of(api, result, j, &c->scale);
    const bool is_known = type > 0 && type < DUCK_N_TYPES && types[type].name;
    if (is_known) c->put = types[type].put;
    if (c->put) continue;
    ml_status status = ml_error_at(
        err, ML_ERR_PARSE, name, 0, 0,
        "column \"%.60s\" has the type %s, which no cell is made of; a query makes one: --sql "
        "\"SELECT CAST(... AS VARCHAR) ...\"",
        c->name, is_known ? types[type].name : "of a newer DuckDB");
    free(columns);
    return status;
  }
  *out = columns;
  return ML_OK;
}

static bool is_valid(const duck_column *c, size_t i) {
  return !c->validity || (c->validity[i / 64] >> (i % 64) & 1);
}

ml_status duckdb__put_rows(const duck_api *api, duck_column *columns, size_t n, duck_handle *chunk,
                           const char *name, size_t row, ml_buf *out, ml_error *err) {
  const size_t n_rows = api->data_chunk_get_size(chunk);
  for (size_t j = 0; j < n; j++) {
    duck_handle *vector = api->data_chunk_get_vector(chunk, j);
    columns[j].data = api->vector_get_data(vector);
    columns[j].validity = api->vector_get_validity(vector);
  }
  for (size_t i = 0; i < n_rows; i++) {
    const size_t start = out->n;
    for (size_t j = 0; j < n; j++) {
      if (!ml_buf_reserve(out, CELL_MAX)) return ml_error_memory(err);
      if (j) out->data[out->n++] = CSV_UNIT;
      if (is_valid(&columns[j], i) && !columns[j].put(&columns[j], i, out))
        return ml_error_at(err, ML_ERR_PARSE, name, row + i, 0,
                           "\"%.60s\": a time outside of the years 1678 to 2261", columns[j].name);
    }
    csv__end_made(out, start);
  }
  return out->failed ? ml_error_memory(err) : ML_OK;
}
