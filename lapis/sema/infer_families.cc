// SPDX-License-Identifier: Apache-2.0

// Heuristics that look at the whole function: what it returns, what family its name belongs to.

#include <array>
#include <memory>

#include "lapis/sema/infer.h"
#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using header::Type;
using header::TypeKind;
using model::Confidence;
using model::Shape;
using model::ShapeKind;

void SetReturn(View& view, Shape shape, std::string_view reason, Confidence confidence) {
  shape.direction = model::Direction::kOut;
  shape.reason = reason;
  shape.confidence = confidence;
  shape.where = view.declared.where;
  view.function.return_shape = std::make_shared<Shape>(std::move(shape));
}

void ReturnedPlain(View& view, std::string_view reason) {
  const Type& type = *view.declared.result;
  if (type.kind == TypeKind::kVoid || type.kind == TypeKind::kPointer) return;
  const model::ShapePtr shape = ElementOf(view.header, type, model::HandleUse::kExisting);
  SetReturn(view, *shape, reason,
            shape->kind == ShapeKind::kStruct ? Confidence::kOpen : Confidence::kCertain);
}

void ReturnedHandle(View& view, std::string_view reason) {
  const Type& type = *view.declared.result;
  if (!view.header.IsHandle(type)) return;
  const auto use = view.HasVerb("Get") ? model::HandleUse::kExisting : model::HandleUse::kNew;
  const bool is_certain = view.HasVerb("Get") || view.HasVerb("Create");
  SetReturn(view, *ElementOf(view.header, type, use), reason,
            is_certain ? Confidence::kCertain : Confidence::kLikely);
}

void ReturnedPointer(View& view, std::string_view reason) {
  const Type& type = *view.declared.result;
  if (type.kind != TypeKind::kPointer || view.header.IsHandle(type)) return;
  SetReturn(view, Opaque(type), reason, Confidence::kOpen);
}

int OnlyHandle(const View& view) {
  return view.size() == 1 && view.header.IsHandle(view.type(0)) ? 0 : -1;
}

void Retain(View& view, std::string_view /*reason*/) {
  if (view.HasVerb("Retain") && OnlyHandle(view) == 0) view.function.retains = {0};
}

void Release(View& view, std::string_view /*reason*/) {
  if (view.HasVerb("Release") && OnlyHandle(view) == 0) view.function.releases = {0};
}

// `blocking_read`: whether to wait for the device.
void Blocking(View& view, std::string_view /*reason*/) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.name(i).starts_with("blocking") || !view.type(i).IsNumber()) continue;
    view.function.blocking.emplace();
    view.function.blocking->text = view.name(i);
    view.function.blocking->where = view.declared.where;
    return;
  }
}

constexpr auto kHeuristics = std::to_array<Heuristic>({
    {"returned-plain", ReturnedPlain},
    {"returned-handle", ReturnedHandle},
    {"returned-pointer", ReturnedPointer},
    {"retain", Retain},
    {"release", Release},
    {"blocking", Blocking},
});

}  // namespace

std::span<const Heuristic> FamilyHeuristics() { return kHeuristics; }

}  // namespace lapis::sema
