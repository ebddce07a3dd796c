// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/api.h"

#include <algorithm>
#include <cstring>

namespace ava::guest {

void* FunctionAddress(const char* name) {
  if (name == nullptr) return nullptr;
  const auto found = std::lower_bound(kApi.addresses.begin(), kApi.addresses.end(), name,
                                      [](const NamedFunction& function, const char* wanted) {
                                        return std::strcmp(function.name, wanted) < 0;
                                      });
  return found != kApi.addresses.end() && std::strcmp(found->name, name) == 0 ? found->address
                                                                              : nullptr;
}

const char* FunctionName(std::uint16_t function) {
  return function < kApi.function_names.size() ? kApi.function_names[function]
                                               : "an unknown function";
}

}  // namespace ava::guest
