# SPDX-License-Identifier: Apache-2.0
#
# Libraries that we do not write, each as one imported target. Their headers are system headers: our
# warnings do not apply to them. All come from Debian 12; tools/bootstrap installs them.
#
#   fmt::fmt-header-only  spdlog::spdlog_header_only  CLI11::CLI11  nlohmann_json::nlohmann_json
#   asio::asio  tomlplusplus::tomlplusplus  seccomp::seccomp  xxhash::xxhash (header only)  LLVM::LLVM
#   LLVM::libclang
#   GTest::gtest_main  GTest::gmock  benchmark::benchmark_main  rapidcheck::rapidcheck  OpenCL::Headers  OpenCL::OpenCL

# Debian's Python, which has Debian's modules (pyopencl), whatever else stands first on PATH.
find_program(AVA_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(AVA_PYTHON python3 REQUIRED)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# ava_find_library(TARGET HEADER file [LIBRARY name] [PREFIX dir] [DEFINITIONS ...]): one imported target, or an error
# that says what is missing.
function(ava_find_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;LIBRARY;PREFIX" "DEFINITIONS")
  string(MAKE_C_IDENTIFIER "AVA_${target}" variable)
  find_path(${variable}_INCLUDE ${arg_HEADER} HINTS "${arg_PREFIX}/include")
  if(NOT ${variable}_INCLUDE)
    message(FATAL_ERROR "'${arg_HEADER}' not found (${target}): run tools/bootstrap")
  endif()
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE "${${variable}_INCLUDE}")
  target_compile_definitions(${target} INTERFACE ${arg_DEFINITIONS})
  if(arg_LIBRARY)
    find_library(${variable}_LIBRARY ${arg_LIBRARY} HINTS "${arg_PREFIX}/lib")
    if(NOT ${variable}_LIBRARY)
      message(FATAL_ERROR "library '${arg_LIBRARY}' not found (${target}): run tools/bootstrap")
    endif()
    target_link_libraries(${target} INTERFACE "${${variable}_LIBRARY}")
  endif()
endfunction()

ava_find_library(asio::asio HEADER asio.hpp DEFINITIONS ASIO_STANDALONE)
target_link_libraries(asio::asio INTERFACE Threads::Threads)
ava_find_library(seccomp::seccomp HEADER seccomp.h LIBRARY seccomp)
ava_find_library(tomlplusplus::tomlplusplus HEADER toml++/toml.h)
ava_find_library(rapidcheck::rapidcheck HEADER rapidcheck.h LIBRARY rapidcheck)
ava_find_library(xxhash::xxhash HEADER xxhash.h DEFINITIONS XXH_INLINE_ALL)
ava_find_library(OpenCL::Headers HEADER CL/cl.h DEFINITIONS CL_TARGET_OPENCL_VERSION=300)
ava_find_library(OpenCL::OpenCL HEADER CL/cl.h LIBRARY OpenCL DEFINITIONS CL_TARGET_OPENCL_VERSION=300)
# libclang brings libLLVM with it: link the shared one, or two copies of LLVM meet in one process.
ava_find_library(LLVM::LLVM HEADER llvm/Support/SourceMgr.h LIBRARY LLVM-19 PREFIX /usr/lib/llvm-19)
ava_find_library(LLVM::libclang HEADER clang-c/Index.h LIBRARY clang-19 PREFIX /usr/lib/llvm-19)
