/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reading a matrix of features; never installed. */
#ifndef ML_FEATURES_INTERNAL_H
#define ML_FEATURES_INTERNAL_H

#include <ml/csv.h>
#include <ml/input.h>
#include <ml/select.h>

/* ---- which column is what ---- */

enum { FEATURES_MORE_MAX = 8 };

/* What is asked of the columns of a file. */
typedef struct features_ask {
  const char *id;                      /* NULL: "id", if there is one, */
  const char *usual_id;                /* NULL; another name in its place, */
  bool first_is_id;                    /* or else the first, unless its name is one of a feature */
  const char *target, *exclude;        /* as in ml_features_opts */
  const char *more[FEATURES_MORE_MAX]; /* other columns that are no features; NULL: no such */
  bool no_features;                    /* what is left is not looked at */
  const char *const *only; /* n_only names: these are the features, in this order, and nothing else
                              of what is left is looked at; NULL: all that is left */
  size_t n_only;
  bool may_lack_features; /* nothing need be left */
} features_ask;

typedef struct features_roles {
  size_t id, target; /* SIZE_MAX: none */
  size_t more[FEATURES_MORE_MAX];
  size_t empty; /* last column of a CSV file, without a name, that must be empty; SIZE_MAX */
  bool id_is_guess;
  size_t *columns; /* n features */
  size_t n;
} features_roles;

/* Names of the columns of a file. */
typedef struct features_names {
  const char *const *names;
  size_t n;
  const char *source;
  bool has_ids; /* none of the columns is that of the ids, because they lie elsewhere */
} features_names;

ml_status features__roles(const features_names *names, const features_ask *ask,
                          features_roles *roles, ml_error *err);

/* As ml_features_read() has it. */
static inline features_ask features__ask(const ml_features_opts *opts) {
  return (features_ask){
      .id = opts->id, .first_is_id = true, .target = opts->target, .exclude = opts->exclude};
}

void features__roles_release(features_roles *roles);

/* Open a CSV file and list its columns, which go with it; ids and targets in it have lines.
 * @param[out] names  free the list, also on failure */
ml_status features__open_csv(const char *path, char delimiter, const ml_watch *watch, ml_csv **csv,
                             features_names *names, ml_error *err);

/* The same of one that is open. @param csv  taken, also on failure */
ml_status features__list_columns(ml_csv *csv, ml_csv **out, features_names *names, ml_error *err);

/* The error for a name that is not there or not once: with the nearest, and those there are. */
ml_status features__fail_name(const features_names *names, const char *name, ml_error *err);

/* ---- the formats ---- */

typedef ml_status features_reader(const char *path, const ml_features_opts *opts,
                                  const ml_exec *exec, ml_matrix **out, ml_target **target,
                                  ml_error *err);

features_reader features__read_npy;

/* Rows ascending by their ids, which are distinct.
 * @param[out] by_id  from malloc()
 * @param[out] twice  two rows of one id, or SIZE_MAX */
ml_status features__order(char *const *ids, size_t n, uint32_t **by_id, bool *are_numbers,
                          size_t twice[2], ml_error *err);

/* Shape of a .npy file of numbers in the plane. */
typedef struct npy_header {
  size_t n_rows, n_columns;
  bool by_column;
  size_t n_bytes; /* of magic and header: where the values begin */
} npy_header;

/* The longest header that is read, with everything in front of it. */
enum { NPY_HEADER_MAX = 64 * 1024 };

/* Read the header from the first n bytes of a file.
 * @param file_size  of the file, which must have the values and nothing more */
ml_status features__npy_header(const char *bytes, size_t n, uint64_t file_size, const char *source,
                               npy_header *header, ml_error *err);

/* Names of a matrix, as the file beside a .npy has them. */
typedef struct npy_names {
  char *id;
  char **rows, **columns;
  size_t n_rows, n_columns;
} npy_names;

ml_status features__npy_names(const char *json, size_t n, const char *source, npy_names *names,
                              ml_error *err);
void features__npy_names_release(npy_names *names);

/* A .npy file with the names beside it. Zero-initialise it; release it in any case. */
typedef struct npy_file {
  const char *path; /* borrowed */
  char *beside;
  npy_header header;
  npy_names names;
  ml_input *input;
  char *head; /* the first bytes; those up to n_head are still to be read */
  size_t head_at, n_head;
  const ml_watch *watch;
} npy_file;

/* Open both and read all but the values: they fit one another, there are rows, and the ids are
 * what they are asked to be. @param id  as in ml_features_opts */
ml_status npy__open(const char *path, const char *id, const ml_watch *watch, npy_file *file,
                    ml_error *err);

/* The next n bytes of values. */
ml_status npy__read(npy_file *file, void *to, size_t n, ml_error *err);

void npy__release(npy_file *file);

#endif
