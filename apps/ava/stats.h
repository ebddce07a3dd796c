// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run did, as `ava run --stats` writes it: the sessions of the run, and their sums.

#include <string>
#include <vector>

#include "apps/ava/launch.h"
#include "ava/base/result.h"

namespace ava::cli {

struct Ending {
  int status = 0;  // of wait()
  double seconds = 0;
  double cpu_seconds = 0;  // of the program's process
};

// Waits a little for sessions that are about to end, then writes `file` ("-": standard error).
Result<void> WriteStats(const std::string& file, Launch& launch,
                        const std::vector<std::string>& words, const Ending& ending);

}  // namespace ava::cli
