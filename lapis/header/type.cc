// SPDX-License-Identifier: Apache-2.0

#include "lapis/header/type.h"

#include <algorithm>

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

const Record* Header::RecordOf(const Type& type) const {
  const std::string& name = type.canonical;
  const auto found = records.find(name.starts_with("const ") ? name.substr(6) : name);
  return found == records.end() ? nullptr : &found->second;
}

bool Header::HoldsPointer(const Type& type) const {
  if (IsHandle(type) || IsPointer(type)) return true;
  if (type.kind == TypeKind::kArray) return HoldsPointer(*type.pointee);
  if (type.kind != TypeKind::kRecord || opaques.contains(Unqualified(type))) return false;
  const Record* record = RecordOf(type);
  return !record || std::ranges::any_of(record->fields, [&](const Field& field) {
    return HoldsPointer(*field.type);
  });
}

const Function* Header::FindFunction(const std::string& name) const {
  const auto found = function_index.find(name);
  return found == function_index.end() ? nullptr : &functions[found->second];
}

}  // namespace lapis::header
