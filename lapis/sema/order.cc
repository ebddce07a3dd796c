// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lapis/sema/passes.h"

namespace lapis::sema {
namespace {

using model::Shape;
using model::ShapeKind;

// What has to be decoded first, and the place that says so.
using Needs = std::map<int, model::Where>;

void Need(const std::optional<model::Expr>& expr, Needs& needs) {
  if (!expr) return;
  for (const int parameter : expr->parameters) needs.emplace(parameter, expr->where);
}

void Collect(const Shape& shape, Needs& needs) {
  Need(shape.count, needs);
  Need(shape.invalid, needs);
  if (shape.element) Collect(*shape.element, needs);
  for (const model::Field& field : shape.fields) Collect(*field.shape, needs);
  for (const model::Alternative& alternative : shape.alternatives) {
    Need(alternative.condition, needs);
    Collect(*alternative.shape, needs);
  }
  const auto need = [&](int parameter) {
    if (parameter >= 0) needs.emplace(parameter, shape.where);
  };
  if (shape.kind == ShapeKind::kValueTable) need(shape.selector);
  if (shape.kind == ShapeKind::kMapped) need(shape.mapping.object);
  if (shape.kind == ShapeKind::kRect) {
    for (const int parameter :
         {shape.rect.region, shape.rect.origin, shape.rect.row_pitch, shape.rect.slice_pitch})
      need(parameter);
    Need(shape.rect.element_bytes, needs);
  }
}

// Parameters that must be decoded before this one can be. An argument that decides its own case is
// decoded by that case; its size cannot depend on it.
Needs NeedsOf(const model::Function& function, int parameter) {
  const Shape& shape = *function.parameters[static_cast<std::size_t>(parameter)].shape;
  Needs needs;
  if (shape.alternatives.empty()) {
    Collect(shape, needs);
    return needs;
  }
  for (const model::Alternative& alternative : shape.alternatives)
    Need(alternative.condition, needs);
  needs.erase(parameter);
  for (const model::Alternative& alternative : shape.alternatives)
    Collect(*alternative.shape, needs);
  return needs;
}

class Order {
 public:
  Order(Context& context, model::Function& function) : context_(context), function_(function) {}

  void Compute() {
    const auto count = static_cast<int>(function_.parameters.size());
    for (int i = 0; i < count; ++i) needs_.push_back(NeedsOf(function_, i));
    function_.server_order.clear();
    for (int i = 0; i < count; ++i) Visit(i);
  }

 private:
  void Visit(int i) {
    if (std::ranges::find(function_.server_order, i) != function_.server_order.end()) return;
    const auto on_path = std::ranges::find(path_, i);
    if (on_path != path_.end()) {
      ReportCycle({on_path, path_.end()});
      return;
    }
    path_.push_back(i);
    for (const auto& [needed, where] : needs_[static_cast<std::size_t>(i)]) Visit(needed);
    path_.pop_back();
    if (std::ranges::find(function_.server_order, i) == function_.server_order.end())
      function_.server_order.push_back(i);
  }

  void ReportCycle(std::vector<int> cycle) {
    if (reported_) return;
    reported_ = true;
    cycle.push_back(cycle.front());
    std::string path;
    for (const int i : cycle) {
      path += (path.empty() ? "'" : " needs '") +
              function_.parameters[static_cast<std::size_t>(i)].name + "'";
    }
    context_.diagnostics.Report(diag::kCycle, PlaceOf(WhereOf(cycle[0], cycle[1])), function_.name,
                                path);
  }

  // Where it is said that the parameter needs the other one; inference says it nowhere.
  model::Where WhereOf(int parameter, int needed) const {
    const model::Where& where = needs_[static_cast<std::size_t>(parameter)].at(needed);
    return where.file.empty()
               ? function_.parameters[static_cast<std::size_t>(parameter)].shape->where
               : where;
  }

  Context& context_;
  model::Function& function_;
  std::vector<Needs> needs_;
  std::vector<int> path_;
  bool reported_ = false;
};

}  // namespace

void OrderArguments(Context& context) {
  for (model::Function& function : context.api.functions) {
    if (function.state != model::FunctionState::kUnsupported) Order(context, function).Compute();
  }
}

}  // namespace lapis::sema
