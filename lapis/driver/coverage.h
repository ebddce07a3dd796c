// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who decided what of each function, and how much text that took.

#include <string>
#include <string_view>
#include <vector>

#include "lapis/model/model.h"

namespace lapis::driver {

struct Counts {
  int functions = 0;    // exported or missing
  int inferred = 0;     // no line speaks of them
  int ruled = 0;        // a rule does
  int written = 0;      // an entry does
  int unsupported = 0;  // exported, always an error
  int missing = 0;      // declared by the first header and not exported
  int internal = 0;     // not the API's: not in `functions`
  int certain = 0;      // facts of inference by confidence, unsupported functions left out
  int likely = 0;
  int open = 0;
  int spec_lines = 0;
};

Counts Count(const model::Api& api);
// No function is missing, and the spec has at most so many lines a function.
bool IsWithin(const Counts& counts, double lines_max);

// What one function is: "inferred", "ruled", "written", "unsupported" or "internal".
std::string_view Standing(const model::Function& function);

// Lines of Lapis or C++ that hold more than blanks and comments; one longer than 100 columns counts
// for as many as it fills.
int CodeLines(std::string_view text);

std::string CoverageText(const model::Api& api, const Counts& counts);
std::string CoverageJson(const model::Api& api, const Counts& counts);

}  // namespace lapis::driver
