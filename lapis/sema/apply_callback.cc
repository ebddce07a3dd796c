// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <utility>

#include "lapis/sema/apply.h"
#include "lapis/sema/shape.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using model::Callback;
using syntax::Node;
using syntax::Text;

void Holds(Target& target, Callback& callback, const Node& node) {
  callback.holds.clear();
  for (const Text& operand : node.operands) {
    const int parameter = target.Parameter(operand, true);
    if (parameter == kNoParameter) continue;
    target.NeedHandle(operand, parameter);
    callback.holds.push_back(parameter);
  }
}

void Lost(Target& target, Callback& callback, const Node& node) {
  if (node.operands.size() != callback.arguments.size()) {
    target.context.diagnostics.Report(diag::kOperandCount, node.span, "lost",
                                      std::to_string(callback.arguments.size()) +
                                          " expressions, one for each of the callback's arguments");
    return;
  }
  callback.lost.clear();
  for (const Text& operand : node.operands) callback.lost.push_back(target.ExprOf(operand));
}

void Userdata(Target& target, Callback& callback, const Node& node) {
  callback.userdata = target.Parameter(node.operands[0]);
  if (callback.userdata == kNoParameter) return;
  const header::Type& type = target.TypeOf(callback.userdata);
  if (type.kind != header::TypeKind::kPointer || type.pointee->canonical != "void") {
    target.context.diagnostics.Report(diag::kExpressionType, node.operands[0].span, node.word(),
                                      "a 'void *'", type.name);
    return;
  }
  auto& shape = target.function.parameters[static_cast<std::size_t>(callback.userdata)].shape;
  model::Shape& changed = Mutable(shape);
  changed = Opaque(target.TypeOf(callback.userdata));
  changed.kind = model::ShapeKind::kUserdata;
  changed.provenance = target.provenance;
  changed.where = target.context.WhereOf(node.span);
}

void Argument(Target& target, Callback& callback, const header::Type& type, const Node& node) {
  for (const Text& operand : node.operands) {
    const auto argument =
        std::ranges::find(callback.arguments, operand.text, &Callback::Argument::name);
    if (argument == callback.arguments.end()) {
      const std::vector<std::string> names = NamesOf(callback.arguments, &Callback::Argument::name);
      target.context.diagnostics
          .Report(diag::kUnknownParameter, operand.span, "the callback", operand.text)
          .With(diag::DidYouMean(operand.text, names));
      continue;
    }
    const auto index = static_cast<std::size_t>(argument - callback.arguments.begin());
    ApplyValue(target, {argument->name, type.pointee->parameters[index].type.get(), nullptr},
               argument->shape, node.children);
  }
}

}  // namespace

void ApplyCallback(Target& target, const Node& node) {
  const int parameter = target.Parameter(node.operands[0]);
  if (parameter == kNoParameter) return;
  auto& callbacks = target.function.callbacks;
  const auto callback = std::ranges::find(callbacks, parameter, &Callback::parameter);
  const header::Type& type = target.TypeOf(parameter);
  if (callback == callbacks.end()) {
    target.context.diagnostics.Report(diag::kNotACallback, node.operands[0].span,
                                      node.operands[0].text, type.name);
    return;
  }
  callback->where = target.context.WhereOf(node.span);
  bool life_given = false;
  for (const Node& statement : node.children) {
    if (!CheckStatement(target.context, statement, syntax::Place::kCallback)) continue;
    const std::string& word = statement.word();
    if (word == "once" || word == "many") {
      if (std::exchange(life_given, true))
        target.context.diagnostics.Report(diag::kGiven, statement.span, word);
      callback->once = word == "once";
      callback->life_known = true;
    }
    if (word == "holds") Holds(target, *callback, statement);
    if (word == "lost") Lost(target, *callback, statement);
    if (word == "userdata") Userdata(target, *callback, statement);
    if (word == "argument") Argument(target, *callback, type, statement);
  }
}

}  // namespace lapis::sema
