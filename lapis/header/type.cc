// SPDX-License-Identifier: Apache-2.0

#include "lapis/header/type.h"

namespace lapis::header {

std::string Unqualified(const Type& type) {
  std::string name = type.name;
  if (type.kind != TypeKind::kPointer && name.starts_with("const ")) return name.substr(6);
  if (name.ends_with(" const")) name.resize(name.size() - 6);
  if (type.kind == TypeKind::kPointer && type.is_typedef && name.starts_with("const "))
    return name.substr(6);
  return name;
}

bool Header::IsHandle(const Type& type) const {
  const std::string name = Unqualified(type);
  if (opaques.contains(name)) return false;
  return type.IsIncompletePointer() || handles.contains(name);
}

bool Header::IsPointer(const Type& type) const {
  return type.kind == TypeKind::kPointer && !IsHandle(type) && !opaques.contains(Unqualified(type));
}

const Function* Header::FindFunction(const std::string& name) const {
  const auto found = function_index.find(name);
  return found == function_index.end() ? nullptr : &functions[found->second];
}

}  // namespace lapis::header
