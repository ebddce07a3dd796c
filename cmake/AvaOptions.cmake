# SPDX-License-Identifier: Apache-2.0
#
# Compiler and linker flags for all of our code, and where the results land.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_LINK_WHAT_YOU_USE OFF)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

set(AVA_SANITIZE "" CACHE STRING "Sanitizers for all of our code, e.g. 'address,undefined' or 'thread'")
option(AVA_FUZZ "Instrument all of our code for libFuzzer (needs clang)" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")  # -g1: back traces with lines at little cost.
set(CMAKE_C_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g")
set(CMAKE_C_FLAGS_DEBUG "${CMAKE_CXX_FLAGS_DEBUG}")

# ccache: no command line names the build directory, so all build directories of a checkout share one cache.
find_program(AVA_CCACHE ccache)
if(AVA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher env CCACHE_NOHASHDIR=1 "${AVA_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# ava_flags is linked by each of our targets, and by nothing that we do not write.
add_library(ava_flags INTERFACE)
target_include_directories(ava_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(ava_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wimplicit-fallthrough -Wvla -Werror
    -Wno-missing-field-initializers  # Designated initialisers that leave out defaults are what we want.
    -fno-strict-aliasing             # Command structs are read from raw bytes.
    -ffunction-sections -fdata-sections
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_compile_definitions(ava_flags INTERFACE _GNU_SOURCE _GLIBCXX_ASSERTIONS)
target_link_options(ava_flags INTERFACE -Wl,--as-needed -Wl,--gc-sections)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own std::stable_sort and std::stable_partition call what it declares deprecated.
  target_compile_options(ava_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-deprecated-declarations>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ava_flags INTERFACE
      # g++ 12 reports these inside libstdc++'s std::string, std::expected and std::optional (GCC PR 105651,
      # 105562, 105580); clang and the sanitizers find the real ones.
      $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
      -Wno-stringop-overread -Wno-array-bounds -Wno-dangling-pointer>)
endif()

if(AVA_SANITIZE)
  set(sanitize -fsanitize=${AVA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(AVA_SANITIZE MATCHES "undefined")
    list(APPEND sanitize -fno-sanitize=vptr)  # Guest modules are built without RTTI.
  endif()
  target_compile_options(ava_flags INTERFACE ${sanitize} -O1)
  target_link_options(ava_flags INTERFACE ${sanitize})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(ava_flags INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

if(AVA_FUZZ)
  target_compile_options(ava_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
