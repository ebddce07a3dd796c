# SPDX-License-Identifier: Apache-2.0
#
# Three verbs, for use in a directory's CMakeLists.txt:
#
#   ava_module(NAME ava_transport [DEPS ava_base ava_wire] [LIBS xxhash::xxhash] [GUEST_SAFE] ...)
#     The static library of a directory (INTERFACE if it has headers only) and its unit tests.
#       NAME        the directory's path with '_' for '/'; may be left out.
#       SOURCES     default: *.cc of the directory, without *_test.cc and *_bench.cc.
#       HEADERS     default: *.h of the directory; each must compile alone (see VERIFY below).
#       DEPS        modules whose headers this one includes; layers.txt says which are allowed.
#       LIBS        libraries of others (cmake/AvaDependencies.cmake has the list).
#       TESTS       default: *_test.cc; all of them become one gtest program <name>_test.
#       TEST_DEPS, TEST_LIBS   what only the tests need.
#       TEST_LABELS default: fast. The sanitizer presets leave out 'slow' (more than a second or two), 'tree' (checks of
#                   the sources) and 'foreign' (loads our libraries into programs that carry no sanitizer).
#       GUEST_SAFE  part of the guest library: no exceptions, no RTTI.
#
#   ava_app(NAME avad [SOURCES main.cc] [DEPS ...] [LIBS ...])
#     A program in build/<preset>/bin; SOURCES default to *.cc of the directory.
#
#   ava_test(NAME wire_conformance_test SOURCES ... [DEPS ...] [LIBS ...] [LABELS slow] [GUEST_SAFE])
#     A gtest program of its own, for directories that are no module.
#
#   ava_fuzzer(NAME wire_decoder_fuzz SOURCES ... [DEPS ...] [CORPUS dir])
#     LLVMFuzzerTestOneInput as a libFuzzer program (preset fuzz); elsewhere a ctest that replays CORPUS.

include(GoogleTest)

set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)  # ninja all_verify_interface_header_sets compiles each header alone.

# 'ava/base' and 'ava_base' name the same module; 'base' does so from inside ava/.
function(_ava_module_targets out)
  get_filename_component(group "${CMAKE_CURRENT_SOURCE_DIR}" DIRECTORY)
  get_filename_component(group "${group}" NAME)
  set(targets)
  foreach(name IN LISTS ARGN)
    string(REPLACE "/" "_" name "${name}")
    if(group MATCHES "^(ava|lapis)$" AND NOT name MATCHES "^(ava|lapis)_")
      set(name "${group}_${name}")
    endif()
    list(APPEND targets "${name}")
  endforeach()
  set(${out} "${targets}" PARENT_SCOPE)
endfunction()

# Links target to modules and libraries, and remembers the modules for ava_check_module_dependencies().
function(_ava_link target scope deps libs)
  _ava_module_targets(modules ${deps})
  target_link_libraries(${target} ${scope} ava_flags ${modules} ${libs})
  foreach(module IN LISTS modules)
    set_property(GLOBAL APPEND PROPERTY AVA_MODULE_DEPENDENCIES "${target}:${module}")
  endforeach()
endfunction()

function(_ava_guest_safe target)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
endfunction()

function(ava_module)
  cmake_parse_arguments(PARSE_ARGV 0 arg "GUEST_SAFE" "NAME"
      "SOURCES;HEADERS;DEPS;LIBS;TESTS;TEST_DEPS;TEST_LIBS;TEST_LABELS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ava_module: unknown argument '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT arg_NAME)
    file(RELATIVE_PATH arg_NAME "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  _ava_module_targets(name "${arg_NAME}")

  file(GLOB sources CONFIGURE_DEPENDS "*.cc")
  file(GLOB headers CONFIGURE_DEPENDS "*.h")
  file(GLOB tests CONFIGURE_DEPENDS "*_test.cc")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cc$")
  foreach(kind SOURCES HEADERS TESTS)
    if(NOT DEFINED arg_${kind})
      string(TOLOWER ${kind} default)
      set(arg_${kind} ${${default}})
    endif()
  endforeach()

  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    if(arg_GUEST_SAFE)
      _ava_guest_safe(${name})
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  if(arg_HEADERS)
    target_sources(${name} ${scope} FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}" FILES ${arg_HEADERS})
  endif()
  _ava_link(${name} ${scope} "${arg_DEPS}" "${arg_LIBS}")

  if(arg_TESTS AND BUILD_TESTING)
    set(guest_safe)
    if(arg_GUEST_SAFE)
      set(guest_safe GUEST_SAFE)
    endif()
    ava_test(NAME ${name}_test SOURCES ${arg_TESTS} DEPS ${name} ${arg_TEST_DEPS} LIBS ${arg_TEST_LIBS}
             LABELS ${arg_TEST_LABELS} ${guest_safe})
  endif()
endfunction()

function(ava_app)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;DEPS;LIBS")
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS "*.cc")
    list(FILTER arg_SOURCES EXCLUDE REGEX "_test\\.cc$")
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  _ava_link(${arg_NAME} PRIVATE "${arg_DEPS}" "${arg_LIBS}")
  add_dependencies(programs ${arg_NAME})
endfunction()

function(ava_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "GUEST_SAFE" "NAME" "SOURCES;DEPS;LIBS;LABELS")
  if(NOT BUILD_TESTING)
    return()
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  _ava_link(${arg_NAME} PRIVATE "${arg_DEPS}" "${arg_LIBS};GTest::gtest_main;GTest::gmock")
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  if(arg_GUEST_SAFE)
    # A class without RTTI cannot be the base of one with it, so the tests follow their module.
    target_compile_options(${arg_NAME} PRIVATE -fno-rtti)
  endif()
  gtest_discover_tests(${arg_NAME} DISCOVERY_MODE PRE_TEST WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
      PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 120)
endfunction()

function(ava_fuzzer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;CORPUS" "SOURCES;DEPS;LIBS")
  if(AVA_FUZZ)
    add_executable(${arg_NAME} ${arg_SOURCES})
    target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${arg_NAME} ${arg_SOURCES} "${CMAKE_SOURCE_DIR}/cmake/fuzz_replay.cc")
  endif()
  _ava_link(${arg_NAME} PRIVATE "${arg_DEPS}" "${arg_LIBS}")
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  if(arg_CORPUS AND BUILD_TESTING)
    set(flags)
    if(AVA_FUZZ)
      set(flags -runs=0)
    endif()
    add_test(NAME ${arg_NAME}_corpus COMMAND ${arg_NAME} ${flags} "${CMAKE_CURRENT_SOURCE_DIR}/${arg_CORPUS}")
    set_tests_properties(${arg_NAME}_corpus PROPERTIES LABELS fast TIMEOUT 300)
  endif()
endfunction()

# At the end of the top-level file: a dependency that no directory defines is a spelling mistake, not a library.
function(ava_check_module_dependencies)
  get_property(dependencies GLOBAL PROPERTY AVA_MODULE_DEPENDENCIES)
  foreach(dependency IN LISTS dependencies)
    string(REPLACE ":" ";" pair "${dependency}")
    list(GET pair 0 target)
    list(GET pair 1 module)
    if(NOT TARGET ${module})
      message(FATAL_ERROR "'${target}' depends on module '${module}', which does not exist")
    endif()
  endforeach()
endfunction()
