// SPDX-License-Identifier: Apache-2.0

#include "lapis/model/model.h"

#include <algorithm>

namespace lapis::model {

const Function* Api::FindFunction(const std::string& function) const {
  const auto found = std::ranges::find(functions, function, &Function::name);
  return found == functions.end() ? nullptr : &*found;
}

const HandleType* Api::FindHandleType(const std::string& type) const {
  const auto found = std::ranges::find(handle_types, type, &HandleType::name);
  return found == handle_types.end() ? nullptr : &*found;
}

const Function* Api::FindCounter(const std::string& handle_type, bool retains) const {
  for (const Function& function : functions) {
    const std::vector<int>& counted = retains ? function.retains : function.releases;
    if (counted.size() != 1 || function.parameters.size() != 1 || !function.parameters[0].shape)
      continue;
    if (function.parameters[0].shape->handle_type == handle_type) return &function;
  }
  return nullptr;
}

}  // namespace lapis::model
