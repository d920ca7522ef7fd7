/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this library is and what it was built with. */
#ifndef ML_VERSION_H
#define ML_VERSION_H

#include <ml/base.h>

ML_BEGIN_DECLS

/* One library that libml stands on, or the compiler. */
typedef struct ml_component {
  const char *name, *version;
  const char *detail; /* "" or more to say: configuration, file */
} ml_component;

/** Version of libml, "0.1.0". */
ML_API const char *ml_version(void);

/** Digest of the sources and flags of this build: central process and workers must agree in it. */
ML_API const char *ml_build_id(void);

/** A number that changes with the sizes of the public structures: for bindings that mirror them
 * without a compiler, such as the Python package. */
ML_API uint64_t ml_layout(void);

/** Compiler and libraries, for bug reports. @param[out] n  how many */
ML_API const ml_component *ml_components(size_t *n);

/**
 * Set the libraries under libml for a program that has its process to itself, as mltool and its
 * workers have: OpenBLAS runs one thread, and GSL's error handler, which aborts, is off. A program
 * that shares its process with others decides for itself.
 */
ML_API void ml_own_process(void);

ML_END_DECLS
#endif
