// SPDX-License-Identifier: Apache-2.0
#include "ava/control/worker_environment.h"

#include <algorithm>
#include <array>

#include "ava/base/text.h"

namespace ava::control {
namespace {

constexpr std::array<std::string_view, 14> kNever = {
    "LD_*",     "AVA_*",  "OCL_ICD_*", "OPENCL_VENDOR_PATH", "PATH",        "HOME",
    "TMPDIR",   "XDG_*",  "GCONV_*",   "GLIBC_TUNABLES",     "*_CACHE_DIR", "*_CACHE_PATH",
    "MALLOC_*", "LOCPATH"};

bool FitsOne(std::string_view name, std::span<const std::string_view> patterns) {
  return std::ranges::any_of(
      patterns, [name](std::string_view pattern) { return MatchesPattern(pattern, name); });
}

}  // namespace

bool MayPass(std::string_view name, std::span<const std::string_view> patterns) {
  return FitsOne(name, patterns) && !FitsOne(name, kNever);
}

std::vector<std::string> WorkerEnvironment(const WorkerSpec& spec,
                                           std::span<const std::string_view> api_patterns) {
  std::vector<std::string_view> patterns(api_patterns.begin(), api_patterns.end());
  patterns.insert(patterns.end(), spec.environment_patterns.begin(),
                  spec.environment_patterns.end());
  std::vector<std::string> environment = {
      "AVA_INSIDE_WORKER=1",  // a guest library that the vendor's loader finds here keeps out of
                              // the way
      "HOME=" + spec.session_directory + "/home",
      "TMPDIR=" + spec.session_directory + "/tmp",
      "XDG_CACHE_HOME=" + spec.cache_directory,
      "PATH=/usr/local/bin:/usr/bin:/bin",
      "LANG=C.UTF-8",
  };
  for (const std::string& variable : spec.environment) {
    if (MayPass(variable.substr(0, variable.find('=')), patterns)) environment.push_back(variable);
  }
  return environment;
}

}  // namespace ava::control
