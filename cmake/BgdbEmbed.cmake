# bgdb_embed(target DIR <folder> PATTERN *.sql NAME <name>): builds <name>_embedded.cc into the build tree. The generated
# header embedded/<name>.h declares `bgdb::embedded::<name>(relative_path) -> std::string_view` (empty when absent) and
# `<name>_files()`, sorted by path.
function(bgdb_embed target)
  cmake_parse_arguments(ARG "" "DIR;NAME;PATTERN" "" ${ARGN})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_DIR}/${ARG_PATTERN})
  set(out ${CMAKE_BINARY_DIR}/embedded/${ARG_NAME})
  add_custom_command(OUTPUT ${out}.cc ${out}.h
    COMMAND python3 ${CMAKE_SOURCE_DIR}/cmake/embed.py ${ARG_NAME} ${CMAKE_SOURCE_DIR}/${ARG_DIR} ${ARG_PATTERN} ${out}
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed.py VERBATIM)
  target_sources(${target} PRIVATE ${out}.cc)
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR})
endfunction()
