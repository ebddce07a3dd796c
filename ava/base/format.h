// SPDX-License-Identifier: Apache-2.0
#pragma once

// fmt::format for our headers and sources; the one place that includes fmt/core.h. Not for the
// guest's half, whose texts are few and go through ava/base/text.h.

#include <fmt/core.h>  // IWYU pragma: export

#include <cstdint>
#include <string>

namespace ava {

// "1.5 s"
inline std::string SecondsText(std::int64_t nanoseconds) {
  return fmt::format("{:.3g} s", static_cast<double>(nanoseconds) / 1e9);
}

}  // namespace ava
