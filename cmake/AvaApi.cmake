# SPDX-License-Identifier: Apache-2.0
#
# ava_add_api(NAME opencl SPEC opencl.lapis ...): from a spec to the libraries of one virtual API.
#
#                     ┌─ guest.cc, exports.map, icd.map ─▶ libOpenCL.so.1, libava-opencl-icd.so   (guest)
#   SPEC ─▶ cava ─────┼─ wire.h                            included by both
#                     └─ server.cc ──────────────────────▶ libava-opencl-server.so                (host)
#
#   NAME            names generated/<NAME>/ and the targets below.
#   SPEC            the .lapis file; cava's depfile names whatever else it reads.
#   LINES_MAX       a test fails when the spec has more lines a function, or when a function is missing.
#   CAVA_OPTIONS    more arguments for 'cava build'.
#   GUEST_SOURCES   the spec's own C++ for the guest side: no exceptions, no RTTI, libc only.
#   SERVER_SOURCES  the spec's own C++ for the server side.
#   LIBS            what both sides need: header-only libraries such as OpenCL::Headers.
#   SERVER_LIBS     what the server calls: the vendor's library.
#   GUEST_LIBRARY   base name of the library that takes the vendor's place (OpenCL); with VERSION, SOVERSION.
#   REFERENCE       the real library, e.g. libOpenCL.so.1: a test compares symbols, versions and SONAME with it.
#   ICD_LIBRARY     base name of the library behind a loader (ava-opencl-icd). Needs icd.map.
#   ICD_EXPORTS     its exact symbols, for a test.
#   ICD_FILE        name of the .icd file in build/<preset>/lib that names that library.
#   DIRECTORY       folder of build/<preset>/lib for the guest's libraries; default: lib itself.
#
# Targets: <NAME>_generate; <NAME>_wire, to be linked by whatever else includes "<NAME>/wire.h"; <NAME>_guest; <NAME>_icd;
# <NAME>_server, the host's module, dlopened by ava-worker.

# What a guest library is made of: everything compiled in, nothing visible but the API.
set(AVA_GUEST_MODULES ava_guest ava_transport ava_wire ava_base)
set(AVA_SERVER_MODULES ava_worker ava_wire ava_base)

function(ava_add_api)
  cmake_parse_arguments(PARSE_ARGV 0 arg ""
      "NAME;SPEC;LINES_MAX;GUEST_LIBRARY;VERSION;SOVERSION;REFERENCE;ICD_LIBRARY;ICD_FILE;DIRECTORY"
      "CAVA_OPTIONS;ICD_EXPORTS;GUEST_SOURCES;SERVER_SOURCES;LIBS;SERVER_LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ava_add_api: unknown argument '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT TARGET cava)
    message(STATUS "API '${arg_NAME}' left out: no cava yet")
    return()
  endif()

  set(generated "${CMAKE_BINARY_DIR}/generated/${arg_NAME}")
  _ava_generate_api(${arg_NAME} "${generated}" "${arg_SPEC}" "${arg_ICD_LIBRARY}" "${arg_CAVA_OPTIONS}")

  if(arg_LINES_MAX AND BUILD_TESTING)
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE folder)
    add_test(NAME ${arg_NAME}_coverage
        COMMAND cava coverage --lines-max ${arg_LINES_MAX} "${folder}/${arg_SPEC}" WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${arg_NAME}_coverage PROPERTIES LABELS fast)
  endif()

  add_library(${arg_NAME}_wire INTERFACE)
  add_dependencies(${arg_NAME}_wire ${arg_NAME}_generate)
  target_include_directories(${arg_NAME}_wire INTERFACE "${CMAKE_BINARY_DIR}/generated")
  _ava_link(${arg_NAME}_wire INTERFACE ava_wire "${arg_LIBS}")

  add_library(${arg_NAME}_guest_objects OBJECT "${generated}/guest.cc" ${arg_GUEST_SOURCES})
  _ava_guest_safe(${arg_NAME}_guest_objects)
  _ava_link(${arg_NAME}_guest_objects PUBLIC "${AVA_GUEST_MODULES}" ${arg_NAME}_wire)

  set(directory "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${arg_DIRECTORY}")
  if(arg_GUEST_LIBRARY)
    _ava_guest_library(${arg_NAME}_guest ${arg_NAME} ${arg_GUEST_LIBRARY} "${generated}/exports.map" "${directory}")
    if(arg_SOVERSION)
      set_target_properties(${arg_NAME}_guest PROPERTIES VERSION "${arg_VERSION}" SOVERSION "${arg_SOVERSION}")
    endif()
    if(arg_REFERENCE)
      find_file(AVA_${arg_NAME}_REFERENCE ${arg_REFERENCE} PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} REQUIRED)
      _ava_check_guest_library(${arg_NAME}_guest --reference "${AVA_${arg_NAME}_REFERENCE}")
    endif()
  endif()
  if(arg_ICD_LIBRARY)
    _ava_guest_library(${arg_NAME}_icd ${arg_NAME} ${arg_ICD_LIBRARY} "${generated}/icd.map" "${directory}")
    if(arg_ICD_EXPORTS)
      _ava_check_guest_library(${arg_NAME}_icd --exports ${arg_ICD_EXPORTS})
    endif()
    if(arg_ICD_FILE)
      file(GENERATE OUTPUT "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${arg_ICD_FILE}" CONTENT "$<TARGET_FILE:${arg_NAME}_icd>\n")
    endif()
  endif()

  add_library(${arg_NAME}_server MODULE "${generated}/server.cc" ${arg_SERVER_SOURCES})
  set_target_properties(${arg_NAME}_server PROPERTIES OUTPUT_NAME ava-${arg_NAME}-server)
  _ava_link(${arg_NAME}_server PRIVATE "${AVA_SERVER_MODULES}" "${arg_NAME}_wire;${arg_SERVER_LIBS}")
  _ava_no_undefined(${arg_NAME}_server)
  add_dependencies(programs ${arg_NAME}_server)
endfunction()

function(_ava_generate_api name generated spec icd options)
  cmake_path(ABSOLUTE_PATH spec BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  file(RELATIVE_PATH spec_from_root "${CMAKE_SOURCE_DIR}" "${spec}")
  set(outputs wire.h guest.cc server.cc exports.map)
  if(icd)
    list(APPEND outputs icd.map)
  endif()
  list(TRANSFORM outputs PREPEND "${generated}/")

  # Run in the root of the checkout, with a relative path, so that the output is the same everywhere.
  add_custom_command(
      OUTPUT ${outputs}
      COMMAND cava build "${spec_from_root}" -o "${generated}" --depfile "${generated}/depfile" ${options}
      DEPENDS cava "${spec}"
      DEPFILE "${generated}/depfile"
      WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
      COMMENT "cava build ${spec_from_root}"
      VERBATIM)
  add_custom_target(${name}_generate DEPENDS ${outputs})
endfunction()

function(_ava_guest_library target api output map directory)
  add_library(${target} SHARED)
  target_link_libraries(${target} PRIVATE ${api}_guest_objects)
  set_target_properties(${target} PROPERTIES
      OUTPUT_NAME "${output}"
      LIBRARY_OUTPUT_DIRECTORY "${directory}"
      LINKER_LANGUAGE CXX
      LINK_DEPENDS "${map}")
  add_dependencies(${target} ${api}_generate)
  add_dependencies(programs ${target})
  # nodelete: dlclose leaves the library where it is. Threads of ours run in it, a fork handler points into it, and the
  # program may hold objects and mapped memory; taking all that down safely under other threads is not possible.
  target_link_options(${target} PRIVATE "-Wl,--version-script=${map}" -Wl,-Bsymbolic -Wl,-z,now -Wl,-z,relro
      -Wl,-z,nodelete)
  if(NOT AVA_SANITIZE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  _ava_no_undefined(${target})
endfunction()

# A sanitizer's runtime lives in the program, so only other builds can insist that nothing is undefined.
function(_ava_no_undefined target)
  if(NOT AVA_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# Sanitizers bring libraries and symbols of their own.
function(_ava_check_guest_library target)
  if(BUILD_TESTING AND NOT AVA_SANITIZE)
    add_test(NAME ${target}_library
        COMMAND "${AVA_PYTHON}" "${CMAKE_SOURCE_DIR}/tools/check_guest_library.py" $<TARGET_FILE:${target}> ${ARGN})
    set_tests_properties(${target}_library PROPERTIES LABELS fast)
  endif()
endfunction()
