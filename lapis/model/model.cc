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

}  // namespace lapis::model
