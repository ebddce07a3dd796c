// SPDX-License-Identifier: Apache-2.0

#include "lapis/sema/infer.h"

#include <cctype>
#include <memory>
#include <utility>

#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using header::Type;
using header::TypeKind;
using model::Confidence;
using model::Shape;
using model::ShapeKind;

std::string PrototypeOf(const header::Function& declared) {
  std::string text = declared.result->name;
  if (!text.ends_with('*')) text += ' ';
  text += declared.name + '(';
  for (std::size_t i = 0; i < declared.parameters.size(); ++i) {
    const auto& [name, type] = declared.parameters[i];
    std::string spelled = type->name;
    const std::size_t star = spelled.find("(*)");
    if (star != std::string::npos) {
      spelled.insert(star + 2, name);
    } else {
      spelled += (spelled.ends_with('*') ? "" : " ") + name;
    }
    text += (i == 0 ? "" : ", ") + spelled;
  }
  return text + (declared.parameters.empty() ? "void)" : ")");
}

void Apply(std::span<const Heuristic> heuristics, View& view) {
  for (const Heuristic& heuristic : heuristics) heuristic.apply(view, heuristic.name);
}

void MarkOpen(View& view) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i)) continue;
    view.Set(i, InferAlone(view.header, view.type(i)), "open", Confidence::kOpen);
  }
}

}  // namespace

bool View::IsData(int i) const {
  const Type& t = type(i);
  return header.IsPointer(t) && !t.IsCallback();
}

bool View::HasVerb(std::string_view verb) const {
  const std::string& text = declared.name;
  const std::size_t at = text.find(verb);
  if (at == std::string::npos || at > 4) return false;  // After the API's prefix.
  const std::size_t after = at + verb.size();
  return after == text.size() || !std::islower(static_cast<unsigned char>(text[after]));
}

void View::Set(int i, Shape shape, std::string_view reason, Confidence confidence) {
  shape.reason = reason;
  shape.confidence = confidence;
  shape.where = declared.where;
  function.parameters[static_cast<std::size_t>(i)].shape =
      std::make_shared<Shape>(std::move(shape));
}

void View::SetBuffer(int i, const std::string& count, std::string_view reason,
                     Confidence confidence, model::HandleUse use) {
  const auto direction = type(i).pointee->is_const ? model::Direction::kIn : model::Direction::kOut;
  Set(i, BufferOf(header, type(i), count, direction, use), reason, confidence);
}

void Infer(const header::Header& header, const header::Function& declared, const model::Api& api,
           model::Function& function) {
  function.name = declared.name;
  function.deprecated = declared.is_deprecated;
  function.return_type = declared.result->name;
  function.prototype = PrototypeOf(declared);
  function.where = declared.where;
  for (const header::Variable& parameter : declared.parameters) {
    function.parameters.push_back(
        {parameter.name, parameter.type->name, parameter.type->canonical, nullptr});
  }
  View view{header, declared, api, function};
  Apply(ValueHeuristics(), view);
  Apply(ArrayHeuristics(), view);
  MarkOpen(view);
  Apply(FamilyHeuristics(), view);
}

Shape InferAlone(const header::Header& header, const Type& type) {
  if (!header.IsPointer(type)) {
    if (!header.IsHandle(type) && header.HoldsPointer(type)) return Unknown(type);
    return *ElementOf(header, type, model::HandleUse::kUse);
  }
  if (type.IsCallback()) {
    Shape shape = Opaque(type);
    shape.kind = ShapeKind::kCallback;
    return shape;
  }
  const bool is_const = type.pointee->is_const;
  const auto direction = is_const ? model::Direction::kIn : model::Direction::kOut;
  if (is_const && type.pointee->IsCharacter() && type.pointee->name == "const char") {
    Shape shape = Opaque(type);
    shape.kind = ShapeKind::kString;
    shape.pointee = "char";
    return shape;
  }
  const bool has_size = type.pointee->kind != TypeKind::kVoid && type.pointee->size != 0;
  return BufferOf(header, type, has_size ? "1" : "0", direction);
}

model::Callback InferCallback(const header::Header& header, const Type& type) {
  model::Callback callback;
  callback.type = type.name;
  const Type& function = *type.pointee;
  callback.return_type = function.result->name;
  for (const header::Variable& parameter : function.parameters) {
    Shape shape = InferAlone(header, *parameter.type);
    shape.reason = "callback-argument";
    const bool is_pointer =
        parameter.type->kind == TypeKind::kPointer && !header.IsHandle(*parameter.type);
    if (shape.kind == ShapeKind::kBuffer) shape.confidence = Confidence::kOpen;
    if (shape.kind == ShapeKind::kHandle) shape.use = model::HandleUse::kExisting;
    if (is_pointer && parameter.type->pointee->kind == TypeKind::kVoid &&
        !parameter.type->pointee->is_const && &parameter == &function.parameters.back()) {
      shape = Opaque(*parameter.type);
      shape.kind = ShapeKind::kUserdata;
      shape.reason = "callback-userdata";
    }
    callback.arguments.push_back(
        {parameter.name, parameter.type->name, std::make_shared<Shape>(std::move(shape))});
  }
  return callback;
}

}  // namespace lapis::sema
