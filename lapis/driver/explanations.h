// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lapis::driver {

// The page of docs/errors or docs/lapis with this name ("lapis-0031", "function-async"), compiled
// in; empty if there is none.
std::string_view Explanation(std::string_view name);

// What `cava explain` prints: the page of a diagnostic, or those of a word, at each place where it
// may stand, in any spelling. Empty if there is none.
std::string ExplanationsOf(const std::string& name);
// The nearest name that has a page, as "; did you mean 'async'?"; empty if none is near.
std::string NearestExplained(const std::string& name);

}  // namespace lapis::driver
