// SPDX-License-Identifier: Apache-2.0

// rect(…) and pitches(…) name parameters that say how large a box is and where it begins. Each has
// three numbers, whether the spec says so or not.

#include <memory>
#include <string>

#include "lapis/sema/passes.h"
#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using model::Function;
using model::Shape;
using model::ShapeKind;

// Calls `visit` for each region and origin of the boxes in a shape, with the box.
template <class Visit>
void ForEachCorner(const Shape& shape, const Visit& visit) {
  const auto corner = [&](int parameter) {
    if (parameter >= 0) visit(parameter, shape);
  };
  if (shape.kind == ShapeKind::kRect) {
    corner(shape.rect.region);
    corner(shape.rect.origin);
  }
  if (shape.kind == ShapeKind::kMapped) {
    corner(shape.mapping.region);
    corner(shape.mapping.origin);
  }
  for (const model::Alternative& alternative : shape.alternatives)
    ForEachCorner(*alternative.shape, visit);
}

template <class Visit>
void ForEachCorner(Function& function, const Visit& visit) {
  if (function.state == model::FunctionState::kUnsupported) return;
  const std::size_t count = function.parameters.size();
  for (std::size_t i = 0; i < count; ++i) {
    const model::ShapePtr shape = function.parameters[i].shape;
    ForEachCorner(*shape, visit);
  }
  if (function.return_shape) ForEachCorner(*function.return_shape, visit);
}

bool IsThree(const Shape& shape) {
  return shape.kind == ShapeKind::kBuffer && shape.direction == model::Direction::kIn &&
         shape.count && shape.count->constant == 3;
}

}  // namespace

void CompleteBoxes(Context& context) {
  for (Function& function : context.api.functions) {
    const header::Function& declared = *context.header.FindFunction(function.name);
    ForEachCorner(function, [&](int parameter, const Shape& box) {
      const auto index = static_cast<std::size_t>(parameter);
      model::ShapePtr& shape = function.parameters[index].shape;
      const bool said = shape->provenance != model::Provenance::kInferred;
      if (said || (shape->count && shape->count->text == "3")) return;
      Shape three =
          BufferOf(context.header, *declared.parameters[index].type, "3", model::Direction::kIn);
      three.provenance = box.provenance;
      three.where = box.where;
      shape = std::make_shared<Shape>(std::move(three));
    });
  }
}

void CheckBoxes(Context& context) {
  for (Function& function : context.api.functions) {
    ForEachCorner(function, [&](int parameter, const Shape& box) {
      const model::Parameter& corner = function.parameters[static_cast<std::size_t>(parameter)];
      if (IsThree(*corner.shape)) return;
      const std::string said =
          corner.shape->count ? "buffer(" + corner.shape->count->text + ")" : "what is said of it";
      const model::Where& where =
          corner.shape->where.file.empty() ? box.where : corner.shape->where;
      context.diagnostics.Report(diag::kBoxCount, PlaceOf(where), corner.name, said);
    });
  }
}

}  // namespace lapis::sema
