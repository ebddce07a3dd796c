# SPDX-License-Identifier: Apache-2.0
#
# What every virtual API is linked with, as AvaApi.cmake names it and packaging/AvaConfig.cmake.in does for an installed AvA:
#
#   Ava::headers          what generated code includes
#   Ava::guest_runtime    libava-guest-runtime.a: everything that a guest library has besides its generated code
#   Ava::worker_runtime   libava-worker-runtime.a: the same for an API server
#
# Ava::cava, the compiler, is defined where it is built.

# One archive of all objects of these modules: whoever links it need not know what AvA is made of.
function(_ava_runtime name)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:ava_\\1>")
  add_library(ava_${name}_runtime STATIC ${ARGN})
  set_target_properties(ava_${name}_runtime PROPERTIES OUTPUT_NAME ava-${name}-runtime LINKER_LANGUAGE CXX)
  target_link_libraries(ava_${name}_runtime PUBLIC ava_flags Threads::Threads)
  add_library(Ava::${name}_runtime ALIAS ava_${name}_runtime)
  add_dependencies(programs ava_${name}_runtime)
endfunction()

_ava_runtime(guest guest transport base)
_ava_runtime(worker worker router transport base)

add_library(ava_api_headers INTERFACE)
target_link_libraries(ava_api_headers INTERFACE ava_flags)
add_library(Ava::headers ALIAS ava_api_headers)

set(AVA_CHECK_GUEST_LIBRARY "${CMAKE_SOURCE_DIR}/tools/check_guest_library.py")
