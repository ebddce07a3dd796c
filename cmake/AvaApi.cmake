# SPDX-License-Identifier: Apache-2.0
#
# ava_add_api(NAME opencl SPEC opencl.lapis ...): from a spec to the libraries of one virtual API. Here, and for whoever
# calls find_package(Ava): this file is installed.
#
#                     ┌─ guest.cc, exports.map, icd.map ─▶ libOpenCL.so.1, libava-opencl-icd.so   (guest)
#   SPEC ─▶ cava ─────┼─ wire.h                            included by both
#                     └─ server.cc ──────────────────────▶ libava-opencl-server.so                (host)
#
#   NAME            the API's, as the spec has it; names generated/<NAME>/ and the targets below.
#   SPEC            the .lapis file; cava's depfile names whatever else it reads.
#   LINES_MAX       a test fails when the spec has more lines a function, or when a function is missing.
#   CAVA_OPTIONS    more arguments for 'cava build'.
#   GUEST_SOURCES   the spec's own C++ for the guest side: no exceptions, no RTTI, libc only.
#   SERVER_SOURCES  the spec's own C++ for the server side.
#   LIBS            what both sides need: header-only libraries such as OpenCL::Headers. cava reads their headers.
#   SERVER_LIBS     what the server is linked with. Not the vendor's library, which it opens by its name.
#   GUEST_LIBRARY   base name of the library that takes the vendor's place (OpenCL); with VERSION, SOVERSION.
#   REFERENCE       the real library, a name such as libOpenCL.so.1, a path or a target: a test compares symbols, versions
#                   and SONAME with it.
#   ICD_LIBRARY     base name of the library behind a loader (ava-opencl-icd). Needs icd.map.
#   ICD_EXPORTS     its exact symbols, for a test.
#   ICD_FILE        name of the .icd file, beside the server, that names that library.
#
# Targets: <NAME>_generate; <NAME>_wire, to be linked by whatever else includes "<NAME>/wire.h"; <NAME>_guest; <NAME>_icd;
# <NAME>_server, the host's module, dlopened by ava-worker. Servers lie in lib/ of the build, guests' libraries in
# lib/ava/guest: what 'worker.libraries' in avad.toml and LD_LIBRARY_PATH are to name.
#
# ava_install_api(NAME [SERVER_COMPONENT c] [GUEST_COMPONENT c]): installs them where avad and 'ava run' look for them,
# if the prefix is AvA's own, or /usr/local for an AvA in /usr.
#
# Uses Ava::cava, Ava::headers, Ava::guest_runtime and Ava::worker_runtime (cmake/AvaRuntimes.cmake, AvaConfig.cmake), and
# check_guest_library.py, AVA_CHECK_GUEST_LIBRARY.

include(GNUInstallDirs)

# How generated code, and a spec's own, is compiled and linked; the pkg-config files say the same.
set(AVA_API_COMPILE_OPTIONS
    -fno-strict-aliasing  # Command structs are read from raw bytes.
    -ffunction-sections -fdata-sections)
set(AVA_API_LINK_OPTIONS -Wl,--as-needed -Wl,--gc-sections)
set(AVA_GUEST_COMPILE_OPTIONS -fno-exceptions -fno-rtti)
# nodelete: dlclose leaves the library where it is. Threads of ours run in it, a fork handler points into it, and the
# program may hold objects and mapped memory; taking all that down safely under other threads is not possible.
set(AVA_GUEST_LINK_OPTIONS -Wl,-Bsymbolic -Wl,-z,now -Wl,-z,relro -Wl,-z,nodelete)
# Everything compiled in. A sanitizer's runtime lives in the program, so only other builds can insist on these.
set(AVA_CLOSED_LINK_OPTIONS -Wl,-z,defs)
set(AVA_GUEST_CLOSED_LINK_OPTIONS -static-libstdc++ -static-libgcc)

function(ava_add_api)
  cmake_parse_arguments(PARSE_ARGV 0 arg ""
      "NAME;SPEC;LINES_MAX;GUEST_LIBRARY;VERSION;SOVERSION;REFERENCE;ICD_LIBRARY;ICD_FILE"
      "CAVA_OPTIONS;ICD_EXPORTS;GUEST_SOURCES;SERVER_SOURCES;LIBS;SERVER_LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ava_add_api: unknown argument '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT arg_NAME OR NOT arg_SPEC)
    message(FATAL_ERROR "ava_add_api: NAME and SPEC are needed")
  endif()

  # What both sides include: the spec's own files, what is generated, the runtime's headers, those of LIBS.
  add_library(${arg_NAME}_wire INTERFACE)
  add_dependencies(${arg_NAME}_wire ${arg_NAME}_generate)
  target_include_directories(${arg_NAME}_wire INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
  target_link_libraries(${arg_NAME}_wire INTERFACE Ava::headers ${arg_LIBS})

  # What the compiler finds by itself is left out: first in line, it would hide what is to come before it.
  set(cava_includes "$<TARGET_PROPERTY:${arg_NAME}_wire,INTERFACE_INCLUDE_DIRECTORIES>")
  set(cava_includes "-I$<JOIN:$<FILTER:${cava_includes},EXCLUDE,^/usr/include/?$>,;-I>")
  set(generated "${CMAKE_BINARY_DIR}/generated/${arg_NAME}")
  _ava_generate_api(${arg_NAME} "${generated}" "${arg_SPEC}" "${arg_ICD_LIBRARY}" "${cava_includes}" ${arg_CAVA_OPTIONS})

  if(arg_LINES_MAX AND BUILD_TESTING)
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE folder)
    add_test(NAME ${arg_NAME}_coverage
        COMMAND Ava::cava coverage --lines-max ${arg_LINES_MAX} "${cava_includes}" "${folder}/${arg_SPEC}"
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
        COMMAND_EXPAND_LISTS)
    set_tests_properties(${arg_NAME}_coverage PROPERTIES LABELS fast)
  endif()

  add_library(${arg_NAME}_guest_objects OBJECT "${generated}/guest.cc" ${arg_GUEST_SOURCES})
  _ava_api_code(${arg_NAME}_guest_objects)
  target_compile_options(${arg_NAME}_guest_objects PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${AVA_GUEST_COMPILE_OPTIONS}>")
  target_link_libraries(${arg_NAME}_guest_objects PUBLIC ${arg_NAME}_wire Ava::guest_runtime)

  _ava_api_directories(server_directory guest_directory)
  if(arg_GUEST_LIBRARY)
    _ava_guest_library(${arg_NAME}_guest ${arg_NAME} ${arg_GUEST_LIBRARY} "${generated}/exports.map" "${guest_directory}")
    if(arg_SOVERSION)
      set_target_properties(${arg_NAME}_guest PROPERTIES VERSION "${arg_VERSION}" SOVERSION "${arg_SOVERSION}")
    endif()
    if(TARGET "${arg_REFERENCE}")
      _ava_check_guest_library(${arg_NAME}_guest --reference "$<TARGET_FILE:${arg_REFERENCE}>")
    elseif(arg_REFERENCE)
      find_file(AVA_${arg_NAME}_REFERENCE ${arg_REFERENCE} PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} /usr/lib /usr/local/lib REQUIRED)
      _ava_check_guest_library(${arg_NAME}_guest --reference "${AVA_${arg_NAME}_REFERENCE}")
    endif()
  endif()
  if(arg_ICD_LIBRARY)
    _ava_guest_library(${arg_NAME}_icd ${arg_NAME} ${arg_ICD_LIBRARY} "${generated}/icd.map" "${guest_directory}")
    if(arg_ICD_EXPORTS)
      _ava_check_guest_library(${arg_NAME}_icd --exports ${arg_ICD_EXPORTS})
    endif()
    if(arg_ICD_FILE)
      file(GENERATE OUTPUT "${server_directory}/${arg_ICD_FILE}" CONTENT "$<TARGET_FILE:${arg_NAME}_icd>\n")
    endif()
  endif()

  add_library(${arg_NAME}_server MODULE "${generated}/server.cc" ${arg_SERVER_SOURCES})
  set_target_properties(${arg_NAME}_server PROPERTIES
      PREFIX lib
      OUTPUT_NAME ava-${arg_NAME}-server
      LIBRARY_OUTPUT_DIRECTORY "${server_directory}")
  _ava_api_code(${arg_NAME}_server)
  target_link_libraries(${arg_NAME}_server PRIVATE ${arg_NAME}_wire Ava::worker_runtime ${arg_SERVER_LIBS})
  if(NOT AVA_SANITIZE)
    target_link_options(${arg_NAME}_server PRIVATE ${AVA_CLOSED_LINK_OPTIONS})
  endif()
  _ava_add_to_programs(${arg_NAME}_server)
endfunction()

function(ava_install_api name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SERVER_COMPONENT;GUEST_COMPONENT" "")
  foreach(side SERVER GUEST)
    if(NOT arg_${side}_COMPONENT)
      set(arg_${side}_COMPONENT Unspecified)
    endif()
  endforeach()
  install(TARGETS ${name}_server
      LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/ava" COMPONENT ${arg_SERVER_COMPONENT})
  foreach(target ${name}_guest ${name}_icd)
    if(TARGET ${target})
      # With the link without a number: programs that open 'libOpenCL.so' by name must find ours under 'ava run'.
      install(TARGETS ${target}
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/ava/guest" COMPONENT ${arg_GUEST_COMPONENT}
          NAMELINK_COMPONENT ${arg_GUEST_COMPONENT})
    endif()
  endforeach()
endfunction()

function(_ava_api_directories server guest)
  set(directory "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
  if(NOT directory)
    set(directory "${CMAKE_BINARY_DIR}/lib")
  endif()
  set(${server} "${directory}" PARENT_SCOPE)
  set(${guest} "${directory}/ava/guest" PARENT_SCOPE)
endfunction()

function(_ava_api_code target)
  target_compile_features(${target} PRIVATE cxx_std_23)
  target_compile_options(${target} PRIVATE ${AVA_API_COMPILE_OPTIONS})
  target_link_options(${target} PRIVATE ${AVA_API_LINK_OPTIONS})
  set_target_properties(${target} PROPERTIES
      POSITION_INDEPENDENT_CODE ON
      C_VISIBILITY_PRESET hidden
      CXX_VISIBILITY_PRESET hidden
      VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# In AvA's own tree, where 'programs' is all but the tests.
function(_ava_add_to_programs target)
  if(TARGET programs)
    add_dependencies(programs ${target})
  endif()
endfunction()

function(_ava_generate_api name generated spec icd includes)
  cmake_path(ABSOLUTE_PATH spec BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  file(RELATIVE_PATH spec_from_root "${CMAKE_SOURCE_DIR}" "${spec}")
  set(outputs wire.h guest.cc server.cc exports.map)
  if(icd)
    list(APPEND outputs icd.map)
  endif()
  list(TRANSFORM outputs PREPEND "${generated}/")

  # Run in the root of the project, with a relative path, so that the output is the same everywhere.
  add_custom_command(
      OUTPUT ${outputs}
      COMMAND Ava::cava build "${spec_from_root}" -o "${generated}" --depfile "${generated}/depfile" "${includes}" ${ARGN}
      DEPENDS Ava::cava "${spec}"
      DEPFILE "${generated}/depfile"
      WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
      COMMENT "cava build ${spec_from_root}"
      COMMAND_EXPAND_LISTS
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
  _ava_add_to_programs(${target})
  target_link_options(${target} PRIVATE
      "-Wl,--version-script=${map}" ${AVA_API_LINK_OPTIONS} ${AVA_GUEST_LINK_OPTIONS})
  if(NOT AVA_SANITIZE)
    target_link_options(${target} PRIVATE ${AVA_GUEST_CLOSED_LINK_OPTIONS} ${AVA_CLOSED_LINK_OPTIONS})
  endif()
endfunction()

# Sanitizers bring libraries and symbols of their own.
function(_ava_check_guest_library target)
  if(BUILD_TESTING AND NOT AVA_SANITIZE)
    add_test(NAME ${target}_library
        COMMAND "${AVA_CHECK_GUEST_LIBRARY}" $<TARGET_FILE:${target}> ${ARGN})
    set_tests_properties(${target}_library PROPERTIES LABELS fast)
  endif()
endfunction()
