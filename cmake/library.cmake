# libml, shared and static, and how it is installed and found.
add_library(ml SHARED)
add_library(ml_static STATIC)
set_target_properties(ml PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
set_target_properties(ml_static PROPERTIES OUTPUT_NAME ml EXPORT_NAME static)
foreach(library ml ml_static)
  target_link_libraries(${library} PRIVATE ml_objects)
  target_include_directories(${library} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
target_link_options(ml PRIVATE -Wl,-z,defs)
add_library(ml::ml ALIAS ml)
add_library(ml::static ALIAS ml_static)
