// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two outputs, line by line, and rules for what may differ. Pure.
//
// A file of rules, one for each program:
//
//   # comment
//   max 12                                      at most so many lines differ, allowed or not; one
//   line that
//                                               takes the place of another is one
//   ^  Device UUID +[0-9a-f-]+$ # random at each start
//   REGULAR EXPRESSION # REASON
//
// The expression (ECMAScript, searched anywhere in the line) must fit each line that differs, on
// either side. A rule without a reason is an error.

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"

namespace ava::cli {

struct Rule {
  std::string expression;
  std::string reason;
};

struct Rules {
  std::size_t differences_max = std::numeric_limits<std::size_t>::max();
  std::vector<Rule> rules;
};

Result<Rules> ParseRules(std::string_view text, std::string_view file);

struct Difference {
  bool native = false;  // the line is in the native output only; else in the virtual only
  std::string line;
  std::string reason;  // why it may differ; empty: it may not
};

struct Comparison {
  std::vector<Difference> differences;  // in the order of the outputs
  std::size_t lines = 0;                // that differ, replaced ones counted once
  bool allowed = true;                  // all of them, and they are not too many
};

Comparison Compare(std::string_view native, std::string_view virtual_output, const Rules& rules);

}  // namespace ava::cli
