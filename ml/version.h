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

/** Compiler and libraries, for bug reports. @param[out] n  how many */
ML_API const ml_component *ml_components(size_t *n);

/** Make OpenBLAS use one thread in this process; for programs that are parallel by other means, as
 * mltool is. */
ML_API void ml_one_thread(void);

ML_END_DECLS
#endif
