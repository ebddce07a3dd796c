// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "lapis/sema/passes.h"
#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using model::Function;
using model::FunctionState;
using model::Shape;
using model::ShapeKind;

void AddHandleType(Context& context, const std::string& name) {
  auto& types = context.api.handle_types;
  if (name.empty() || context.api.FindHandleType(name)) return;
  model::HandleType& type = types.emplace_back();
  type.name = name;
  type.id = static_cast<int>(types.size());
  const auto declared = context.header.types.find(name);
  if (declared != context.header.types.end() &&
      declared->second->kind == header::TypeKind::kPointer) {
    type.pointee = "struct " + declared->second->pointee->canonical;
  }
}

void AddHandleTypes(Context& context, const Shape& shape) {
  AddHandleType(context, shape.handle_type);
  for (const model::Properties::Key& key : shape.properties.keys)
    AddHandleType(context, key.handle_type);
  if (shape.element) AddHandleTypes(context, *shape.element);
  for (const model::Field& field : shape.fields) AddHandleTypes(context, *field.shape);
  for (const model::Alternative& alternative : shape.alternatives)
    AddHandleTypes(context, *alternative.shape);
}

void AddHandleTypes(Context& context, const Function& function) {
  for (const model::Parameter& parameter : function.parameters)
    AddHandleTypes(context, *parameter.shape);
  if (function.return_shape) AddHandleTypes(context, *function.return_shape);
  for (const model::ValueRow& row : function.values) AddHandleType(context, row.handle_type);
  for (const model::Callback& callback : function.callbacks) {
    for (const auto& argument : callback.arguments) AddHandleTypes(context, *argument.shape);
  }
}

void RequireStatement(Context& context, const std::string& value, const char* word) {
  if (!value.empty() || context.nodes.empty()) return;
  const diag::Place place = PlaceOf(context.WhereOf(context.nodes.front().span));
  context.diagnostics.Report(diag::kMissingStatement, diag::Place{place.file, 0, 0, 1},
                             std::string(word));
}

struct OpenFact {
  const Shape* shape;
  std::string name;
};

void CollectOpen(const Shape& shape, const std::string& name, std::vector<OpenFact>& facts) {
  if (shape.confidence == model::Confidence::kOpen &&
      shape.provenance == model::Provenance::kInferred) {
    facts.push_back({&shape, name});
    return;
  }
  if (shape.element) CollectOpen(*shape.element, name, facts);
  for (const model::Field& field : shape.fields)
    CollectOpen(*field.shape, name + "." + field.name, facts);
}

const char* Question(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kBuffer:
      return "how much does it point to, and in which direction? buffer(n) with in or out";
    case ShapeKind::kIgnored:
      return "it holds pointers: string if it is text, ignore if the call can do without it, "
             "opaque if its bits are all that counts";
    case ShapeKind::kCallback:
      return "what calls it, and how often?";
    default:
      return "what is it? say it in its argument(…) or return_value block";
  }
}

void ReportOpen(Context& context, const Function& function) {
  std::vector<OpenFact> facts;
  for (const model::Parameter& parameter : function.parameters)
    CollectOpen(*parameter.shape, parameter.name, facts);
  if (function.return_shape) CollectOpen(*function.return_shape, "the return value", facts);
  for (const model::Callback& callback : function.callbacks) {
    const std::string& name =
        function.parameters[static_cast<std::size_t>(callback.parameter)].name;
    for (const auto& argument : callback.arguments)
      CollectOpen(*argument.shape, name + "'s " + argument.name, facts);
    if (!callback.life_known) {
      context.diagnostics.Report(
          diag::kOpenFact, PlaceOf(function.where), name, function.name,
          "is it called once or many times? callback(" + name + ") { once; }");
    }
  }
  for (const OpenFact& fact : facts) {
    context.diagnostics.Report(diag::kOpenFact, PlaceOf(function.where), fact.name, function.name,
                               Question(*fact.shape));
  }
}

// What a callback is given under the name of a parameter is that.
void InheritShapes(Function& function) {
  for (model::Callback& callback : function.callbacks) {
    for (auto& argument : callback.arguments) {
      if (argument.shape->confidence != model::Confidence::kOpen) continue;
      const auto same =
          std::ranges::find(function.parameters, argument.name, &model::Parameter::name);
      if (same == function.parameters.end() || same->type != argument.type ||
          same->shape->kind != ShapeKind::kBuffer ||
          same->shape->direction != model::Direction::kIn)
        continue;
      Shape shape = *same->shape;
      shape.until_event = -1;
      if (shape.element && shape.element->kind == ShapeKind::kAddress)
        Mutable(shape.element).address = {};
      argument.shape = std::make_shared<Shape>(std::move(shape));
    }
  }
}

// What a call maps is there when its event completes.
void MapUntilCompletion(Function& function) {
  for (model::Parameter& parameter : function.parameters) {
    if (parameter.shape->address.maps && parameter.shape->until_event < 0)
      Mutable(parameter.shape).until_event = function.completes;
  }
}

// Where nothing else is said, an address where nothing lives has the error that the file gives.
void AddInvalid(const Context& context, model::ShapePtr& shape) {
  const bool is_address = shape->kind == ShapeKind::kAddress || shape->address.instead;
  if (is_address && !shape->invalid && context.api.invalid_address)
    Mutable(shape).invalid = context.api.invalid_address;
  if (shape->element && shape->element->kind == ShapeKind::kAddress)
    AddInvalid(context, Mutable(shape).element);
  for (std::size_t i = 0; i < shape->alternatives.size(); ++i)
    AddInvalid(context, Mutable(shape).alternatives[i].shape);
}

}  // namespace

void Finish(Context& context) {
  RequireStatement(context, context.api.name, "name");
  for (const auto& check : context.afterwards) check();
  for (Function& function : context.api.functions) {
    if (function.state == FunctionState::kUnsupported) continue;
    InheritShapes(function);
    MapUntilCompletion(function);
    for (model::Parameter& parameter : function.parameters) AddInvalid(context, parameter.shape);
    AddHandleTypes(context, function);
  }
}

void ReportOpenFacts(Context& context) {
  for (const Function& function : context.api.functions) {
    if (function.state == FunctionState::kUnsupported || function.state == FunctionState::kLocal)
      continue;
    ReportOpen(context, function);
  }
}

}  // namespace lapis::sema
