// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lapis::driver {

// The page of docs/errors with this name ("lapis-0031"), compiled in; empty if there is none.
std::string_view Explanation(std::string_view name);

}  // namespace lapis::driver
