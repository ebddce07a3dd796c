// SPDX-License-Identifier: Apache-2.0
#include "ava/sandbox/limits.h"

#include <sys/resource.h>

#include <algorithm>

#include "ava/base/system_error.h"

namespace ava::sandbox {
namespace {

Result<void> Lower(__rlimit_resource resource, const char* name, std::uint64_t value) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return FailSystem("getrlimit", name);
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(resource, &limit) != 0) return FailSystem("setrlimit", name);
  return {};
}

}  // namespace

Result<void> SetLimits(const Limits& limits) {
  AVA_TRY(Lower(RLIMIT_CORE, "core", 0));
  if (limits.processes != 0) AVA_TRY(Lower(RLIMIT_NPROC, "nproc", limits.processes));
  if (limits.descriptors != 0) AVA_TRY(Lower(RLIMIT_NOFILE, "nofile", limits.descriptors));
  if (limits.file_bytes != 0) AVA_TRY(Lower(RLIMIT_FSIZE, "fsize", limits.file_bytes));
  return {};
}

}  // namespace ava::sandbox
