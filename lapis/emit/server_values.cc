// SPDX-License-Identifier: Apache-2.0

// Value tables: what a void* holds is told by another parameter's value.

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::Shape;
using model::ShapeKind;

std::string Selected(const FunctionText& out, const Shape& shape, const model::ValueRow& row) {
  std::vector<std::string> tests;
  for (const std::string& selector : row.selectors) {
    tests.push_back(out.parameter(shape.selector).name + " == " + selector);
  }
  return Join(tests, " || ");
}

std::string Translation(const FunctionText& out, const std::string& place,
                        const model::ValueRow& row) {
  if (!row.handle_type.empty()) {
    return "ava_call.TranslateHandles(" + place +
           ", ava_bytes, wire::" + TypeEnumerator(row.handle_type) + ");";
  }
  if (row.properties) {
    return "ava_call.TranslateProperties(" + place + ", ava_bytes, " +
           PropertyTypes(out, row.keys) + ");";
  }
  if (row.mask)
    return "Call::Mask(" + place + ", ava_bytes, static_cast<std::uint64_t>(" + row.mask->text +
           "));";
  if (!row.within.empty())
    return "ava_call.Within(" + place + ", ava_bytes, kResource_" + row.within + ");";
  // Answered in the guest: whoever asks here is not to see an address of ours.
  if (row.local) return "Call::Mask(" + place + ", ava_bytes, 0);";
  return {};
}

}  // namespace

int ValueTableOf(const model::Function& function) {
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    const model::ShapePtr& shape = function.parameters[i].shape;
    if (shape && shape->kind == ShapeKind::kValueTable) return static_cast<int>(i);
  }
  return -1;
}

// The parameters of the capacity and of the size that the library reports.
static std::string NamedIn(const model::Function& function,
                           const std::optional<model::Expr>& expression, bool pointer) {
  for (const model::Parameter& parameter : function.parameters) {
    if (!expression || !Names(expression->text, parameter.name)) continue;
    if (!pointer || (parameter.shape && parameter.shape->kind == ShapeKind::kBuffer))
      return parameter.name;
  }
  return {};
}

// What a value goes through that is asked for in full: a function from text to text, or, for
// pointers, the query for the sizes.
static std::string Change(const FunctionText& out, const model::ValueRow& row,
                          const model::Parameter& selector, const std::string& arguments) {
  if (!row.pointers.empty()) {
    const Shape& shape = *out.parameter(ValueTableOf(out.function())).shape;
    return "[&](std::size_t " + NamedIn(out.function(), shape.count, false) + ", void* " +
           out.parameter(ValueTableOf(out.function())).name + ", std::size_t* " +
           NamedIn(out.function(), shape.used, true) + ") {\n  const " + selector.type + " " +
           selector.name + " = " + row.pointers + ";\n  return vendor." + out.function().name +
           "(" + arguments + ");\n}";
  }
  if (row.without.empty()) return row.filter;
  return "[](const char* ava_text) {\n  return WithoutWords(ava_text, {" + Join(row.without, ", ") +
         "});\n}";
}

std::string FilteredCall(const FunctionText& out, const std::string& plain_call,
                         const std::string& arguments) {
  const int index = ValueTableOf(out.function());
  if (index < 0) return {};
  const Shape& shape = *out.parameter(index).shape;
  const std::string value = out.parameter(index).name;
  const std::string capacity = NamedIn(out.function(), shape.count, false);
  const std::string used = NamedIn(out.function(), shape.used, true);
  const model::Parameter& selector = out.parameter(shape.selector);
  std::string chain;
  for (const model::ValueRow& row : out.function().values) {
    const std::string change = Change(out, row, selector, arguments);
    if (change.empty() || capacity.empty() || used.empty()) continue;
    chain += "(" + Selected(out, shape, row) + ")\n    ? " +
             (row.pointers.empty() ? "FilteredValue(" : "PointersValue(") + Success(out.api()) +
             ", ava_query, " + change + ", " + capacity + ", " + value + ", " + used + ")\n    : ";
  }
  if (chain.empty()) return {};
  return "const auto ava_query = [&](std::size_t " + capacity + ", void* " + value +
         ", std::size_t* " + used + ") {\n  return vendor." + out.function().name + "(" +
         arguments + ");\n};\nconst auto result = " + chain + plain_call + ";\n";
}

void EmitValueTranslation(FunctionText& out, int index) {
  const Shape& shape = *out.parameter(index).shape;
  const std::string& place = out.parameter(index).name;
  if (shape.used) {
    out.Line("const Wide ava_used = " + WideExpression(out.function(), *shape.used) + ";");
  } else {
    out.Line("const Wide ava_used = " + WideExpression(out.function(), *shape.count) + ";");
  }
  out.Line("const Wide ava_bytes = std::min(ava_used, " +
           WideExpression(out.function(), *shape.count) + ");");
  out.Line("ava_call.Produced(ava_used);");
  out.Line("ava_call.Trim(" + place + ", ava_bytes);");
  std::string chain;
  for (const model::ValueRow& row : out.function().values) {
    const std::string translation = Translation(out, place, row);
    if (translation.empty()) continue;
    chain += std::string(chain.empty() ? "" : " else ") + "if (" + Selected(out, shape, row) +
             ") {  // " + Spot(row.where) + "\n  " + translation + "\n}";
  }
  if (!chain.empty()) out.Line(chain);
}

}  // namespace lapis::emit
