# SPDX-License-Identifier: GPL-3.0-or-later
# The page of opts.metrics_port as a C string. Here, and not in mproc/, because the file must be made in
# the folder of the target that compiles it.
set(page ${PROJECT_BINARY_DIR}/generated/page.c)
add_custom_command(OUTPUT ${page}
  COMMAND ${CMAKE_COMMAND} -DINPUT=${PROJECT_SOURCE_DIR}/mproc/page.html -DOUTPUT=${page}
          -DNAME=viewer__page -DHEADER=mproc/viewer.h -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${PROJECT_SOURCE_DIR}/mproc/page.html ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "Embedding the page" VERBATIM)
target_sources(ml_objects PRIVATE ${page})
