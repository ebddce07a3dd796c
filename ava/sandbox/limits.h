// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ava/base/result.h"

namespace ava::sandbox {

struct Limits {
  // Threads and processes of the worker's user. 0: leave it, because the user has other programs
  // too.
  std::uint64_t processes = 0;
  std::uint64_t descriptors = 0;  // 0: leave it
  std::uint64_t file_bytes = 0;   // largest file; 0: leave it
};

// Soft and hard, never above what holds already. Core files are always off.
Result<void> SetLimits(const Limits& limits);

}  // namespace ava::sandbox
