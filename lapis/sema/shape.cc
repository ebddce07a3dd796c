// SPDX-License-Identifier: Apache-2.0

#include "lapis/sema/shape.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>

namespace lapis::sema {
namespace {

using header::Type;
using header::TypeKind;
using header::TypePtr;
using model::Shape;
using model::ShapeKind;

struct Builtin {
  const char* name;
  TypeKind kind;
  std::uint64_t size;
  bool is_signed;
};

constexpr auto kBuiltins = std::to_array<Builtin>({
    {"void", TypeKind::kVoid, 0, false},
    {"bool", TypeKind::kBool, 1, false},
    {"char", TypeKind::kInteger, 1, true},
    {"signed char", TypeKind::kInteger, 1, true},
    {"unsigned char", TypeKind::kInteger, 1, false},
    {"short", TypeKind::kInteger, 2, true},
    {"unsigned short", TypeKind::kInteger, 2, false},
    {"int", TypeKind::kInteger, 4, true},
    {"unsigned", TypeKind::kInteger, 4, false},
    {"unsigned int", TypeKind::kInteger, 4, false},
    {"long", TypeKind::kInteger, 8, true},
    {"unsigned long", TypeKind::kInteger, 8, false},
    {"long long", TypeKind::kInteger, 8, true},
    {"unsigned long long", TypeKind::kInteger, 8, false},
    {"float", TypeKind::kFloating, 4, true},
    {"double", TypeKind::kFloating, 8, true},
});

std::string Trim(std::string text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  text.erase(text.begin(), std::ranges::find_if_not(text, blank));
  while (!text.empty() && blank(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

bool DropSuffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text = Trim(text.substr(0, text.size() - suffix.size()));
  return true;
}

TypePtr Named(const header::Header& header, const std::string& name) {
  if (const auto found = header.types.find(name); found != header.types.end()) return found->second;
  for (const Builtin& builtin : kBuiltins) {
    if (name != builtin.name) continue;
    auto type = std::make_shared<Type>();
    type->kind = builtin.kind;
    type->name = type->canonical = name;
    type->size = builtin.size;
    type->is_signed = builtin.is_signed;
    return type;
  }
  std::string bare = name;
  if (bare.starts_with("struct ")) bare = Trim(bare.substr(7));
  if (const auto found = header.records.find(bare); found != header.records.end()) {
    auto type = std::make_shared<Type>();
    type->kind = TypeKind::kRecord;
    type->name = name;
    type->canonical = bare;
    type->size = found->second.size;
    return type;
  }
  return nullptr;
}

// Fields of a record that are more than their bits; empty: none.
std::vector<model::Field> MeaningfulFields(const header::Header& header, const Type& type) {
  std::vector<model::Field> fields;
  const header::Record* record = header.RecordOf(type);
  if (!record) return fields;
  std::vector<std::uint64_t> seen;
  const auto is_seen = [&](const header::Field& field) {
    return std::ranges::find(seen, field.offset) != seen.end();
  };
  for (const header::Field& field : record->fields) {
    if (!header.IsHandle(*field.type) || is_seen(field)) continue;
    seen.push_back(field.offset);
    model::ShapePtr shape = ElementOf(header, *field.type, model::HandleUse::kUse);
    Mutable(shape).optional = true;
    fields.push_back({field.name, shape});
  }
  for (const header::Field& field : record->fields) {
    if (header.IsHandle(*field.type) || !header.HoldsPointer(*field.type)) continue;
    // Of a union, the handle is what is meant.
    if (header.IsPointer(*field.type) && is_seen(field)) continue;
    fields.push_back({field.name, std::make_shared<Shape>(Unknown(*field.type))});
  }
  return fields;
}

}  // namespace

Shape& Mutable(model::ShapePtr& shape) {
  auto copy = std::make_shared<Shape>(*shape);
  Shape& reference = *copy;
  shape = std::move(copy);
  return reference;
}

Shape Opaque(const Type& type) {
  Shape shape;
  shape.kind = ShapeKind::kOpaque;
  shape.type = type.name;
  shape.size = type.size;
  shape.is_signed = type.is_signed && type.kind != TypeKind::kFloating;
  shape.is_floating = type.kind == TypeKind::kFloating;
  shape.is_record = type.kind == TypeKind::kRecord;
  return shape;
}

Shape Unknown(const Type& type) {
  Shape shape = Opaque(type);
  shape.kind = ShapeKind::kIgnored;
  shape.confidence = model::Confidence::kOpen;
  shape.reason = "open";
  return shape;
}

std::string HandleName(const header::Header& header, const Type& type) {
  std::string name = Unqualified(type);
  if (header.types.contains(name)) return name;
  for (const auto& [candidate, declared] : header.types) {
    if (declared->canonical == type.canonical) return candidate;
  }
  return name;
}

model::ShapePtr ElementOf(const header::Header& header, const Type& type, model::HandleUse use) {
  Shape shape = Opaque(type);
  shape.type = Unqualified(type);
  if (header.IsHandle(type)) {
    shape.kind = ShapeKind::kHandle;
    shape.handle_type = HandleName(header, type);
    shape.use = use;
  } else if (type.kind == TypeKind::kRecord) {
    shape.fields = MeaningfulFields(header, type);
    if (!shape.fields.empty()) shape.kind = ShapeKind::kStruct;
  } else if (type.kind == TypeKind::kVoid) {
    shape.type = "unsigned char";
    shape.size = 1;
  }
  return std::make_shared<Shape>(std::move(shape));
}

Shape BufferOf(const header::Header& header, const Type& pointer, const std::string& count,
               model::Direction direction, model::HandleUse use) {
  Shape shape;
  shape.kind = ShapeKind::kBuffer;
  shape.direction = direction;
  shape.type = pointer.name;
  model::ShapePtr element = ElementOf(header, *pointer.pointee, use);
  Mutable(element).direction = direction;
  shape.pointee = element->type;
  shape.size = element->size;
  shape.element = element;
  if (!count.empty()) {
    shape.count.emplace();
    shape.count->text = count;
  }
  return shape;
}

TypePtr ResolveType(const header::Header& header, std::string text) {
  text = Trim(std::move(text));
  if (DropSuffix(text, "*")) {
    const TypePtr pointee = ResolveType(header, text);
    if (!pointee) return nullptr;
    auto type = std::make_shared<Type>();
    type->kind = TypeKind::kPointer;
    type->pointee = pointee;
    type->name = pointee->name + (pointee->name.ends_with('*') ? "*" : " *");
    type->canonical = pointee->canonical + (pointee->canonical.ends_with('*') ? "*" : " *");
    type->size = 8;
    return type;
  }
  if (text.ends_with("*const") || text.ends_with("* const")) {
    const TypePtr pointer = ResolveType(header, text.substr(0, text.size() - 5));
    if (!pointer) return nullptr;
    auto type = std::make_shared<Type>(*pointer);
    type->is_const = true;
    type->name += "const";
    type->canonical += "const";
    return type;
  }
  bool is_const = false;
  if (text.starts_with("const ")) {
    is_const = true;
    text = Trim(text.substr(6));
  }
  is_const = DropSuffix(text, " const") || is_const;
  const TypePtr named = Named(header, text);
  if (!named) return nullptr;
  auto type = std::make_shared<Type>(*named);
  type->is_const = is_const;
  type->is_typedef = header.types.contains(text);
  type->name = (is_const ? "const " : "") + text;
  return type;
}

}  // namespace lapis::sema
