# libml, shared and static, and how it is installed and found.
add_library(ml SHARED)
add_library(ml_static STATIC)
set_target_properties(ml PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
set_target_properties(ml_static PROPERTIES OUTPUT_NAME ml EXPORT_NAME static)
foreach(library ml ml_static)
  target_sources(${library} PRIVATE $<TARGET_OBJECTS:ml_objects>
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ML_PUBLIC_HEADERS})
  target_link_libraries(${library} PRIVATE $<BUILD_INTERFACE:ml_flags>
    $<BUILD_INTERFACE:ml_dependencies>)
endforeach()
# Every public header compiles alone, as its users include it.
set_target_properties(ml PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
if(NOT ML_SANITIZE) # whose runtime is in the program
  target_link_options(ml PRIVATE -Wl,-z,defs)
endif()
add_library(ml::ml ALIAS ml)
add_library(ml::static ALIAS ml_static)

install(TARGETS ml ml_static EXPORT ml FILE_SET HEADERS)
install(EXPORT ml FILE mlTargets.cmake NAMESPACE ml:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ml)
configure_package_config_file(cmake/mlConfig.cmake.in ${PROJECT_BINARY_DIR}/mlConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ml)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mlConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mlConfig.cmake ${PROJECT_BINARY_DIR}/mlConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ml)
# Private libraries by name: openblas.pc would ask for the Fortran library of a static OpenBLAS, and
# gsl.pc for the slow BLAS. Relative to itself, so that `cmake --install --prefix` and moved folders stay right.
file(RELATIVE_PATH ML_PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/ml.pc.in ${PROJECT_BINARY_DIR}/ml.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ml.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
