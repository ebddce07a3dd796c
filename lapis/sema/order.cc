// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "lapis/sema/passes.h"

namespace lapis::sema {
namespace {

using model::Shape;
using model::ShapeKind;

void Need(const std::optional<model::Expr>& expr, std::set<int>& needed) {
  if (expr) needed.insert(expr->parameters.begin(), expr->parameters.end());
}

// Parameters that must be decoded before a value of this shape can be.
void Collect(const Shape& shape, std::set<int>& needed) {
  Need(shape.count, needed);
  Need(shape.invalid, needed);
  if (shape.element) Collect(*shape.element, needed);
  for (const model::Field& field : shape.fields) Collect(*field.shape, needed);
  for (const model::Alternative& alternative : shape.alternatives) {
    Need(alternative.condition, needed);
    Collect(*alternative.shape, needed);
  }
  if (shape.kind == ShapeKind::kValueTable) needed.insert(shape.selector);
  if (shape.kind == ShapeKind::kMapped) needed.insert(shape.mapping.object);
  if (shape.kind == ShapeKind::kRect) {
    needed.insert(
        {shape.rect.region, shape.rect.origin, shape.rect.row_pitch, shape.rect.slice_pitch});
    Need(shape.rect.element_bytes, needed);
  }
  needed.erase(-1);
}

class Order {
 public:
  Order(Context& context, model::Function& function) : context_(context), function_(function) {}

  void Compute() {
    const auto count = static_cast<int>(function_.parameters.size());
    for (int i = 0; i < count; ++i) {
      std::set<int> needed;
      Collect(*function_.parameters[static_cast<std::size_t>(i)].shape, needed);
      needed.erase(i);  // An argument that decides its own case is decoded by that case.
      needs_.push_back(std::move(needed));
    }
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
    for (const int needed : needs_[static_cast<std::size_t>(i)]) Visit(needed);
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
    const Shape& shape = *function_.parameters[static_cast<std::size_t>(cycle.front())].shape;
    context_.diagnostics.Report(diag::kCycle, PlaceOf(shape.where), function_.name, path);
  }

  Context& context_;
  model::Function& function_;
  std::vector<std::set<int>> needs_;
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
