/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of files that appear complete or not at all. */
#ifndef ML_FOLDER_H
#define ML_FOLDER_H

#include <ml/status.h>

ML_BEGIN_DECLS

/* What tells folders of one kind from all others: only those are replaced. */
typedef struct ml_folder_kind {
  const char *const *names; /* of all files that may be in one, or patterns of fnmatch(3), NULL
                               behind the last; the first is a name, and in each */
  const char *mark;         /* what that one begins with */
  const char *what;         /* what it is called, as in "a run" */
} ml_folder_kind;

typedef struct ml_folder ml_folder;

/**
 * Begin a folder. Its files are written to a temporary one beside it,
 * ".NAME.mltool-XXXXXX", which ml_folder_commit() syncs and renames. Temporary
 * ones of processes that were killed are removed.
 *
 * @param path      of the folder, which need not be there; a link to one is followed. One that is
 *                  there is replaced if it is empty, or of this kind and has no other files
 * @param kind      borrowed
 * @param[out] out  end it with ml_folder_commit() or ml_folder_abort(). Not written on failure.
 *
 * @retval ML_ERR_IO      there is something else at path: it is said what; the folder that it is to
 *                        be in is missing or not writable
 * @retval ML_ERR_MEMORY  an allocation failed
 */
ML_API ML_MUST_CHECK ml_status ml_folder_open(const char *path, const ml_folder_kind *kind,
                                              ml_folder **out, ml_error *err);

/**
 * Write and sync a file of the folder.
 *
 * @param name  one of the names of its kind, once
 * @retval ML_ERR_IO
 */
ML_API ML_MUST_CHECK ml_status ml_folder_add(ml_folder *folder, const char *name, const void *bytes,
                                             size_t n, ml_error *err);

/** Path of the temporary folder, for what writes files by itself. @return borrowed */
ML_API const char *ml_folder_path(const ml_folder *folder);

/**
 * Put the folder in its place; an old one is exchanged for it at once (renameat2), and removed
 * then. On a filesystem that cannot do that there is a moment without either. Frees folder in
 * every case, and removes the temporary one on failure.
 *
 * @retval ML_ERR_IO  also when what is at path has become something else meanwhile
 */
ML_API ML_MUST_CHECK ml_status ml_folder_commit(ml_folder *folder, ml_error *err);

/** Give up: removes the temporary folder and frees. NULL is allowed. */
ML_API void ml_folder_abort(ml_folder *folder);

ML_END_DECLS
#endif
