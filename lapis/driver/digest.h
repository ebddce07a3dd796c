// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lapis/model/model.h"

namespace lapis::driver {

// SHA-256 over everything that shapes the wire, as 64 hex digits. Guest and server with different
// ones refuse each other.
std::string DigestOf(const model::Api& api);

}  // namespace lapis::driver
