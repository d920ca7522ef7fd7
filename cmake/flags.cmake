# SPDX-License-Identifier: GPL-3.0-or-later
# Compiler flags of everything that is built here; not passed on to users of the library.
add_library(ml_flags INTERFACE)
target_compile_options(ml_flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
  -Wformat=2 -Wundef
  # Same bits on every path: a fused multiply-add rounds once where two operations round twice.
  -ffp-contract=off -fno-fast-math
  -fstack-protector-strong
  $<$<BOOL:${ML_WERROR}>:-Werror>)
target_compile_definitions(ml_flags INTERFACE _GNU_SOURCE)
target_link_options(ml_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
if(ML_SANITIZE)
  target_compile_options(ml_flags INTERFACE -fsanitize=${ML_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(ml_flags INTERFACE -fsanitize=${ML_SANITIZE})
else()
  target_compile_definitions(ml_flags INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
  if(ML_VECTOR) # ml/vector.h
    target_compile_definitions(ml_flags INTERFACE ML_VECTOR)
  endif()
endif()
target_compile_definitions(ml_flags INTERFACE ML_VERSION="${PROJECT_VERSION}")
