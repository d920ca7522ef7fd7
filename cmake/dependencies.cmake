# SPDX-License-Identifier: GPL-3.0-or-later
# Libraries, all of them Debian 12 packages (scripts/deps).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(GSL REQUIRED IMPORTED_TARGET gsl>=2.7)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash) # header only: XXH_INLINE_ALL

# gsl.pc names GSL's own, slow BLAS. Only libgsl is taken from it, and OpenBLAS stands in for the
# BLAS, so that every cblas_ call lands there (tests/test_blas.c asks the loader).
find_library(ML_GSL_LIBRARY gsl REQUIRED HINTS ${GSL_LIBRARY_DIRS})
add_library(ml_dependencies INTERFACE)
target_include_directories(ml_dependencies INTERFACE ${GSL_INCLUDE_DIRS})
target_link_libraries(ml_dependencies INTERFACE PkgConfig::OPENBLAS ${ML_GSL_LIBRARY}
  PkgConfig::OPENBLAS PkgConfig::UV PkgConfig::ZLIB PkgConfig::ZSTD PkgConfig::JANSSON
  PkgConfig::SODIUM Threads::Threads m)
