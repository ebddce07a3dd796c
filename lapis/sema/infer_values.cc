// SPDX-License-Identifier: Apache-2.0

// Heuristics that need no more than one value and its neighbour.

#include <array>
#include <string>

#include "lapis/sema/infer.h"
#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using header::Type;
using header::TypeKind;
using model::Confidence;
using model::Shape;
using model::ShapeKind;

// The last parameter points to the status type and says in its name that it is the error.
void ErrorParameter(View& view, std::string_view reason) {
  const int last = view.size() - 1;
  if (last < 0 || !view.IsOutData(last) || view.name(last).find("err") == std::string::npos) return;
  if (Unqualified(*view.type(last).pointee) != view.api.status_type) return;
  view.SetBuffer(last, "1", reason, Confidence::kCertain);
  view.function.error_by = model::ErrorBy::kParameter;
  view.function.error_parameter = last;
}

void StatusReturned(View& view, std::string_view /*reason*/) {
  if (view.function.error_by == model::ErrorBy::kNone &&
      view.declared.result->name == view.api.status_type) {
    view.function.error_by = model::ErrorBy::kReturn;
  }
}

// Pointers to structs that nobody defines name objects.
void Handle(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.header.IsHandle(view.type(i))) continue;
    view.Set(i, *ElementOf(view.header, view.type(i), model::HandleUse::kUse), reason,
             Confidence::kCertain);
  }
}

// Numbers, enums, structs without pointers: their bits are their meaning.
void PlainValue(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    const Type& type = view.type(i);
    if (!view.IsUnknown(i) || view.header.HoldsPointer(type) || type.kind == TypeKind::kOther)
      continue;
    view.Set(i, Opaque(view.type(i)), reason, Confidence::kCertain);
  }
}

bool IsUserdata(const View& view, int i) {
  const std::string& name = view.name(i);
  return view.IsVoid(i) && view.IsOutData(i) &&
         (name.find("data") != std::string::npos || name.find("arg") != std::string::npos ||
          name.find("context") != std::string::npos);
}

// A function pointer, and the void* after it that is handed back to it.
void CallbackAndUserdata(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.type(i).IsCallback()) continue;
    model::Callback callback = InferCallback(view.header, view.type(i));
    callback.parameter = i;
    callback.where = view.declared.where;
    if (i + 1 < view.size() && IsUserdata(view, i + 1)) {
      callback.userdata = i + 1;
      Shape userdata = Opaque(view.type(i + 1));
      userdata.kind = ShapeKind::kUserdata;
      view.Set(i + 1, userdata, reason, Confidence::kCertain);
    }
    Shape shape = Opaque(view.type(i));
    shape.kind = ShapeKind::kCallback;
    shape.callback = static_cast<int>(view.function.callbacks.size());
    view.Set(i, shape, reason, Confidence::kCertain);
    view.function.callbacks.push_back(std::move(callback));
  }
}

bool IsPropertyName(const std::string& name) {
  for (const char* ending : {"_properties", "_property", "_properties_khr", "_property_ext"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

// const cl_context_properties *: key, value, key, value, 0.
void PropertyList(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsConstData(i)) continue;
    const Type& pointee = *view.type(i).pointee;
    if (!pointee.IsNumber() || pointee.size != 8 || !IsPropertyName(Unqualified(pointee))) continue;
    Shape shape = BufferOf(view.header, view.type(i), "", model::Direction::kIn);
    shape.kind = ShapeKind::kProperties;
    view.Set(i, shape, reason, Confidence::kLikely);
  }
}

constexpr auto kHeuristics = std::to_array<Heuristic>({
    {"error-parameter", ErrorParameter},
    {"status-returned", StatusReturned},
    {"handle", Handle},
    {"plain-value", PlainValue},
    {"callback", CallbackAndUserdata},
    {"property-list", PropertyList},
});

}  // namespace

std::span<const Heuristic> ValueHeuristics() { return kHeuristics; }

}  // namespace lapis::sema
