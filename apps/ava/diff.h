// SPDX-License-Identifier: Apache-2.0
#pragma once

// `ava diff`: runs a program natively and on the virtual device, and compares what it writes and
// how it ends.

#include <string>
#include <vector>

#include "apps/ava/launch.h"

namespace ava::cli {

struct DiffOptions {
  LaunchOptions launch;
  std::vector<Via> ways = {Via::kLibrary, Via::kIcd};
  std::string rules_file;  // empty: the program's own in share/ava/diff, if there is one
  bool standard_error = false;
  std::vector<std::string> words;
};

// 0: no differences but allowed ones; 1: others.
int Diff(const Context& context, const DiffOptions& options);

}  // namespace ava::cli
