/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hot loops that are compiled once for each width of vector registers, and chosen when the program
 * is loaded. */
#ifndef ML_VECTOR_H
#define ML_VECTOR_H

/* Put it before the definition of a static function, whose name no other file has: clang 14 gives
 * other files a name of it that no linker finds, and all files the name of what chooses. Every path
 * must give the same bits: a sum has accumulators of its own for each lane (arrays of 8) and a
 * fixed order in which they are added, for compilers reorder nothing without fast-math. What such a
 * function calls is compiled for its width only when it is inlined: static inline, without
 * ML_VECTOR_PATHS.
 *
 * The build with -DML_VECTOR=OFF has the plain path alone; so have sanitizers, whose runtime is not
 * ready yet when the loader asks which path to take. */
#if defined(ML_VECTOR) && defined(__x86_64__)
#define ML_VECTOR_PATHS __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define ML_VECTOR_PATHS
#endif

#endif
