// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a guest library shows to the linker and to a loader.

#include <string>
#include <string_view>

#include "lapis/model/model.h"

namespace lapis::emit {

// By this function OpenCL's loader asks a library for its platforms.
inline constexpr std::string_view kIcdEntry = "clIcdGetPlatformIDsKHR";

// True when a loader can sit in front of the library.
bool IsIcd(const model::Api& api);
// The definition of kIcdEntry; empty when there is none.
std::string IcdEntry(const model::Api& api);
// The table whose address is the first word of every object; empty when the API has no such
// convention.
std::string DispatchTable(const model::Api& api);

// Linker version scripts: of the library that takes the vendor's place, and of the one behind a
// loader.
std::string ExportsMap(const model::Api& api);
std::string IcdMap();

}  // namespace lapis::emit
