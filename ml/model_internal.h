/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models of shared objects, across processes; never installed. */
#ifndef ML_MODEL_INTERNAL_H
#define ML_MODEL_INTERNAL_H

#include <ml/functions_internal.h>
#include <ml/model.h>

/* The file a model was opened from, and its digest when that was done. @return NULL: it is built in
 */
const char *model__file(const ml_model *model, const unsigned char **digest);

/* A model of a file that was opened before, by the file's name without folders. @return NULL: there
 * is none */
const ml_model *model__find_opened(const char *file, const char *name);

/* ml_model_find() by the words of another process.
 * @param digest  MODULE_DIGEST bytes of the file; NULL: none
 * @retval ML_ERR_WORKER  the file is another one */
ml_status model__find_same(const char *name, const unsigned char *digest, const ml_model **out,
                           ml_error *err);

/* Is the model a class of Python? To find it runs code. */
#define MODEL_PYTHON "py:"
bool model__is_python(const char *name);

/* Find a plugin of ours by the name of its file: in the folder MLTOOL_PLUGINS, or where this
 * library was installed or built.
 * @param[out] is_there  false: there is none
 * @retval ML_ERR_USAGE  MLTOOL_PLUGINS is no absolute path */
ml_status plugin__find(const char *file, char *path, size_t size, bool *is_there, ml_error *err);

#endif
