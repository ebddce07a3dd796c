// SPDX-License-Identifier: Apache-2.0

// Heuristics for pointers: what counts their elements, and who writes them.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "lapis/sema/infer.h"
#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using header::Type;
using header::TypeKind;
using model::Confidence;
using model::Direction;
using model::HandleUse;
using model::Shape;
using model::ShapeKind;

bool IsCountName(const std::string& name) {
  return name.starts_with("num_") || name.ends_with("_count") || name == "count" ||
         name.starts_with("n_");
}

std::optional<int> Named(const View& view, const std::string& name) {
  for (int i = 0; i < view.size(); ++i) {
    if (view.name(i) == name && view.type(i).IsNumber()) return i;
  }
  return std::nullopt;
}

HandleUse UseOfOutput(const View& view) {
  return view.HasVerb("Get") ? HandleUse::kExisting : HandleUse::kNew;
}

model::Expr Text(std::string text) {
  model::Expr expr;
  expr.text = std::move(text);
  return expr;
}

// What a pointer points to; if it is NULL, something else.
model::Expr ValueOr(const std::string& pointer, const std::string& otherwise) {
  std::string text = "(" + pointer;
  text += " ? *" + pointer;
  text += " : " + otherwise;
  return Text(text + ")");
}

// The parameter before `i` that says what is asked: cl_device_info param_name.
int SelectorBefore(const View& view, int i) {
  for (int j = i - 1; j >= 0; --j) {
    const Type& type = view.type(j);
    if (type.IsNumber() && (type.kind == TypeKind::kEnum || type.name.ends_with("_info"))) return j;
  }
  return -1;
}

// size_t value_size, void *value, size_t *value_size_ret: the content depends on what was asked.
void Query(View& view, std::string_view reason) {
  for (int i = 1; i + 1 < view.size(); ++i) {
    const bool fits = view.IsUnknown(i) && view.IsVoid(i) && view.IsOutData(i) &&
                      view.type(i - 1).IsNumber() && view.IsOutData(i + 1) &&
                      view.name(i - 1) == view.name(i) + "_size" &&
                      view.name(i + 1) == view.name(i) + "_size_ret";
    if (!fits) continue;
    const int selector = SelectorBefore(view, i - 1);
    Shape shape = BufferOf(view.header, view.type(i), view.name(i - 1), Direction::kOut);
    shape.used = ValueOr(view.name(i + 1), view.name(i - 1));
    if (selector >= 0) {
      shape.kind = ShapeKind::kValueTable;
      shape.selector = selector;
    }
    view.Set(i, shape, reason, selector >= 0 ? Confidence::kLikely : Confidence::kCertain);
    view.SetBuffer(i + 1, "1", reason, Confidence::kCertain);
  }
}

// cl_uint num_entries, T *array, cl_uint *num: as many as fit, and how many there are.
void Entries(View& view, std::string_view reason) {
  for (int i = 1; i + 1 < view.size(); ++i) {
    const std::string& asked = view.name(i - 1);
    const std::string& found = view.name(i + 1);
    const bool fits = view.IsUnknown(i) && view.IsOutData(i) && !view.IsVoid(i) &&
                      view.type(i - 1).IsNumber() && view.IsOutData(i + 1) &&
                      view.type(i + 1).pointee->IsNumber() && IsCountName(asked) &&
                      (found.starts_with("num_") || found.ends_with("_ret"));
    if (!fits) continue;
    view.SetBuffer(i, asked, reason, Confidence::kCertain, UseOfOutput(view));
    Mutable(view.function.parameters[static_cast<std::size_t>(i)].shape).used =
        ValueOr(found, asked);
    view.SetBuffer(i + 1, "1", reason, Confidence::kCertain);
  }
}

// Boxes have three dimensions.
void Vector3(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsConstData(i) || !view.type(i).pointee->IsNumber()) continue;
    if (!view.name(i).ends_with("origin") && !view.name(i).ends_with("region")) continue;
    view.SetBuffer(i, "3", reason, Confidence::kLikely);
  }
}

void WorkDimensions(View& view, std::string_view reason) {
  const std::optional<int> dimensions = Named(view, "work_dim");
  if (!dimensions) return;
  for (int i = *dimensions + 1; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsConstData(i) ||
        view.name(i).find("_work_") == std::string::npos)
      continue;
    view.SetBuffer(i, view.name(*dimensions), reason, Confidence::kLikely);
    view.counts_of_inputs.insert(*dimensions);
  }
}

// T **p with p[i] a string or lengths[i] bytes.
Shape ArrayOfBlocks(const View& view, int i, const std::string& count, const std::string& lengths) {
  Shape shape = BufferOf(view.header, view.type(i), count, Direction::kIn);
  const Type& pointer = *view.type(i).pointee;
  const bool is_text =
      pointer.pointee->canonical == "const char" || pointer.pointee->canonical == "char";
  Shape block = BufferOf(view.header, pointer, "", Direction::kIn);
  block.kind = is_text ? ShapeKind::kString : ShapeKind::kBuffer;
  if (is_text) block.element = nullptr;
  if (!lengths.empty()) {
    block.count =
        Text(is_text ? "(" + lengths + " ? " + lengths + "[index] : 0)" : lengths + "[index]");
  }
  shape.element = std::make_shared<Shape>(std::move(block));
  shape.pointee = pointer.name;
  return shape;
}

bool IsArrayOfBlocks(const View& view, int i) {
  if (!view.IsData(i)) return false;
  const Type& pointee = *view.type(i).pointee;
  return pointee.kind == TypeKind::kPointer && !view.header.IsHandle(pointee) &&
         !pointee.IsCallback() && pointee.pointee->IsCharacter() && pointee.pointee->is_const;
}

// count, char **strings, size_t *lengths in either order; or count, char **names.
void Blocks(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !IsArrayOfBlocks(view, i)) continue;
    int count = -1;
    for (int j = i - 1; j >= 0 && count < 0; --j) {
      if (view.type(j).IsNumber() && IsCountName(view.name(j))) count = j;
    }
    if (count < 0) continue;
    std::string lengths;
    for (const int j : {i - 1, i + 1}) {
      if (j <= count || j >= view.size() || view.name(j).find("length") == std::string::npos)
        continue;
      lengths = view.name(j);
      if (view.IsUnknown(j)) view.SetBuffer(j, view.name(count), reason, Confidence::kCertain);
    }
    view.Set(i, ArrayOfBlocks(view, i, view.name(count), lengths), reason, Confidence::kCertain);
    view.counts_of_inputs.insert(count);
  }
}

// cl_uint num_events, const cl_event *event_list; a second const array may follow the first.
void CountedInput(View& view, std::string_view reason) {
  for (int i = 1; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsConstData(i) || view.IsVoid(i)) continue;
    int count = i - 1;
    while (count > 0 && view.IsConstData(count)) --count;
    if (!view.type(count).IsNumber() || !IsCountName(view.name(count))) continue;
    view.SetBuffer(i, view.name(count), reason,
                   i - count == 1 ? Confidence::kCertain : Confidence::kLikely);
    view.counts_of_inputs.insert(count);
  }
}

// Bytes of `i`: its own name with _size, or a neighbour called size or length.
std::string BytesOf(const View& view, int i) {
  for (const std::string suffix : {"_size", "_bytes", "_length"}) {
    if (Named(view, view.name(i) + suffix)) return view.name(i) + suffix;
  }
  const auto is_size = [&](int j) {
    if (j < 0 || j >= view.size() || !view.type(j).IsNumber()) return false;
    const std::string& name = view.name(j);
    return name == "size" || name == "length" || name == "bytes" || name.ends_with("_size");
  };
  if (is_size(i - 1)) return view.name(i - 1);
  if (is_size(i + 1)) return view.name(i + 1);
  return {};
}

void SizedBytes(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsVoid(i)) continue;
    const std::string bytes = BytesOf(view, i);
    if (bytes.empty()) continue;
    const bool own = bytes.starts_with(view.name(i));
    const bool is_const = view.type(i).pointee->is_const;
    // What a creation is given without const is often read, not written: clCreateBuffer's host_ptr.
    const Confidence guess =
        is_const || !view.HasVerb("Create") ? Confidence::kLikely : Confidence::kOpen;
    view.SetBuffer(i, bytes, reason, own && is_const ? Confidence::kCertain : guess);
  }
}

void String(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsConstData(i) || view.type(i).pointee->name != "const char")
      continue;
    view.Set(i, InferAlone(view.header, view.type(i)), reason, Confidence::kCertain);
  }
}

// A count that counts a const array never counts an output as well.
void CountedOutput(View& view, std::string_view reason) {
  for (int i = 1; i < view.size(); ++i) {
    const bool fits = view.IsUnknown(i) && view.IsOutData(i) && !view.IsVoid(i) &&
                      view.type(i - 1).IsNumber() && IsCountName(view.name(i - 1)) &&
                      !view.counts_of_inputs.contains(i - 1);
    if (fits) view.SetBuffer(i, view.name(i - 1), reason, Confidence::kLikely, UseOfOutput(view));
  }
}

// An output of numbers right behind const arrays: one for each of their elements (cl_int
// *binary_status).
void ParallelOutput(View& view, std::string_view reason) {
  for (int i = 2; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsOutData(i) || !view.type(i).pointee->IsNumber()) continue;
    if (!view.IsConstData(i - 1) && !IsArrayOfBlocks(view, i - 1)) continue;
    int count = i - 1;
    while (count > 0 && view.IsData(count)) --count;
    if (!view.counts_of_inputs.contains(count)) continue;
    view.SetBuffer(i, view.name(count), reason, Confidence::kLikely);
  }
}

bool IsSingle(const View& view, int i) {
  const Type& pointee = *view.type(i).pointee;
  return pointee.kind != TypeKind::kVoid && pointee.size != 0 &&
         (pointee.kind != TypeKind::kPointer || view.header.IsHandle(pointee));
}

bool SaysOutput(const std::string& name) {
  return name.ends_with("_ret") || name.starts_with("num_") || name.ends_with("_out");
}

void SingleOutput(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsOutData(i) || !IsSingle(view, i)) continue;
    const bool certain = SaysOutput(view.name(i)) || view.header.IsHandle(*view.type(i).pointee);
    view.SetBuffer(i, "1", reason, certain ? Confidence::kCertain : Confidence::kLikely,
                   UseOfOutput(view));
  }
}

void SingleInput(View& view, std::string_view reason) {
  for (int i = 0; i < view.size(); ++i) {
    if (!view.IsUnknown(i) || !view.IsConstData(i) || !IsSingle(view, i)) continue;
    const bool certain = view.type(i).pointee->kind == TypeKind::kRecord;
    view.SetBuffer(i, "1", reason, certain ? Confidence::kCertain : Confidence::kLikely);
  }
}

constexpr auto kHeuristics = std::to_array<Heuristic>({
    {"query", Query},
    {"entries", Entries},
    {"vector-3", Vector3},
    {"work-dimensions", WorkDimensions},
    {"blocks", Blocks},
    {"string", String},
    {"counted-input", CountedInput},
    {"sized-bytes", SizedBytes},
    {"counted-output", CountedOutput},
    {"parallel-output", ParallelOutput},
    {"single-output", SingleOutput},
    {"single-input", SingleInput},
});

}  // namespace

std::span<const Heuristic> ArrayHeuristics() { return kHeuristics; }

}  // namespace lapis::sema
