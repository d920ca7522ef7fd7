/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values: what functions that are called by name take and give, and how they go over a wire. */
#ifndef ML_VALUE_H
#define ML_VALUE_H

#include <ml/buffer.h>
#include <ml/status.h>

ML_BEGIN_DECLS

/* One line per type: constant, name in messages. The numbers are those of the encoding. */
#define ML_TYPE_MAP(X)  \
  X(NULL, "null")       \
  X(BOOL, "bool")       \
  X(INT, "integer")     \
  X(REAL, "number")     \
  X(STRING, "string")   \
  X(BYTES, "bytes")     \
  X(VECTOR, "vector")   \
  X(MATRIX, "matrix")   \
  X(LIST, "list")       \
  X(DICT, "dictionary") \
  X(OBJECT, "object") /* pickled; only a language's plugin knows */

typedef enum ml_type {
#define ML_TYPE_ENUM(constant, name) ML_TYPE_##constant,
  ML_TYPE_MAP(ML_TYPE_ENUM)
#undef ML_TYPE_ENUM
} ml_type;

/* Elements of vectors and matrices: constant, C type, name, as numpy writes it. */
#define ML_DTYPE_MAP(X)            \
  X(F64, double, "float64", "<f8") \
  X(F32, float, "float32", "<f4")  \
  X(I64, int64_t, "int64", "<i8")  \
  X(I32, int32_t, "int32", "<i4")  \
  X(U8, uint8_t, "uint8", "|u1")   \
  X(BOOL, uint8_t, "bool", "|b1")

typedef enum ml_dtype {
#define ML_DTYPE_ENUM(constant, type, name, code) ML_DTYPE_##constant,
  ML_DTYPE_MAP(ML_DTYPE_ENUM)
#undef ML_DTYPE_ENUM
} ml_dtype;

typedef struct ml_value ml_value;

/* Plain data that owns nothing: what it points at belongs to whoever made it, an arena (below), the
 * bytes it was decoded from, or the program. Copying the struct copies the pointers. */
struct ml_value {
  ml_type type;
  ml_dtype dtype; /* VECTOR, MATRIX */
  union {
    bool b;
    int64_t i;
    double d;
    struct { /* STRING: UTF-8, NUL-terminated, n bytes without the NUL. BYTES, OBJECT: n bytes */
      const char *text;
      size_t n;
    } s;
    struct { /* VECTOR: n_rows elements, n_cols is 1. MATRIX: n_rows x n_cols, row after row */
      const void *data;
      size_t n_rows, n_cols;
    } a;
    struct { /* LIST: n values. DICT: n values and their names, in the order they were made */
      const ml_value *values;
      const char *const *names; /* NULL for LIST */
      size_t n;
    } l;
  } as;
};

/* ---- arenas: memory that goes at once -------------------------------------------------------- */

typedef struct ml_arena ml_arena;

/** @return NULL when memory ran out */
ML_API ml_arena *ml_arena_new(void);

/** n bytes of zeros, 16-byte aligned, until the arena is reset or freed. @return NULL: no memory */
ML_API void *ml_arena_alloc(ml_arena *arena, size_t n);

/** Forget everything, keep some of the memory for the next time. */
ML_API void ml_arena_reset(ml_arena *arena);
ML_API void ml_arena_free(ml_arena *arena); /* NULL is allowed */

/* ---- making values --------------------------------------------------------------------------- */

static inline ml_value ml_value_null(void) {
  ml_value v = {ML_TYPE_NULL, ML_DTYPE_F64, {false}};
  return v;
}
static inline ml_value ml_value_bool(bool b) {
  ml_value v = ml_value_null();
  v.type = ML_TYPE_BOOL;
  v.as.b = b;
  return v;
}
static inline ml_value ml_value_int(int64_t i) {
  ml_value v = ml_value_null();
  v.type = ML_TYPE_INT;
  v.as.i = i;
  return v;
}
static inline ml_value ml_value_real(double d) {
  ml_value v = ml_value_null();
  v.type = ML_TYPE_REAL;
  v.as.d = d;
  return v;
}

/** A string that borrows text. */
ML_API ml_value ml_value_string(const char *text);

/** A vector that borrows n elements. */
ML_API ml_value ml_value_vector(ml_dtype dtype, const void *data, size_t n);

/** A matrix that borrows n_rows x n_cols elements, row after row. */
ML_API ml_value ml_value_matrix(ml_dtype dtype, const void *data, size_t n_rows, size_t n_cols);

/** Make a vector of zeros in an arena. @return its elements, to be filled; NULL: no memory */
ML_API void *ml_value_new_vector(ml_arena *arena, ml_dtype dtype, size_t n, ml_value *out);
ML_API void *ml_value_new_matrix(ml_arena *arena, ml_dtype dtype, size_t n_rows, size_t n_cols,
                                 ml_value *out);

/** Make a list of n nulls in an arena. @return its values, to be set; NULL: no memory */
ML_API ml_value *ml_value_new_list(ml_arena *arena, size_t n, ml_value *out);

/** Make a dictionary with borrowed names. @return its values, nulls, to be set; NULL: no memory */
ML_API ml_value *ml_value_new_dict(ml_arena *arena, const char *const *names, size_t n,
                                   ml_value *out);

/* ---- reading values -------------------------------------------------------------------------- */

/** "vector of float64", "dictionary": for messages. @return buf */
ML_API const char *ml_value_describe(const ml_value *v, char *buf, size_t size);

ML_API size_t ml_dtype_size(ml_dtype dtype);
ML_API const char *ml_dtype_name(ml_dtype dtype);

/** A bool, an integer or a number as a double. @return false for any other type */
ML_API bool ml_value_as_real(const ml_value *v, double *out);

/** An integer, or a number that is one. */
ML_API bool ml_value_as_int(const ml_value *v, int64_t *out);

/** Doubles of a vector, or of a list of numbers; converted into the arena unless they are doubles
 * already. @return NULL: it is neither, or no memory; then err says which */
ML_API const double *ml_value_as_reals(const ml_value *v, ml_arena *arena, size_t *n,
                                       ml_error *err);

/** The value of that name in a dictionary. @return NULL when there is none, or v is no dictionary
 */
ML_API const ml_value *ml_value_find(const ml_value *v, const char *name);

/** Same type, same shape, same bits; NaN equals NaN. */
ML_API bool ml_value_equal(const ml_value *a, const ml_value *b);

/** Copy everything that v points at into an arena. @return false: no memory */
ML_API bool ml_value_copy(const ml_value *v, ml_arena *arena, ml_value *out);

/* ---- JSON ------------------------------------------------------------------------------------ */

/**
 * Append compact JSON: no spaces, dictionaries in their order. Vectors and matrices are arrays;
 * integers are written exactly, numbers as ml_number_format() writes them, with ".0" behind -0 and
 * whole numbers beyond 64 bits, which would be read as integers; NaN as null, infinities as the
 * strings "inf" and "-inf", bytes as base64.
 *
 * @retval ML_ERR_USAGE   an object, which has no JSON form; nested deeper than 64
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_value_to_json(const ml_value *v, ml_buf *out, ml_error *err);

/**
 * Read one JSON value of n bytes into an arena. Numbers without fraction and exponent are integers;
 * but in a text with one that does not fit into 64 bits they all are the nearest doubles. Arrays
 * are lists. Positions in errors are lines and characters of the text.
 *
 * @retval ML_ERR_PARSE   not JSON, a number beyond the doubles, a name twice in a dictionary, a NUL
 *                        in a string, nested deeper than 64
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_value_from_json(const char *text, size_t n, const char *source,
                                                  ml_arena *arena, ml_value *out, ml_error *err);

/* ---- the encoding ------------------------------------------------------------------------------
 *
 * Little endian, every value at a multiple of 8 bytes and padded with zeros to one, so that decoded
 * vectors are used where they lie. docs/mproc.md has the layout. */

/* Blocks that a vector may lie in: then a reference is encoded, and not its elements. */
typedef struct ml_shared {
  const void *data;
  size_t size;
} ml_shared;

/**
 * Append the encoding of a value.
 *
 * @param shared  n_shared blocks that the reader has too, in the same order; NULL: none
 *
 * @retval ML_ERR_USAGE   nested deeper than 64, a string that is not UTF-8 or has a NUL in it, a
 *                        name twice in a dictionary, more than 2^16 rows without columns, a bool
 *                        beyond 1, NULL where something should be
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_value_encode(const ml_value *v, const ml_shared *shared,
                                               size_t n_shared, ml_buf *out, ml_error *err);

/**
 * Decode n bytes that hold one value and nothing else; every byte is checked, but for elements that
 * lie in a block. Strings, names and elements are borrowed from the bytes (and from shared), lists
 * are made in the arena.
 *
 * @param bytes  8-byte aligned; must outlive the value
 *
 * @retval ML_ERR_PARSE   no value of ours
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_value_decode(const void *bytes, size_t n, const ml_shared *shared,
                                               size_t n_shared, ml_arena *arena, ml_value *out,
                                               ml_error *err);

ML_END_DECLS
#endif
