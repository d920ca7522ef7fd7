# SPDX-License-Identifier: GPL-3.0-or-later
# The build id: a digest of the sources, the compiler and its flags. The central process and its
# workers compare it, so that results of two builds never mix.
get_target_property(sources ml_objects SOURCES)
set(ML_BUILD_FLAGS "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${CMAKE_C_FLAGS} ${ML_SANITIZE} ${ML_VECTOR} ${PROJECT_VERSION}")
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/ml/*.h ${PROJECT_SOURCE_DIR}/fresh/*.h
     ${PROJECT_SOURCE_DIR}/mproc/*.h ${PROJECT_SOURCE_DIR}/pipeline/*.h
     ${PROJECT_SOURCE_DIR}/xval/*.h)
set(ML_BUILD_ID_INPUTS ${headers})
foreach(source ${sources})
  if(source MATCHES "\\.[ch]$" AND NOT source MATCHES "build_id")
    list(APPEND ML_BUILD_ID_INPUTS ${source})
  endif()
endforeach()
list(SORT ML_BUILD_ID_INPUTS)
set(ML_BUILD_ID_FILE ${PROJECT_BINARY_DIR}/generated/build_id.c)
set(ML_BUILD_ID_HEADER ${PROJECT_BINARY_DIR}/generated/build_id.h) # for plugins
add_custom_command(OUTPUT ${ML_BUILD_ID_FILE} ${ML_BUILD_ID_HEADER}
  COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${ML_BUILD_ID_FILE}" "-DFLAGS=${ML_BUILD_FLAGS}"
          "-DINPUTS=${ML_BUILD_ID_INPUTS}" -P ${PROJECT_SOURCE_DIR}/cmake/write_build_id.cmake
  DEPENDS ${ML_BUILD_ID_INPUTS} ${PROJECT_SOURCE_DIR}/cmake/write_build_id.cmake
  COMMENT "Digesting the sources" VERBATIM)
target_sources(ml_objects PRIVATE ${ML_BUILD_ID_FILE})
add_custom_target(ml_build_id DEPENDS ${ML_BUILD_ID_FILE} ${ML_BUILD_ID_HEADER})
