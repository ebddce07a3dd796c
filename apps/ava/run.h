// SPDX-License-Identifier: Apache-2.0
#pragma once

// `ava run`: prepares, and gets out of the way by becoming the program. With --stats it stays as
// the program's parent, and ends as the program ended.

#include <string>
#include <vector>

#include "apps/ava/launch.h"

namespace ava::cli {

struct RunOptions {
  LaunchOptions launch;
  std::string stats_file;  // empty: none; "-": standard error
  std::vector<std::string> words;
};

int Run(const Context& context, const RunOptions& options);

}  // namespace ava::cli
