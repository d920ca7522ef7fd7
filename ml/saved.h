/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was learnt as a dictionary: put together entry by entry, and read again from a file, of
 * which nothing is trusted. For save() and load() of models, and for whoever keeps state alike. */
#ifndef ML_SAVED_H
#define ML_SAVED_H

#include <float.h>

#include <ml/status.h>
#include <ml/value.h>

ML_BEGIN_DECLS

/* Numbers from lo to hi, both inclusive; NaN is never one of them. */
typedef struct ml_saved_range {
  double lo, hi;
} ml_saved_range;

static const ml_saved_range ml_saved_finite = {-DBL_MAX, DBL_MAX};

/* ---- saving --------------------------------------------------------------------------------- */

/* After something failed all else does nothing, and ml_saver_end() says what it was. Fields are for
 * ml_saver_*() alone. */
typedef struct ml_saver {
  ml_arena *arena;
  ml_error *err;
  ml_status status;
  const char **names;
  ml_value *values;
  size_t n, room;
} ml_saver;

ML_API ml_saver ml_saver_begin(ml_arena *arena, ml_error *err);

/** Put an entry. @param name  borrowed, as everything that value points at */
ML_API void ml_saver_put(ml_saver *saver, const char *name, ml_value value);

/** Put copies of numbers: one, n, or n_rows x n_cols, row after row. One that is beyond the range
 * is ML_ERR_NUMERIC: what is saved can be loaded. */
ML_API void ml_saver_real(ml_saver *saver, const char *name, double value, ml_saved_range range);
ML_API void ml_saver_reals(ml_saver *saver, const char *name, const double *values, size_t n,
                           ml_saved_range range);
ML_API void ml_saver_matrix(ml_saver *saver, const char *name, const double *values, size_t n_rows,
                            size_t n_cols, ml_saved_range range);

/** Put n integers, which are filled in then. @return NULL: something failed */
ML_API int64_t *ml_saver_new_ints(ml_saver *saver, const char *name, size_t n);

/** Put n numbers, or a matrix, likewise. */
ML_API double *ml_saver_new_reals(ml_saver *saver, const char *name, size_t n);
ML_API double *ml_saver_new_matrix(ml_saver *saver, const char *name, size_t n_rows, size_t n_cols);

/** Memory ran out. */
ML_API void ml_saver_no_memory(ml_saver *saver);

/** @param[out] out  the dictionary. @return what failed first, else ML_OK */
ML_API ML_MUST_CHECK ml_status ml_saver_end(ml_saver *saver, ml_value *out);

/* ---- loading -------------------------------------------------------------------------------- */

/* Entries are read by their names, and each is checked when it is read: what comes back can be used
 * as it is. After one that was wrong all else gives 0 and NULL, and ml_loader_end() gives
 * ML_ERR_PARSE, with a message such as "'trees.columns' has 7 in place 3, where an integer from -1
 * to 4 belongs". Nothing is allocated that the dictionary is not as large as. What pointers point
 * at lives until ml_loader_end(). Fields are for ml_loader_*() alone, but for status. */
typedef struct ml_loader {
  ml_status status;
  ml_error *err;
  ml_arena *arena;
  const ml_value *dict;
  struct ml_loader *within; /* whose entry this is; NULL: the first */
  const char *name;         /* of the entry; NULL: none */
  size_t place;             /* in its list; SIZE_MAX: it is none */
} ml_loader;

ML_API ml_loader ml_loader_begin(const ml_value *dict, ml_error *err);

/** A dictionary that is an entry, or element i of a list. `within` has to stay where it is, and is
 * the one to be ended. */
ML_API ml_loader ml_loader_within(ml_loader *within, const char *name);
ML_API ml_loader ml_loader_nth(ml_loader *within, const char *name, size_t i);

/** True when there is an entry of this name. */
ML_API bool ml_loader_has(const ml_loader *loader, const char *name);

/** The entry itself, of any type. */
ML_API const ml_value *ml_loader_find(ml_loader *loader, const char *name);

/** How long a list or vector is, or how many rows a matrix has. */
ML_API size_t ml_loader_length(ml_loader *loader, const char *name);

ML_API double ml_loader_real(ml_loader *loader, const char *name, ml_saved_range range);
ML_API int64_t ml_loader_int(ml_loader *loader, const char *name, int64_t lo, int64_t hi);
ML_API bool ml_loader_bool(ml_loader *loader, const char *name);
ML_API const char *ml_loader_text(ml_loader *loader, const char *name);

/** n numbers; n_rows x n_cols of them, row after row; n integers from lo to hi. */
ML_API const double *ml_loader_reals(ml_loader *loader, const char *name, size_t n,
                                     ml_saved_range range);
ML_API const double *ml_loader_matrix(ml_loader *loader, const char *name, size_t n_rows,
                                      size_t n_cols, ml_saved_range range);
ML_API const int64_t *ml_loader_ints(ml_loader *loader, const char *name, size_t n, int64_t lo,
                                     int64_t hi);

/** Say what else is wrong: "'NAME' ...", the format being the rest. The first to fail counts. */
ML_API void ml_loader_fail(ml_loader *loader, const char *name, const char *format, ...)
    ML_PRINTF(3, 4);

/** Memory ran out. */
ML_API void ml_loader_no_memory(ml_loader *loader);

/** @return what failed first, else ML_OK */
ML_API ML_MUST_CHECK ml_status ml_loader_end(ml_loader *loader);

ML_END_DECLS
#endif
